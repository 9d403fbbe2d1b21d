import type { Fault } from './retry.js';

/** The error codes of node:net, node:tls, node:zlib and undici that an exchange may fail with. */
const codesOf: Readonly<Record<Exclude<Fault, 'timed-out'>, readonly string[]>> = {
  certificate: [
    'CERT_CHAIN_TOO_LONG',
    'CERT_HAS_EXPIRED',
    'CERT_NOT_YET_VALID',
    'CERT_REJECTED',
    'CERT_REVOKED',
    'CERT_SIGNATURE_FAILURE',
    'CERT_UNTRUSTED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'HOSTNAME_MISMATCH',
    'INVALID_CA',
    'INVALID_PURPOSE',
    'PATH_LENGTH_EXCEEDED',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_GET_ISSUER_CERT',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  ],
  unreachable: [
    'EAI_AGAIN',
    'ECONNREFUSED',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENOTFOUND',
    // http asked as https, or a proxy that declines
    'EPROTO',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'UND_ERR_ABORTED',
    'UND_ERR_CONNECT_TIMEOUT',
    'UND_ERR_PRX_TLS',
  ],
  interrupted: [
    'ECONNABORTED',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
    'UND_ERR_SOCKET',
    'Z_BUF_ERROR',
    'Z_DATA_ERROR',
  ],
  'too-large': ['ERR_BUFFER_TOO_LARGE', 'UND_ERR_HEADERS_OVERFLOW', 'UND_ERR_RES_EXCEEDED_MAX_SIZE'],
};

const faults = new Map<string, Fault>();
for (const fault of ['certificate', 'unreachable', 'interrupted', 'too-large'] as const) {
  for (const code of codesOf[fault]) faults.set(code, fault);
}

/** What a thrown error means for the exchange; undefined when it is no fault of the network. */
export function faultOf(thrown: unknown): Fault | undefined {
  if (!(thrown instanceof Error)) return undefined;
  // undici's parser gives a code only where llhttp has one.
  if (thrown.name === 'HTTPParserError') return 'interrupted';
  const code = codeOf(thrown);
  if (code?.startsWith('ERR_SSL_') && !faults.has(code)) return 'interrupted';
  return (
    (code === undefined ? undefined : faults.get(code)) ?? faultOf(thrown.cause) ?? ofTheMachine(thrown, code)
  );
}

/** Whatever else a system call or undici reports may pass; a fault of the program has neither. */
function ofTheMachine(thrown: Error, code: string | undefined): Fault | undefined {
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_INVALID_RETURN_VALUE') return undefined;
  if ('syscall' in thrown) {
    return thrown.syscall === 'connect' || thrown.syscall === 'getaddrinfo' ? 'unreachable' : 'interrupted';
  }
  return code?.startsWith('UND_ERR_') || code?.startsWith('Z_') ? 'interrupted' : undefined;
}

/** The `code` of a thrown error, as Node and undici set it. */
export function codeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
