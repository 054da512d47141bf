import type { Clock, Ids } from '@gantry/domain';
import { decodeFrame, encodeFrame, PAYLOAD, type DataFrame, type MessageType } from './frame.ts';

export interface DataChannelOptions {
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'uuid'>;
  readonly sessionId: string;
  readonly sends: 'input_stream_data' | 'output_stream_data';
  readonly transmit: (message: Uint8Array) => void;
  /** Bytes given to `transmit` that have not left yet: while there are any, sending again helps nobody. */
  readonly unsentBytes: () => number;
  /** In order, each once. It is acknowledged when this resolves: who takes its time slows the other side down. */
  readonly deliver: (payloadType: number, payload: Uint8Array) => void | Promise<void>;
  /** The other side ended the session, with what is to be shown. */
  readonly closed: (output: string) => void;
  /** Nothing was acknowledged for five minutes. */
  readonly lost: () => void;
}

/** What is under way at a time, not yet acknowledged; more waits with the sender. */
const WINDOW_BYTES = 1024 * 1024;
const WINDOW_FRAMES = 1_000;
/** What is taken in beyond what the receiver has dealt with; more is dropped, and comes again. */
const MOST_HELD_BYTES = 4 * 1024 * 1024;
const MOST_AHEAD = 10_000;
const AGAIN = { firstMs: 200, leastMs: 200, mostMs: 1_000, giveUpMs: 5 * 60_000 } as const;
const ACK_FLAGS = 3;

interface Unacked {
  readonly bytes: Buffer;
  readonly firstSentAt: number;
  sentAt: number;
}

/**
 * One end of a session's data channel: numbers, acknowledges, sends again and puts in order (agent-protocol 9.3).
 * Pure but for its timer: bytes go out through `transmit` and come in through `receive`.
 */
export class DataChannel {
  readonly #options: DataChannelOptions;
  readonly #receives: MessageType;
  readonly #life = new AbortController();
  readonly #unacked = new Map<number, Unacked>();
  readonly #ahead = new Map<number, DataFrame>();
  /** Delivered and not dealt with. */
  readonly #pending = new Set<number>();
  #next = 0;
  #expected = 0;
  #unackedBytes = 0;
  #heldBytes = 0;
  #meanMs: number | undefined;
  #spreadMs = 0;
  #timing = false;
  #waiting: { readonly until: () => boolean; readonly resolve: () => void }[] = [];

  constructor(options: DataChannelOptions) {
    this.#options = options;
    this.#receives = options.sends === 'input_stream_data' ? 'output_stream_data' : 'input_stream_data';
  }

  send(payloadType: number, payload: Uint8Array | string): void {
    if (this.#life.signal.aborted) return;
    const sequenceNumber = this.#next;
    this.#next += 1;
    const flags = sequenceNumber === 0 ? 1 : 0;
    const data = typeof payload === 'string' ? Buffer.from(payload) : payload;
    const bytes = this.#encode({ messageType: this.#options.sends, sequenceNumber, flags, payloadType, payload: data });
    const now = this.#options.clock.elapsedMs();
    this.#unacked.set(sequenceNumber, { bytes, firstSentAt: now, sentAt: now });
    this.#unackedBytes += bytes.length;
    this.#options.transmit(bytes);
    if (!this.#timing) void this.#sendAgain();
  }

  /** Resolves when there is room in the window for more, and when the channel ends. */
  room(): Promise<void> {
    return this.#when(() => this.#unackedBytes < WINDOW_BYTES && this.#unacked.size < WINDOW_FRAMES);
  }

  /** Resolves when all that was sent is acknowledged, and when the channel ends. */
  settled(): Promise<void> {
    return this.#when(() => this.#unacked.size === 0);
  }

  /** @returns what is wrong with the message, if anything is. */
  receive(data: Uint8Array): string | undefined {
    if (this.#life.signal.aborted) return undefined;
    const frame = decodeFrame(data);
    if ('problem' in frame) return frame.problem;
    if (frame.messageType === this.#receives) this.#take(frame);
    else if (frame.messageType === 'acknowledge') this.#acknowledged(frame.payload);
    else if (frame.messageType === 'channel_closed') this.#options.closed(textOf(frame.payload, 'Output'));
    return undefined;
  }

  /** Tells the other side that the session is over; `output` is shown to a person. */
  sayClosed(output: string): void {
    const { clock, ids, sessionId } = this.#options;
    if (!this.#life.signal.aborted) this.#options.transmit(channelClosed({ clock, ids, sessionId, output }));
  }

  /** Sends and delivers nothing any more. */
  end(): void {
    this.#life.abort();
    this.#unacked.clear();
    this.#ahead.clear();
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  #take(frame: DataFrame): void {
    const { sequenceNumber, payload } = frame;
    if (sequenceNumber < this.#expected) {
      if (!this.#pending.has(sequenceNumber)) this.#acknowledge(frame);
      return;
    }
    const tooFar = sequenceNumber - this.#expected > MOST_AHEAD || this.#heldBytes + payload.length > MOST_HELD_BYTES;
    if (tooFar || this.#ahead.has(sequenceNumber)) return;
    this.#heldBytes += payload.length;
    this.#ahead.set(sequenceNumber, frame);
    for (let next = this.#ahead.get(this.#expected); next !== undefined; next = this.#ahead.get(this.#expected)) {
      this.#ahead.delete(this.#expected);
      this.#expected += 1;
      void this.#deliver(next);
    }
  }

  async #deliver(frame: DataFrame): Promise<void> {
    this.#pending.add(frame.sequenceNumber);
    try {
      const done = this.#options.deliver(frame.payloadType, frame.payload);
      if (done !== undefined) await done;
    } catch {
      // Who could not take it has ended the session, or will; it must not come again and again meanwhile.
    }
    this.#heldBytes -= frame.payload.length;
    this.#pending.delete(frame.sequenceNumber);
    this.#acknowledge(frame);
  }

  #acknowledge(frame: DataFrame): void {
    if (this.#life.signal.aborted) return;
    const about = {
      AcknowledgedMessageType: frame.messageType,
      AcknowledgedMessageId: frame.messageId,
      AcknowledgedMessageSequenceNumber: frame.sequenceNumber,
      IsSequentialMessage: true,
    };
    const payload = Buffer.from(JSON.stringify(about));
    const messageType = 'acknowledge';
    const head = { messageType, sequenceNumber: 0, flags: ACK_FLAGS, payloadType: PAYLOAD.none } as const;
    this.#options.transmit(this.#encode({ ...head, payload }));
  }

  #acknowledged(payload: Uint8Array): void {
    const sequenceNumber = objectOf(payload)['AcknowledgedMessageSequenceNumber'];
    if (typeof sequenceNumber !== 'number') return;
    const acked = this.#unacked.get(sequenceNumber);
    if (acked === undefined) return;
    this.#unacked.delete(sequenceNumber);
    this.#unackedBytes -= acked.bytes.length;
    // Of what was sent twice nobody knows which one was acknowledged.
    if (acked.sentAt === acked.firstSentAt) this.#measured(this.#options.clock.elapsedMs() - acked.sentAt);
    this.#waiting = this.#waiting.filter(({ until, resolve }) => {
      if (!until()) return true;
      resolve();
      return false;
    });
  }

  #measured(tookMs: number): void {
    if (this.#meanMs === undefined) [this.#meanMs, this.#spreadMs] = [tookMs, tookMs / 2];
    else {
      this.#spreadMs = 0.75 * this.#spreadMs + 0.25 * Math.abs(this.#meanMs - tookMs);
      this.#meanMs = 0.875 * this.#meanMs + 0.125 * tookMs;
    }
  }

  #againAfterMs(): number {
    if (this.#meanMs === undefined) return AGAIN.firstMs;
    return Math.min(AGAIN.mostMs, Math.max(AGAIN.leastMs, this.#meanMs + 4 * this.#spreadMs));
  }

  /** The oldest goes again until it is acknowledged: what came after it may be there already. */
  async #sendAgain(): Promise<void> {
    this.#timing = true;
    const { clock, transmit, unsentBytes, lost } = this.#options;
    for (;;) {
      const [oldest] = this.#unacked.values();
      if (oldest === undefined || this.#life.signal.aborted) break;
      const waitMs = oldest.sentAt + this.#againAfterMs() - clock.elapsedMs();
      if (waitMs > 0) {
        await clock.sleep(waitMs, this.#life.signal);
        continue;
      }
      if (clock.elapsedMs() - oldest.firstSentAt > AGAIN.giveUpMs) return lost();
      oldest.sentAt = clock.elapsedMs();
      if (unsentBytes() === 0) transmit(oldest.bytes);
    }
    this.#timing = false;
  }

  #when(until: () => boolean): Promise<void> {
    if (this.#life.signal.aborted || until()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ until, resolve }));
  }

  #encode(frame: Omit<DataFrame, 'createdAtMs' | 'messageId'>): Buffer {
    const { clock, ids } = this.#options;
    return encodeFrame({ ...frame, createdAtMs: clock.now(), messageId: ids.uuid() });
  }
}

/** The message that ends a session. */
export function channelClosed(about: {
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'uuid'>;
  readonly sessionId: string;
  readonly output: string;
}): Buffer {
  const { clock, ids, sessionId, output } = about;
  const messageType = 'channel_closed';
  const [messageId, now] = [ids.uuid(), clock.now()];
  const document = {
    MessageId: messageId,
    CreatedDate: new Date(now).toISOString(),
    DestinationId: sessionId,
    SessionId: sessionId,
    MessageType: messageType,
    SchemaVersion: 1,
    Output: output,
  };
  const payload = Buffer.from(JSON.stringify(document));
  const head = { messageType, createdAtMs: now, sequenceNumber: 0, flags: 0, payloadType: PAYLOAD.none, messageId };
  return encodeFrame({ ...head, payload });
}

/** A JSON object, or an empty one for what is none. */
export function objectOf(payload: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(Buffer.from(payload).toString('utf8')) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function textOf(payload: Uint8Array, member: string): string {
  const value = objectOf(payload)[member];
  return typeof value === 'string' ? value : '';
}
