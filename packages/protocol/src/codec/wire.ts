/** An HTTP request as the front door has read it: nothing decoded, the whole body there. */
export interface WireRequest {
  readonly method: string;
  /** As it came, percent-encoding and all, without the query. */
  readonly path: string;
  /** As it came, without `?`; empty when there is none. */
  readonly query: string;
  /** Lowercase names, as node:http has them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A header's text; several of one name are joined as HTTP says. */
export function header(request: Pick<WireRequest, 'headers'>, name: string): string | undefined {
  const value = Object.hasOwn(request.headers, name) ? request.headers[name] : undefined;
  return typeof value === 'string' || value === undefined ? value : value.join(',');
}
