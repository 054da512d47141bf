import type { Clock, Ids } from '@gantry/domain';
import {
  DataChannel,
  FLAG,
  handshakeComplete,
  handshakeRequest,
  PAYLOAD,
  readFlag,
  readSize,
  wishesOf,
  type ByteSocket,
  type ClientWishes,
} from '@gantry/protocol';
import type { ExecProcess } from '../engine/exec-port.ts';
import type { Engine } from '../engine/port.ts';
import type { Log } from '../log.ts';
import { messageOf } from '../supervisor/perform.ts';

/** ECS ends a session after this long without a byte in either direction. */
export const IDLE_MS = 20 * 60_000;
/** session-manager-plugin takes pieces of this size; our own client larger ones. */
const PLUGIN_PIECE_BYTES = 1_024;
const OWN_PIECE_BYTES = 32 * 1_024;
const HANDSHAKE_MS = 30_000;
/** The last output and the exit code get this long to arrive. */
const GOODBYE_MS = 30_000;
/** The engine knows the exit code a moment after the output has ended. */
const EXIT_CODE = { firstMs: 5, mostMs: 200, withinMs: 5_000 } as const;
const KILLED = 137;
const SEEN_DEAD_MS = 500;
const PLUGIN_TERMINAL = { cols: 80, rows: 24 };

export interface ExecSessionOptions {
  readonly engine: Pick<Engine, 'exec' | 'inspectContainer'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly socket: ByteSocket;
  readonly sessionId: string;
  readonly containerId: string;
  readonly containerName: string;
  readonly program: ExecProgram;
}

/** Words of a command, or a port to connect to. */
export type ExecProgram = { readonly command: readonly string[] } | { readonly port: number };

/** One session, from the handshake to its end. `run` resolves when nothing of it is left; it never rejects. */
export class ExecSession {
  readonly #options: ExecSessionOptions;
  readonly #channel: DataChannel;
  readonly #life = new AbortController();
  readonly #answered = Promise.withResolvers<ClientWishes | undefined>();
  #process: ExecProcess | undefined;
  #heardAt: number;
  /** Input that came before the program was there. */
  readonly #started = Promise.withResolvers<void>();

  constructor(options: ExecSessionOptions) {
    this.#options = options;
    const { clock, ids, socket, sessionId } = options;
    this.#heardAt = clock.elapsedMs();
    this.#channel = new DataChannel({
      clock,
      ids,
      sessionId,
      sends: 'output_stream_data',
      transmit: (message) => socket.send(message),
      unsentBytes: () => socket.unsentBytes,
      deliver: (type, payload) => this.#deliver(type, payload),
      closed: () => this.end('the client ended the session'),
      lost: () => this.end('the client acknowledged nothing for five minutes'),
    });
  }

  async run(): Promise<void> {
    const { socket } = this.#options;
    socket.onMessage((message) => {
      if (typeof message !== 'string') this.#channel.receive(message);
    });
    socket.onClose(() => this.end('the connection is gone'));
    try {
      await this.#talk();
    } catch (error) {
      this.#channel.sayClosed(`The session ended: ${messageOf(error)}\n`);
    } finally {
      this.#life.abort();
      this.#started.resolve();
      this.#channel.end();
      socket.close(1000, 'the session is over');
      await this.#kill();
    }
  }

  /** Ends it; a person is told why when there is one. */
  end(why: string): void {
    if (!this.#life.signal.aborted) this.#life.abort(new Error(why));
  }

  async #talk(): Promise<void> {
    const { engine, clock, containerId, program } = this.#options;
    const beganAt = clock.elapsedMs();
    this.#channel.send(PAYLOAD.handshakeRequest, handshakeRequest());
    const wishes = await this.#within(HANDSHAKE_MS, this.#answered.promise, 'the client did not answer the handshake');
    const terminal = wishes === undefined ? PLUGIN_TERMINAL : wishes.terminal;
    const process = await engine.exec(containerId, 'port' in program ? program : { ...program, terminal });
    this.#process = process;
    this.#life.signal.throwIfAborted();
    this.#channel.send(PAYLOAD.handshakeComplete, handshakeComplete(clock.elapsedMs() - beganAt));
    this.#started.resolve();
    void this.#watchIdle();
    await this.#unlessEnded(this.#forward(process, wishes !== undefined));
    const code = await this.#unlessEnded(this.#exitCode(process));
    if (wishes !== undefined && code !== undefined) this.#channel.send(PAYLOAD.exitCode, String(code));
    await this.#within(GOODBYE_MS, this.#channel.settled(), 'the client did not take the last output');
    this.#channel.sayClosed(await this.#lastWords(code));
  }

  async #forward(process: ExecProcess, isOurs: boolean): Promise<void> {
    const mostBytes = isOurs ? OWN_PIECE_BYTES : PLUGIN_PIECE_BYTES;
    for await (const { stream, data } of process.output) {
      const type = isOurs && stream === 'stderr' ? PAYLOAD.stderr : PAYLOAD.bytes;
      for (let at = 0; at < data.length; at += mostBytes) {
        await this.#channel.room();
        this.#heardAt = this.#options.clock.elapsedMs();
        this.#channel.send(type, data.subarray(at, at + mostBytes));
      }
      if (this.#life.signal.aborted) return;
    }
  }

  /** Acknowledged when it resolves: input waits in the client, not here. */
  async #deliver(type: number, payload: Uint8Array): Promise<void> {
    if (type === PAYLOAD.handshakeResponse) return this.#answered.resolve(wishesOf(payload));
    await this.#started.promise;
    const process = this.#process;
    if (process === undefined || this.#life.signal.aborted) return;
    if (type === PAYLOAD.bytes) {
      this.#heardAt = this.#options.clock.elapsedMs();
      await this.#unlessEnded(process.write(payload));
    } else if (type === PAYLOAD.size) {
      const size = readSize(payload);
      // A program that has ended has no terminal any more.
      if (size !== undefined) await process.resize(size).catch(() => undefined);
    } else if (type === PAYLOAD.flag) {
      const flag = readFlag(payload);
      if (flag === FLAG.endOfInput) process.endInput();
      else if (flag === FLAG.terminate || flag === FLAG.disconnect) this.end('the client ended the session');
    }
  }

  /** `undefined`: it has closed its output and goes on; nobody can see it any more. */
  async #exitCode(process: ExecProcess): Promise<number | undefined> {
    const { clock } = this.#options;
    const giveUpAt = clock.elapsedMs() + EXIT_CODE.withinMs;
    for (let waitMs: number = EXIT_CODE.firstMs; ; waitMs = Math.min(EXIT_CODE.mostMs, 2 * waitMs)) {
      const code = await process.exitCode();
      if (code !== undefined || clock.elapsedMs() >= giveUpAt) return code;
      await clock.sleep(waitMs, this.#life.signal);
    }
  }

  /** What the client shows at the end: nothing, unless it was not the program that ended. */
  async #lastWords(code: number | undefined): Promise<string> {
    const { engine, clock, containerId, containerName } = this.#options;
    let container = await engine.inspectContainer(containerId).catch(() => undefined);
    if (code === KILLED && container?.status === 'running') {
      // Perhaps its container was killed, and the engine has yet to notice.
      await clock.sleep(SEEN_DEAD_MS);
      container = await engine.inspectContainer(containerId).catch(() => undefined);
    }
    if (container?.status !== 'running') return `The session ended: container ${containerName} has stopped.\n`;
    return code === undefined ? 'The session ended: the program closed its output and did not end.\n' : '';
  }

  async #watchIdle(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#life.signal.aborted) {
      const leftMs = this.#heardAt + IDLE_MS - clock.elapsedMs();
      if (leftMs <= 0) return this.end('nothing was typed or written for 20 minutes');
      await clock.sleep(leftMs, this.#life.signal);
    }
  }

  async #kill(): Promise<void> {
    const gone = await this.#process?.kill().catch(() => false);
    if (gone === false) {
      const { log, sessionId, containerName } = this.#options;
      log('warn', `session ${sessionId}: what it started in ${containerName} could not be ended and may still run`);
    }
  }

  async #within<T>(ms: number, work: Promise<T>, why: string): Promise<T> {
    const over = new AbortController();
    const late = this.#options.clock.sleep(ms, over.signal).then((): never => {
      throw new Error(why);
    });
    // Once the work is done nobody hears of the other.
    late.catch(() => undefined);
    try {
      return await this.#unlessEnded(Promise.race([work, late]));
    } finally {
      over.abort();
    }
  }

  /** The work's result; rejects as soon as the session is to end. */
  #unlessEnded<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#life;
    work.catch(() => undefined);
    return new Promise((resolve, reject) => {
      const stop = (): void => reject(signal.reason as Error);
      if (signal.aborted) return stop();
      signal.addEventListener('abort', stop, { once: true });
      work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
    });
  }
}
