import type { Figure } from '../figure.js';
import { measureLimited } from '../limited-sync.js';

export const rateLimit: Figure = {
  name: 'rate-limit',
  goal: 'unannounced: <= 1.5 x ideal, < 3 % refused',

  measure: (scale) => measureLimited(scale, 'none', { times: 1.5, refused: 0.03 }),
};
