import type { Figure } from '../figure.js';
import { measureLimited } from '../limited-sync.js';

export const rateLimitHeaders: Figure = {
  name: 'rate-limit-headers',
  goal: 'in headers: <= 1.1 x ideal, < 1 % refused',

  measure: (scale) => measureLimited(scale, 'RateLimit', { times: 1.1, refused: 0.01 }),
};
