import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import type { Log } from '../log.ts';
import { messageOf } from '../supervisor/perform.ts';
import type { MetadataHandler } from './handler.ts';
import type { MetadataAnswer } from './port.ts';

const MOST_BODY_BYTES = 16 * 1024;
/** Handed on by another agent of this host: it does not go further. */
const HANDED_ON = 'x-gantry-handed-on';
const PEER_MS = 2_000;

export interface ServerOptions {
  readonly address: string;
  readonly handler: MetadataHandler;
  readonly log: Log;
  /** Whether an address is this host's own. */
  readonly isHost: (address: string) => boolean;
  /** Ports of the other agents of this host, at the same address. */
  readonly peers: () => Promise<readonly number[]>;
}

/** The handler behind a socket. Resolves when it listens, on a port the system chose. */
export async function serveMetadata(
  options: ServerOptions,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const life = new AbortController();
  const server = createServer((request, response) => {
    answer(options, request, life.signal).then(
      ({ status, body }) => {
        const text = typeof body === 'string' && status === 404 && body === '404 page not found' ? body : undefined;
        response.writeHead(status, { 'content-type': text === undefined ? 'application/json' : 'text/plain' });
        response.end(text ?? JSON.stringify(body));
      },
      (error: unknown) => {
        if (!life.signal.aborted) options.log('error', `a container's request failed: ${messageOf(error)}`);
        response.writeHead(500, { 'content-type': 'application/json' });
        response.end(JSON.stringify('Internal server error'));
      },
    );
  });
  await listen(server, options.address);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        life.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function listen(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, address, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function answer(
  { handler, isHost, peers }: ServerOptions,
  incoming: IncomingMessage,
  signal: AbortSignal,
): Promise<MetadataAnswer> {
  const { method = 'GET', url = '/' } = incoming;
  const remoteAddress = (incoming.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const body = await bodyOf(incoming);
  if (body === undefined) return { status: 413, body: 'Request Entity Too Large' };
  const own = await handler.answer({ method, url, remoteAddress, body }, signal);
  // Programs in host mode share one way in: it may be another agent's.
  if (own.unknownId !== true || !isHost(remoteAddress) || incoming.headers[HANDED_ON] !== undefined) return own;
  for (const port of await peers()) {
    const theirs = await ask(incoming.socket.localAddress ?? '', port, { method, url, body }).catch(() => undefined);
    if (theirs !== undefined) return theirs;
  }
  return own;
}

async function bodyOf(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    bytes += (chunk as Buffer).length;
    if (bytes > MOST_BODY_BYTES) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** `undefined`: it is none of theirs either. */
function ask(
  host: string,
  port: number,
  { method, url, body }: { readonly method: string; readonly url: string; readonly body: string },
): Promise<MetadataAnswer | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { [HANDED_ON]: '1', 'content-length': Buffer.byteLength(body) };
    const outgoing = httpRequest({ host, port, method, path: url, headers, timeout: PEER_MS }, (response) => {
      bodyOf(response)
        .then((text = 'null') => {
          const status = response.statusCode ?? 500;
          const value = JSON.parse(text) as unknown;
          const unknown =
            status === 404 || (status === 400 && (value as { code?: string }).code === 'InvalidIdInRequest');
          resolve(unknown ? undefined : { status, body: value });
        }, reject)
        .catch(reject);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
