import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { Message } from './wire.ts';

export interface Received {
  readonly type: string;
  readonly message: Message;
  /** The frame to the letter. */
  readonly text: string;
}

/** The answer to a handshake that was refused. */
export interface Refusal {
  readonly status: number;
  readonly body: string;
}

/** Only for a test that waits for what never comes: it says what it waited for. */
const PATIENCE_MS = 8_000;

/** One websocket as the stock agent has it: no subprotocol, no compression, text frames. */
export class StockSocket {
  readonly received: Received[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  open = true;
  readonly #socket: WebSocket;
  readonly #onFrame: (frame: Received, socket: StockSocket) => void;
  #news: (() => void)[] = [];
  #taken = new Set<Received>();

  private constructor(socket: WebSocket, onFrame: (frame: Received, socket: StockSocket) => void) {
    this.#socket = socket;
    this.#onFrame = onFrame;
    socket.on('message', (data: Buffer) => this.#receive(data.toString('utf8')));
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        this.open = false;
        resolve({ code, reason: reason.toString('utf8') });
        this.#tell();
      });
    });
  }

  static open(
    url: URL,
    headers: Readonly<Record<string, string>>,
    onFrame: (frame: Received, socket: StockSocket) => void,
  ): Promise<StockSocket | Refusal> {
    const target = url.href.replace(/^http/, 'ws');
    const socket = new WebSocket(target, { headers: { ...headers }, perMessageDeflate: false });
    return new Promise((resolve, reject) => {
      // The frames of the first packet come with the upgrade: whoever listens must do so at once.
      const stock = new StockSocket(socket, onFrame);
      socket.once('open', () => resolve(stock));
      socket.on('error', reject);
      socket.once('unexpected-response', (_request, response: IncomingMessage) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
        );
      });
    });
  }

  /** The next frame of this type that no test took yet; waits for it. */
  async next(type: string): Promise<Received> {
    for (;;) {
      const found = this.received.find((frame) => frame.type === type && !this.#taken.has(frame));
      if (found !== undefined) {
        this.#taken.add(found);
        return found;
      }
      if (!this.open) throw new Error(`the socket is closed and there was no ${type}`);
      await this.#somethingNew(type);
    }
  }

  of(type: string): readonly Received[] {
    return this.received.filter((frame) => frame.type === type);
  }

  send(frame: unknown): void {
    this.sendText(JSON.stringify(frame));
  }

  sendText(text: string): void {
    if (this.open) this.#socket.send(text);
  }

  sendBinary(data: Uint8Array): void {
    this.#socket.send(data, { binary: true });
  }

  /** Everything sent before it has arrived there, everything they sent before their answer has arrived here. */
  async roundTrip(): Promise<void> {
    if (!this.open) return;
    const pong = new Promise<void>((resolve) => this.#socket.once('pong', () => resolve()));
    this.#socket.ping();
    await Promise.race([pong, this.closed]);
  }

  /** A close frame, as on an expired connection or at the end of a session. */
  close(code = 1000, reason = 'ConnectionExpired: Reconnect to continue'): void {
    this.#socket.close(code, reason);
  }

  /** The TCP connection breaks. */
  cut(): void {
    this.#socket.terminate();
  }

  #receive(text: string): void {
    const { type, message } = JSON.parse(text) as Omit<Received, 'text'>;
    const frame = { type, message, text };
    this.received.push(frame);
    this.#onFrame(frame, this);
    this.#tell();
  }

  #tell(): void {
    for (const tell of this.#news.splice(0)) tell();
  }

  #somethingNew(type: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const lost = setTimeout(() => {
        const had = this.received.map((frame) => frame.type).join(', ') || 'nothing';
        reject(new Error(`no ${type} within ${PATIENCE_MS} ms; it had received ${had}`));
      }, PATIENCE_MS);
      this.#news.push(() => {
        clearTimeout(lost);
        resolve();
      });
    });
  }
}
