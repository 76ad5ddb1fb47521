/** Why no answer came, in the words of the operating system or of TLS, for people who have to repair it. */
export interface ConnectionFailure {
  /** `connect ECONNREFUSED 127.0.0.1:9200`, `self-signed certificate`, `getaddrinfo ENOTFOUND search`. */
  reason: string;
  /** Node's code for it, where it has one. */
  code: string | undefined;
  /** Scheme, host and port of the node, without credentials. Undefined: the client does not say. */
  node: string | undefined;
}

/**
 * What a client threw, as far as it says why. The clients wrap the error of the socket in errors of their own; where a
 * name has several addresses Node wraps the errors of all in an AggregateError without a message.
 */
export function connectionFailure(thrown: unknown): ConnectionFailure {
  let reason = '';
  let code: string | undefined;
  let node: string | undefined;
  const seen = new Set<unknown>();
  for (let error = thrown; typeof error === 'object' && error !== null && !seen.has(error);) {
    seen.add(error);
    const { message, code: own, cause, errors, meta } = error as Record<string, unknown>;
    node ??= addressOf(
      (meta as { meta?: { connection?: { url?: unknown } } } | undefined)?.meta?.connection?.url,
    );
    if (typeof own === 'string' && code === undefined) {
      code = own;
      if (typeof message === 'string' && message !== '') reason = message;
    }
    if (reason === '' && typeof message === 'string') reason = message;
    error = cause ?? (Array.isArray(errors) ? (errors[0] as unknown) : undefined);
  }
  // The later clients append the addresses of both ends.
  const [first = ''] = reason.split('\n');
  return { reason: withoutCredentials(first.slice(0, 300)), code, node };
}

/** Whether the node's certificate was refused. */
export function isCertificateFailure({ code, reason }: ConnectionFailure): boolean {
  return /CERT|^UNABLE_TO_|^ERR_TLS_/.test(code ?? '') || /certificate/i.test(reason);
}

function addressOf(url: unknown): string | undefined {
  if (!(url instanceof URL) && typeof url !== 'string') return undefined;
  const text = String(url);
  return URL.canParse(text) ? new URL(text).origin : undefined;
}

function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/g, '//');
}
