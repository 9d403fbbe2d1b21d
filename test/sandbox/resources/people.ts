import { me } from '../answers.js';
import { createRandom, hash } from '../random.js';
import type { Row } from '../source.js';
import type { View } from './view.js';

const names = ['Ada', 'Grace', 'Linus', 'Margaret', 'Jörg', 'Радка', 'Barbara', 'Ken'];

/** The ids of those who start, cancel and approve. */
export function peopleOf(seed: number): string[] {
  const random = createRandom(seed, 'people');
  return names.map(() => random.uuid());
}

/** Undefined for those who have gone, and for the actors of services (posthog's source says both are 404). */
export function userRow(view: View, id: string): Row | undefined {
  const owner = me(view.seed);
  if (id === owner.id) return owner;
  if (!view.places.people.has(id)) return undefined;
  const sign = hash(`${view.seed}/user ${id}`);
  if (view.options.features.removedPeople && sign % 4 === 0) return undefined;
  const name = names[sign % names.length] as string;
  const login = `${name.toLowerCase()}-${id.slice(0, 4)}`;
  return {
    id,
    login,
    name: sign % 5 === 0 ? login : `${name} Example`,
    // Absent in recordings; the spec of 2026 has it, and lets it be null.
    ...(sign % 3 === 0
      ? {}
      : { avatar_url: sign % 3 === 1 ? null : `https://avatars.example.com/u/${sign}` }),
  };
}
