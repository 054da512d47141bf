import type { IncomingMessage } from 'node:http';
import type { WireRequest } from '@gantry/protocol';

/** A request as the codecs and the signature check want it: path and query as they are on the wire. */
export function wireRequest(request: IncomingMessage, body: Uint8Array): WireRequest {
  return { ...wireHead(request), body };
}

/** The same without its body, which is still to come. */
export function wireHead(request: IncomingMessage): Omit<WireRequest, 'body'> {
  const url = request.url ?? '';
  const mark = url.indexOf('?');
  return {
    method: request.method ?? '',
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? '' : url.slice(mark + 1),
    headers: request.headers,
  };
}
