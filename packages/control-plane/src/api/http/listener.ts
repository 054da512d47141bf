import { createServer, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { KeyAndCertificate } from '../../tls/source.ts';
import { refuseSocket } from './upgrade.ts';

/** HTTP, or HTTPS when there is a certificate. */
export interface Listener {
  readonly server: Server;
  /** Connections from now on are given this certificate. */
  renew(next: KeyAndCertificate): void;
}

const OLDEST_TLS = 'TLSv1.2';

/** @param handshakeWithinMs a client that is not done with it is cut off */
export function openListener(
  options: ServerOptions,
  tls: KeyAndCertificate | undefined,
  handshakeWithinMs: number,
): Listener {
  if (tls === undefined) return { server: createServer(options), renew: () => undefined };
  const handshakeTimeout = handshakeWithinMs;
  const server = createTlsServer({ ...options, ...tls, minVersion: OLDEST_TLS, handshakeTimeout });
  answerPlainHttp(server);
  return { server, renew: ({ key, cert }) => server.setSecureContext({ key, cert, minVersion: OLDEST_TLS }) };
}

/** Who speaks plain HTTP to the TLS port is told so. The answer goes over the socket below the failed handshake. */
function answerPlainHttp(server: TlsServer): void {
  const below = new Map<string, Socket>();
  const nameOf = ({ remoteAddress, remotePort }: Socket | TLSSocket): string => `${remoteAddress} ${remotePort}`;
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket);
    below.set(name, socket);
    socket.once('close', () => below.delete(name));
  });
  server.on('secureConnection', (socket) => below.delete(nameOf(socket)));
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    const plain = below.get(nameOf(socket));
    if (error.code !== 'ERR_SSL_HTTP_REQUEST' || plain === undefined) return;
    const message = 'This port speaks TLS: use https:// (gantry env prints what clients need).';
    refuseSocket(plain, 400, JSON.stringify({ __type: 'BadRequestException', message }));
  });
}
