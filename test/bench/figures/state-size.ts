import type { Figure } from '../figure.js';
import { startSandbox } from '../sandboxes.js';
import { runTap } from '../tap.js';

interface State {
  readonly bookmarks: Readonly<Record<string, { readonly tap: readonly { readonly open: unknown[] }[] }>>;
}

export const stateSize: Figure = {
  name: 'state-size',
  goal: '<= 250 bytes a project, 70 an open pipeline, a stream',

  async measure() {
    const projects = Array.from({ length: 10 }, (_, index) => `gh/acme/service-${index}`);
    await using sandbox = await startSandbox([
      ...['--pipelines', '600', '--days', '60', '--coins', 'plain', '--tick', '0'],
      ...projects.flatMap((slug) => ['--project', slug]),
    ]);
    const { state } = await runTap(sandbox);
    const whole = JSON.stringify(state);
    const withoutOpen = JSON.stringify(state, (name, value) => (name === 'open' ? [] : value));
    const entries = Object.values((state as State).bookmarks).flatMap(({ tap }) => tap);
    const open = entries.reduce((sum, entry) => sum + entry.open.length, 0);
    const eachProject = Math.ceil(withoutOpen.length / entries.length);
    const eachOpen = open === 0 ? 0 : Math.ceil((whole.length - withoutOpen.length) / open);
    return [
      {
        measured: `${eachProject} and ${eachOpen} bytes`,
        isMet: eachProject <= 250 && eachOpen <= 70 && open > 0,
        note: `${whole.length} bytes: 3 streams x ${projects.length} projects, ${open} open entries; what frames them included`,
      },
    ];
  },
};
