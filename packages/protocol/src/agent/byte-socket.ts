/** A websocket that carries text and binary messages, and can be told to wait. */
export interface ByteSocket {
  /** Text goes as a text message, bytes as a binary one. `sent` is called when it has left, or never will. */
  send(message: string | Uint8Array, sent?: () => void): void;
  /** Bytes given to `send` that have not left yet. */
  readonly unsentBytes: number;
  /** Reads no more from the other side until `resume`. */
  pause(): void;
  resume(): void;
  close(code: number, reason: string): void;
  /** Set once; messages that arrive earlier are kept for it. */
  onMessage(listener: (message: string | Uint8Array) => void): void;
  /** Called once, also when the connection breaks (code 1006). */
  onClose(listener: (code: number, reason: string) => void): void;
}

/** What is needed of a socket of the `ws` package. */
interface WsSocket {
  readonly readyState: number;
  readonly OPEN: number;
  readonly bufferedAmount: number;
  send(data: string | Uint8Array, sent: () => void): void;
  pause(): void;
  resume(): void;
  close(code: number, reason: string): void;
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): unknown;
  on(event: 'close', listener: (code: number, reason: Buffer) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** A close frame's reason may have 123 bytes. */
const LONGEST_REASON_BYTES = 123;

export function byteSocket(socket: WsSocket): ByteSocket {
  const early: (string | Uint8Array)[] = [];
  let onMessage: ((message: string | Uint8Array) => void) | undefined;
  let closed: readonly [number, string] | undefined;
  let onClose: ((code: number, reason: string) => void) | undefined;
  socket.on('message', (data, isBinary) => {
    const message = isBinary ? data : data.toString('utf8');
    if (onMessage === undefined) early.push(message);
    else onMessage(message);
  });
  socket.on('close', (code, reason) => {
    closed = [code, reason.toString('utf8')];
    onClose?.(...closed);
  });
  // `close` follows every error and says all there is to say.
  socket.on('error', () => undefined);
  return {
    send(message, sent = () => undefined) {
      if (socket.readyState === socket.OPEN) socket.send(message, sent);
      else sent();
    },
    get unsentBytes() {
      return socket.bufferedAmount;
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close(code, reason) {
      // A paused socket would never read the other side's goodbye.
      socket.resume();
      const whole = Buffer.from(reason).subarray(0, LONGEST_REASON_BYTES).toString('utf8');
      socket.close(code, whole.replace(/\uFFFD+$/, ''));
    },
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
