import { expect, test } from 'vitest';
import { faultOf } from '../../src/http/fault.js';

function coded(code: string, cause?: unknown): Error {
  return Object.assign(new Error('x', { cause }), { code });
}

test.each([
  ['certificate', coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE')],
  ['certificate', coded('DEPTH_ZERO_SELF_SIGNED_CERT')],
  ['certificate', coded('SELF_SIGNED_CERT_IN_CHAIN')],
  ['certificate', coded('CERT_HAS_EXPIRED')],
  ['certificate', coded('ERR_TLS_CERT_ALTNAME_INVALID')],
  ['certificate', coded('UND_ERR_PRX', coded('CERT_HAS_EXPIRED'))],
  ['unreachable', coded('ENOTFOUND')],
  ['unreachable', coded('ECONNREFUSED')],
  ['unreachable', coded('EAI_AGAIN')],
  ['unreachable', coded('EHOSTUNREACH')],
  ['unreachable', coded('ENETUNREACH')],
  ['interrupted', coded('ECONNRESET')],
  ['interrupted', coded('ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC')],
  ['interrupted', coded('UND_ERR_SOCKET')],
  ['too-large', coded('ERR_BUFFER_TOO_LARGE')],
  [undefined, coded('ERR_INVALID_ARG_TYPE')],
  [undefined, new TypeError('x is not a function')],
  [undefined, 'a string'],
])('%s: %o', (fault, thrown) => {
  expect(faultOf(thrown)).toBe(fault);
});
