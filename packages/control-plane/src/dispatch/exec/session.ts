import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock, EpochMs, Ids } from '@gantry/domain';
import { channelClosed, objectOf, type ByteSocket } from '@gantry/protocol';
import { forward } from './join.ts';

/** How long a token is good for. */
export const TOKEN_MS = 60_000;
/** A client that is connected shows its token within this time. */
const SHOW_MS = 10_000;
/** The agent joins within this time. */
const JOIN_MS = 15_000;
const LONGEST_OPENING_CHARS = 8_192;

export interface ExecSessionOptions {
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'uuid'>;
  readonly sessionId: string;
  readonly token: string;
  readonly instanceKey: string;
  /** Tells the agent that the client is there; `false`: it is not connected. */
  readonly ask: () => boolean;
  readonly over: () => void;
}

/** One session: granted, then asked for by its client, then joined by the agent, then over. */
export class ExecSession {
  readonly instanceKey: string;
  readonly expiresAt: EpochMs;
  readonly #options: Omit<ExecSessionOptions, 'token'>;
  #tokenHash: Buffer | undefined;
  #client: ByteSocket | undefined;
  #agent: ByteSocket | undefined;
  readonly #joined = new AbortController();
  #isOver = false;

  constructor({ token, ...options }: ExecSessionOptions) {
    this.#options = options;
    this.instanceKey = options.instanceKey;
    this.expiresAt = (options.clock.now() + TOKEN_MS) as EpochMs;
    this.#tokenHash = hashOf(token);
  }

  /** Nobody came in time: the token is good for nothing any more. */
  get isExpired(): boolean {
    return this.#tokenHash !== undefined && this.#options.clock.now() >= this.expiresAt;
  }

  get waitsForAgent(): boolean {
    return this.#client !== undefined && this.#agent === undefined && !this.#isOver;
  }

  /** A socket that claims this session: it shows the token first, or is closed. */
  claimedBy(socket: ByteSocket): void {
    const shown = new AbortController();
    void this.#options.clock.sleep(SHOW_MS, shown.signal).then(() => {
      if (!shown.signal.aborted) socket.close(1008, 'the token was not shown in time');
    });
    let next: ((message: string | Uint8Array) => void) | undefined;
    socket.onClose(() => {
      shown.abort();
      if (this.#client === socket) this.#clientGone();
    });
    socket.onMessage((message) => {
      if (next !== undefined) return next(message);
      if (shown.signal.aborted) return;
      shown.abort();
      if (!this.#isToken(message)) return socket.close(1008, 'the token is not valid, was used, or has expired');
      // Nothing more is read until the agent is there; what was read already goes to it first.
      socket.pause();
      const early: (string | Uint8Array)[] = [];
      next = (more) => void early.push(more);
      this.#opened(socket, (agent) => {
        next = forward(socket, agent);
        for (const more of early.splice(0)) next(more);
        socket.resume();
      });
    });
  }

  joinedBy(agent: ByteSocket): void {
    const client = this.#client;
    if (client === undefined || !this.waitsForAgent) return agent.close(1008, 'nobody waits for this session');
    this.#agent = agent;
    this.#joined.abort();
    agent.onClose((code, reason) => this.#agentGone(code, reason));
    agent.onMessage(forward(agent, client));
    this.#onJoin?.(agent);
  }

  /** Ends it with words for the client. */
  end(words: string, code = 1000): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#tokenHash = undefined;
    this.#joined.abort();
    const { clock, ids, sessionId, over } = this.#options;
    if (words !== '') this.#client?.send(channelClosed({ clock, ids, sessionId, output: `${words}\n` }));
    this.#client?.close(code, 'the session is over');
    this.#agent?.close(1000, 'the session is over');
    over();
  }

  #onJoin: ((agent: ByteSocket) => void) | undefined;

  #opened(client: ByteSocket, onJoin: (agent: ByteSocket) => void): void {
    this.#client = client;
    this.#onJoin = onJoin;
    if (!this.#options.ask()) return this.end('The session cannot start: the container agent is not connected.');
    void this.#options.clock.sleep(JOIN_MS, this.#joined.signal).then(() => {
      if (!this.#joined.signal.aborted) this.end('The session cannot start: the container agent does not answer.');
    });
  }

  /** Whether the opening message has the token; it is good for nothing afterwards. */
  #isToken(message: string | Uint8Array): boolean {
    if (typeof message !== 'string' || message.length > LONGEST_OPENING_CHARS || this.#isOver) return false;
    const given = objectOf(Buffer.from(message))['TokenValue'];
    if (typeof given !== 'string' || this.#tokenHash === undefined || this.isExpired) return false;
    if (!timingSafeEqual(hashOf(given), this.#tokenHash)) return false;
    this.#tokenHash = undefined;
    return true;
  }

  #clientGone(): void {
    this.end('');
  }

  #agentGone(code: number, reason: string): void {
    if (code === 1000) this.end('');
    else if (code === 1011) this.end(`The session cannot start: ${reason}.`);
    else this.end('The session ended: the connection to the container agent broke.');
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
