import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Origin } from '../../identity/origin.ts';

/** Reads a connection's far end. A connection that is gone already has no address. */
export function originOf(socket: Socket): Origin {
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
  if (!(socket instanceof TLSSocket)) return { address, secure: false };
  const [version, cipher] = [socket.getProtocol(), socket.getCipher() as { standardName?: string } | undefined];
  if (version === null || cipher?.standardName === undefined) return { address, secure: true };
  return { address, secure: true, tls: { version, cipherSuite: cipher.standardName } };
}
