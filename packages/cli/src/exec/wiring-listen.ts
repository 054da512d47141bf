import { createServer, type AddressInfo, type Socket } from 'node:net';
import { CliError } from '../errors.ts';
import type { Listen } from './forward.ts';

/** A port of 127.0.0.1. */
export const listen: Listen = (port, onConnection) => {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => open.delete(socket));
    onConnection({
      input: () => socket as AsyncIterable<Uint8Array>,
      write: (data) => new Promise((resolve) => (socket.destroyed ? resolve() : socket.write(data, () => resolve()))),
      close: () => socket.end(() => socket.destroy()),
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new CliError(`port ${port} cannot be had here: ${cause.message}.`, { wayOut: 'Name another: 0 for any.' }),
      ),
    );
    server.listen({ host: '127.0.0.1', port }, () => {
      const close = (): Promise<void> => {
        for (const socket of open) socket.destroy();
        return new Promise((done) => server.close(() => done()));
      };
      resolve({ port: (server.address() as AddressInfo).port, close });
    });
  });
};
