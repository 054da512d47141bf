import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { listen } from './server.ts';

export interface RelayOptions {
  /** Where it listens. */
  readonly address: string;
  /** The control plane: `http://127.0.0.1:4566`. */
  readonly endpoint: string;
  /** Certificates (PEM) to trust instead of the public ones. */
  readonly ca?: string | undefined;
}

/**
 * Hands the bytes of containers on to the control plane, which listens where they cannot reach it. Nothing is read: a
 * signature holds for the host name the client used. With an https endpoint the way from here on is TLS.
 */
export async function relayApi(options: RelayOptions): Promise<{ readonly port: number; close(): Promise<void> }> {
  const { protocol, hostname, port } = new URL(options.endpoint);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const open = new Set<Socket>();
  const upstream = (): Socket =>
    protocol === 'https:'
      ? connectTls({ host, port: Number(port || 443), servername: isName(host) ? host : '', ca: options.ca })
      : connect({ host, port: Number(port || 80) });
  const server = createServer((client) => {
    const there = upstream();
    for (const [one, other] of [
      [client, there],
      [there, client],
    ] as const) {
      open.add(one);
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
      // `close` follows.
      one.on('error', () => undefined);
      one.pipe(other);
    }
  });
  await listen(server, options.address);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

/** Names alone are asked for in TLS, addresses are not. */
const isName = (host: string): boolean => !/^[\d.]+$|:/.test(host);
