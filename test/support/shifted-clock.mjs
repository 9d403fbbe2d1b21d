// Loaded with `node --import` into the program under test: its clock starts at the sandbox's time, and may run
// faster, so that a STATE, which comes every few seconds, comes every few pipelines.
const { CLOCK_START, CLOCK_SPEED = '1' } = process.env;
const RealDate = Date;
const started = performance.now();
const now = () => Number(CLOCK_START) + Math.round((performance.now() - started) * Number(CLOCK_SPEED));

globalThis.Date = class extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(now());
    else super(...parts);
  }
  static now() {
    return now();
  }
};
