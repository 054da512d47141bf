import type { Clock, Ids } from '@gantry/domain';
import { EngineError, type Engine, type LogLine } from '../engine/port.ts';
import type { Log } from '../log.ts';
import { Backoff } from '../session/backoff.ts';
import { isCode, type ControlPlaneLink } from '../session/port.ts';
import { eventsOf, inOrder, takeBatch, type LogPosition, type PendingEvent } from './batch.ts';
import { Multiline } from './multiline.ts';
import { Pressure, type HeldContainer } from './pressure.ts';
import { whereOf, type AwslogsOptions } from './options.ts';
import type { LogStreams } from './streams.ts';

export interface FollowerPorts {
  readonly engine: Engine;
  readonly link: ControlPlaneLink;
  readonly streams: LogStreams;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

export interface FollowedContainer {
  readonly dockerId: string;
  readonly stream: string;
  readonly options: AwslogsOptions;
  /** Shipped so far, from the checkpoint. */
  readonly from: LogPosition | undefined;
  /** See Pressure. */
  readonly held: boolean;
  isRunning(): boolean;
  /** Called after each accepted batch. */
  shipped(position: LogPosition): void;
  keepHeld: HeldContainer['keep'];
}

/** The first line of a quiet container is out after this long; more lines meanwhile go in the same call. */
const BATCH_MS = 120;
/** An unfinished multi-line event is taken for complete after this long without a further line. */
const MULTILINE_MS = 1_000;
/** Read but not accepted yet; beyond it reading pauses. The engine's log files keep the rest. */
const MOST_PENDING_BYTES = 1_048_576;
const PAUSE_BEFORE_REOPEN_MS = 5_000;
const REOPEN_MS = 1_000;

/** Ships one container's output, from a position to its end. Reading and sending run side by side. */
export class LogFollower {
  readonly #ports: FollowerPorts;
  readonly #container: FollowedContainer;
  readonly #multiline: Multiline;
  readonly #backoff: Backoff;
  /** `undefined`: the container is never held up. */
  readonly #pressure: Pressure | undefined;
  #read: LogPosition;
  #queue: PendingEvent[] = [];
  #pendingBytes = 0;
  #ended = false;
  #wakeSender: () => void = () => undefined;
  #wakeReader: () => void = () => undefined;
  #flushTimer = new AbortController();

  constructor(ports: FollowerPorts, container: FollowedContainer) {
    this.#ports = ports;
    this.#container = container;
    this.#multiline = new Multiline(container.options.multilinePattern);
    this.#backoff = new Backoff(ports.clock, ports.ids, { firstMs: 250, factor: 2, mostMs: 30_000, jitter: 0.2 });
    const { dockerId, held, keepHeld: keep, options } = container;
    this.#pressure = options.blocking ? new Pressure(ports, { dockerId, held, keep }) : undefined;
    this.#read = container.from ?? { ns: '0', count: 0 };
  }

  /** Resolves when the container has ended and everything it wrote was accepted, or when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const wakeBoth = (): void => {
      this.#wakeSender();
      this.#wakeReader();
    };
    signal.addEventListener('abort', wakeBoth, { once: true });
    this.#moved(signal);
    try {
      await Promise.all([this.#readAll(signal), this.#sendAll(signal)]);
    } finally {
      signal.removeEventListener('abort', wakeBoth);
      this.#flushTimer.abort();
      this.#pressure?.close();
    }
  }

  /** The control plane is back: do not wait out the back-off. */
  nudge(): void {
    this.#backoff.nudge();
  }

  async #readAll(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#ports;
    while (!signal.aborted) {
      try {
        const complete = await this.#readOnce(signal);
        if (complete && !this.#container.isRunning()) break;
        if (complete) await clock.sleep(REOPEN_MS, signal);
        if (complete && !this.#container.isRunning()) break;
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof EngineError && error.kind === 'not-found') break;
        log('debug', `reading the output of ${this.#container.dockerId}: ${String(error)}`);
        await clock.sleep(REOPEN_MS, signal);
      }
    }
    this.#push(this.#multiline.flush());
    this.#ended = true;
    this.#wakeSender();
  }

  /** True: read to the end. False: too much is pending; go on later from where it stands. */
  async #readOnce(signal: AbortSignal): Promise<boolean> {
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    const { ns, count } = this.#read;
    let skip = count;
    let complete = true;
    for await (const line of this.#ports.engine.logs(this.#container.dockerId, { sinceNs: BigInt(ns), signal: both })) {
      if (skip > 0 && String(line.timestampNs) === ns) {
        skip -= 1;
        continue;
      }
      this.#take(line);
      this.#moved(signal);
      if (this.#pendingBytes > MOST_PENDING_BYTES) await this.#pressure?.hold(signal);
      if (this.#pendingBytes > MOST_PENDING_BYTES && !(await this.#drained(signal))) {
        // The engine's reader would be stuck in a file that is rotated away under it: open it again later.
        complete = false;
        break;
      }
    }
    stop.abort();
    if (!complete) while (!this.#fewPending() && !signal.aborted) await this.#untilSent();
    return complete;
  }

  async #drained(signal: AbortSignal): Promise<boolean> {
    const patience = new AbortController();
    let late = false;
    void this.#ports.clock.sleep(PAUSE_BEFORE_REOPEN_MS, patience.signal).then(() => {
      late = true;
      this.#wakeReader();
    });
    // What is held writes nothing: no file is rotated away meanwhile.
    const patient = (): boolean => this.#pressure?.held === true || !late;
    while (!this.#fewPending() && patient() && !signal.aborted) await this.#untilSent();
    patience.abort();
    return this.#fewPending();
  }

  #fewPending(): boolean {
    return this.#pendingBytes <= MOST_PENDING_BYTES / 2;
  }

  #moved(signal: AbortSignal): void {
    this.#pressure?.moved(this.#fewPending(), signal);
  }

  #untilSent(): Promise<void> {
    return new Promise((resolve) => (this.#wakeReader = resolve));
  }

  #take(line: LogLine): void {
    const ns = String(line.timestampNs);
    this.#read = { ns, count: ns === this.#read.ns ? this.#read.count + 1 : 1 };
    const timestampMs = Number(line.timestampNs / 1_000_000n);
    this.#push(this.#multiline.add({ text: line.text, timestampMs, after: this.#read }));
    this.#flushTimer.abort();
    if (!this.#multiline.isOpen) return;
    const timer = (this.#flushTimer = new AbortController());
    void this.#ports.clock.sleep(MULTILINE_MS, timer.signal).then(() => {
      if (!timer.signal.aborted) this.#push(this.#multiline.flush());
    });
  }

  #push(lines: readonly { readonly text: string; readonly timestampMs: number; readonly after: LogPosition }[]): void {
    for (const { text, timestampMs, after } of lines) {
      for (const event of eventsOf(text, timestampMs, after)) {
        this.#queue.push(event);
        this.#pendingBytes += event.bytes;
      }
    }
    if (this.#queue.length > 0) this.#wakeSender();
  }

  async #sendAll(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#queue.length === 0) {
        if (this.#ended) return;
        await new Promise<void>((resolve) => (this.#wakeSender = resolve));
        continue;
      }
      if (!this.#ended) await this.#ports.clock.sleep(BATCH_MS, signal);
      const batch = takeBatch(this.#queue);
      if (!(await this.#send(batch, signal))) continue;
      this.#queue = this.#queue.slice(batch.length);
      for (const event of batch) this.#pendingBytes -= event.bytes;
      const last = batch.at(-1);
      if (last !== undefined) this.#container.shipped(last.after);
      this.#moved(signal);
      this.#wakeReader();
    }
  }

  /** True when the batch is done with: accepted, or never acceptable. */
  async #send(batch: readonly PendingEvent[], signal: AbortSignal): Promise<boolean> {
    const { options, stream } = this.#container;
    const { link, streams, log } = this.#ports;
    const where = whereOf(options);
    const input = { logGroupName: options.group ?? '', logStreamName: stream, logEvents: inOrder(batch) };
    try {
      await link.call('PutLogEvents', input, signal, where);
      this.#backoff.reset();
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      if (isCode(error, 'DataAlreadyAcceptedException')) return true;
      if (isCode(error, 'InvalidParameterException')) {
        log('error', `${batch.length} log events of ${stream} are refused: ${String(error)}`);
        return true;
      }
      if (isCode(error, 'ResourceNotFoundException') && (await this.#madeStream(streams, signal))) return false;
      await this.#backoff.wait(signal);
      return false;
    }
  }

  async #madeStream(streams: LogStreams, signal: AbortSignal): Promise<boolean> {
    try {
      await streams.ensure(this.#container.options, this.#container.stream, signal);
      return true;
    } catch {
      return false; // no group: it may come back, and until then the output is kept
    }
  }
}
