import fc from 'fast-check';

/**
 * Properties try the same cases in every run, so that a red test says something about the change at hand.
 * `SEED=random` or a number tries others: do so, with CONVERGENCE_RUNS raised, after any change of the sync.
 */
const { SEED = '20261121' } = process.env;

if (SEED !== 'random') fc.configureGlobal({ seed: Number(SEED) });
