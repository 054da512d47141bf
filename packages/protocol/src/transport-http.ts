import { Agent, request as httpRequest } from 'node:http';
import type { RequestOptions } from 'node:http';
import { Agent as TlsAgent, request as httpsRequest } from 'node:https';
import type { Transport, TransportRequest, TransportResponse } from './transport.ts';

/** A client gives up on an answer that is larger: no page of ours comes near it. */
const LARGEST_ANSWER_BYTES = 64 << 20;

export interface HttpTransportOptions {
  readonly maxSockets?: number;
  /** Certificates (PEM) to trust instead of the public ones. */
  readonly ca?: string | undefined;
}

/** Keep-alive connections over node:http(s). Idle ones keep no process alive. */
export function httpTransport({ maxSockets = 64, ca }: HttpTransportOptions = {}): Transport {
  const settings = { keepAlive: true, maxSockets };
  const [plain, tls] = [new Agent(settings), new TlsAgent({ ...settings, ...(ca === undefined ? {} : { ca }) })];
  return async (request) => {
    const secure = request.url.startsWith('https:');
    return await exchange(secure ? httpsRequest : httpRequest, secure ? tls : plain, request);
  };
}

function exchange(send: typeof httpRequest, agent: Agent, request: TransportRequest): Promise<TransportResponse> {
  return new Promise((resolve, reject) => {
    const { method, signal } = request;
    const headers = { ...request.headers, 'content-length': String(Buffer.byteLength(request.body)) };
    const options: RequestOptions = { method, headers, agent, ...(signal === undefined ? {} : { signal }) };
    const outgoing = send(request.url, options, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > LARGEST_ANSWER_BYTES) response.destroy(new Error(`the answer of ${request.url} is too large`));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    outgoing.on('error', (error) => reject(signal?.aborted === true ? (signal.reason as Error) : error));
    outgoing.end(request.body);
  });
}
