import type { FrameSocket } from '@gantry/protocol';
import type { WebSocket } from 'ws';

/** A peer that reads slower than this much is behind is cut off; it comes back and is told again. */
const MOST_UNSENT_BYTES = 32 * 1024 * 1024;
/** A close frame's reason may have 123 bytes. */
const LONGEST_REASON_BYTES = 123;

/** A `ws` socket as the agent sessions see it. Frames that come before there is a listener are kept for it. */
export function frameSocket(socket: WebSocket): FrameSocket {
  const early: string[] = [];
  let onFrame: ((text: string) => void) | undefined;
  let closed: readonly [number, string] | undefined;
  let onClose: ((code: number, reason: string) => void) | undefined;

  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) return socket.close(1003, 'text frames only');
    const text = data.toString('utf8');
    if (onFrame === undefined) early.push(text);
    else onFrame(text);
  });
  socket.on('close', (code, reason) => {
    closed = [code, reason.toString('utf8')];
    onClose?.(...closed);
  });
  // A broken connection ends with 'close' and 1006; without a listener the error would end the process.
  socket.on('error', () => undefined);

  return {
    send(text) {
      if (socket.readyState !== socket.OPEN) return;
      if (socket.bufferedAmount > MOST_UNSENT_BYTES) socket.terminate();
      else socket.send(text);
    },
    close(code, reason) {
      socket.close(
        code,
        Buffer.from(reason)
          .subarray(0, LONGEST_REASON_BYTES)
          .toString('utf8')
          .replace(/\uFFFD+$/, ''),
      );
    },
    onFrame(listener) {
      onFrame = listener;
      for (const text of early.splice(0)) listener(text);
    },
    onClose(listener) {
      onClose = listener;
      if (closed !== undefined) listener(...closed);
    },
  };
}
