import type { ByteSocket } from '@gantry/protocol';
import { Agent, WebSocket } from 'undici';
import { CliError, EXIT } from '../errors.ts';
import type { OpenSocket } from './port.ts';

/** A websocket to the control plane. */
export const openSocket: OpenSocket = (url, ca) => {
  const dispatcher = ca === undefined ? undefined : new Agent({ connect: { ca } });
  const socket = dispatcher === undefined ? new WebSocket(url) : new WebSocket(url, { dispatcher });
  socket.binaryType = 'arraybuffer';
  const bytes = adapted(socket);
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => resolve(bytes));
    socket.addEventListener('error', ({ message }) => {
      const { origin } = new URL(url);
      const why = message === '' ? 'it was refused' : message;
      reject(
        new CliError(`no session can be opened at ${origin}: ${why}.`, {
          wayOut: 'Is that address to be reached from here? The control plane names it.',
          exitCode: EXIT.notRunning,
        }),
      );
    });
  });
};

function adapted(socket: WebSocket): ByteSocket {
  const early: (string | Uint8Array)[] = [];
  let onMessage: ((message: string | Uint8Array) => void) | undefined;
  let closed: readonly [number, string] | undefined;
  let onClose: ((code: number, reason: string) => void) | undefined;
  socket.addEventListener('message', ({ data }) => {
    const message = typeof data === 'string' ? data : new Uint8Array(data as ArrayBuffer);
    if (onMessage === undefined) early.push(message);
    else onMessage(message);
  });
  socket.addEventListener('close', ({ code, reason }) => {
    closed = [code, reason];
    onClose?.(code, reason);
  });
  return {
    send(message, sent) {
      if (socket.readyState === WebSocket.OPEN) socket.send(message as string | Uint8Array<ArrayBuffer>);
      sent?.();
    },
    get unsentBytes() {
      return socket.bufferedAmount;
    },
    // What may be under way is bounded by the data channel's window.
    pause: () => undefined,
    resume: () => undefined,
    close: (code, reason) => socket.close(code, reason),
    onMessage(listener) {
      onMessage = listener;
      for (const message of early.splice(0)) listener(message);
    },
    onClose(listener) {
      onClose = listener;
      if (closed !== undefined) listener(...closed);
    },
  };
}
