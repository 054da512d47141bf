import type { Clock, Ids } from '@gantry/domain';
import type { LogLine, LogStore, Position } from '../logs/port.ts';
import type { Platform } from '../platform.ts';
import { auditEvent, eventText, regionOf, type AuditEvent } from './event.ts';
import { isKept } from './kept.ts';
import { Parameters } from './parameters.ts';
import type { Audit, AuditedCall } from './port.ts';

export interface TrailOptions {
  /** Of its own: nobody else's log groups are in it. */
  readonly store: LogStore;
  readonly clock: Clock;
  /** Runs a batch soon: what is recorded until then is written with it. */
  readonly schedule: (run: () => void) => void;
  readonly ids: Pick<Ids, 'uuid'>;
  readonly retentionMs: number;
  /** Text of all events together; on disk it is a tenth or less of that. */
  readonly mostBytes?: number;
  readonly log: Platform['log'];
}

interface Entry extends LogLine {
  readonly stream: string;
}

export interface TrailQuery {
  readonly account: string;
  readonly region: string;
  /** Inclusive. */
  readonly fromMs: number;
  /** Inclusive. */
  readonly toMs: number;
  readonly limit: number;
  /** Go on with what is older than this. */
  readonly before?: Position | undefined;
  readonly matches: (event: AuditEvent) => boolean;
}

export interface TrailPage {
  /** Newest first. */
  readonly events: readonly AuditEvent[];
  /** Where the next page goes on; `undefined` when there is none. */
  readonly before: Position | undefined;
}

/** One group for all: its streams are the accounts in their regions. */
const GROUP = 'trail';
const HOUR_MS = 3_600_000;
const LATEST_MS = 8.64e15;
const MOST_BYTES = 1024 ** 3;
const STEPS = 64;
/** What could not be written is kept this long; then the oldest goes. */
const MOST_UNWRITTEN = 10_000;
const SCANNED_AT_ONCE = 20_000;
const PAGE_BYTES = 1024 ** 2;

/**
 * The audit trail on a log store. Events of one moment are written together, and each call is answered when its own are
 * written: what was answered is in the trail after `kill -9`. When they cannot be written calls go on; it is said in the log
 * and in Status, and tried again with the next events.
 */
export class AuditTrail implements Audit {
  readonly #options: TrailOptions;
  readonly #parameters = new Parameters();
  #batch: { readonly entries: Entry[]; readonly written: Promise<void> } | undefined;
  #tail: Promise<void> = Promise.resolve();
  #unwritten: Entry[] = [];
  #lost = 0;
  #failure: string | undefined;

  constructor(options: TrailOptions) {
    this.#options = options;
  }

  record(call: AuditedCall): Promise<void> {
    const { service, operation, caller, input } = call;
    if (service.operation(operation) === undefined || !isKept(service.name, operation, caller.principal.kind, input))
      return Promise.resolve();
    const { clock, ids } = this.#options;
    const timestamp = clock.now();
    const message = eventText(auditEvent(call, this.#parameters, ids.uuid(), timestamp));
    return this.#write({ stream: `${caller.account}/${regionOf(call)}`, timestamp, message });
  }

  async lookup(query: TrailQuery): Promise<TrailPage> {
    const { account, region, fromMs, toMs, limit, before, matches } = query;
    const page = await this.#options.store.read(GROUP, {
      streams: new Set([`${account}/${region}`]),
      fromMs: Math.max(fromMs, this.#options.clock.now() - this.#options.retentionMs),
      toMs: Math.min(toMs + 1, LATEST_MS),
      before,
      order: 'newest-first',
      limit,
      maxBytes: PAGE_BYTES,
      maxScanned: SCANNED_AT_ONCE,
      matches: (message) => matches(JSON.parse(message) as AuditEvent),
    });
    const events = page.events.map(({ message }) => JSON.parse(message) as AuditEvent);
    return { events, before: page.exhausted ? undefined : page.scannedTo };
  }

  /** What is wrong with it, for a person; empty when all is well. */
  problems(): readonly string[] {
    const { length } = this.#unwritten;
    const waiting = `The audit trail cannot be written (${this.#failure}): ${length} events wait.`;
    return [
      ...(this.#failure === undefined ? [] : [waiting]),
      ...(this.#lost === 0 ? [] : [`${this.#lost} events of the audit trail were lost while it could not be written.`]),
    ];
  }

  /** Drops what is too old or too much, whole segments of it. @returns how many */
  async shorten(): Promise<number> {
    const { store, clock, retentionMs, mostBytes = MOST_BYTES } = this.#options;
    let dropped = await store.expire(GROUP, clock.now() - retentionMs);
    const firsts = [...(await store.summaries(GROUP)).values()].map((summary) => summary.firstEventTimestamp);
    const oldest = Math.min(...firsts);
    // Whole segments go, so the moment is moved on until it is little enough.
    for (let step = 1; step <= STEPS && (await store.storedBytes(GROUP)) > mostBytes; step += 1)
      dropped += await store.expire(GROUP, oldest + ((clock.now() - oldest) * step) / STEPS);
    return dropped;
  }

  /** Every hour, drops what is too old or too much. Ends when the signal aborts; never rejects. */
  async keep(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    for (; !signal.aborted; await clock.sleep(HOUR_MS, signal)) {
      try {
        const dropped = await this.shorten();
        if (dropped > 0) log('info', 'audit trail shortened', { segments: dropped });
        if (this.#failure !== undefined) await this.#write();
      } catch (error) {
        log('error', 'the audit trail could not be shortened', { error: String(error) });
      }
    }
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    await this.#tail;
    await this.#options.store.close();
  }

  #write(entry?: Entry): Promise<void> {
    if (this.#batch === undefined) {
      const entries: Entry[] = [];
      const written = this.#tail
        .then(() => new Promise<void>((resolve) => this.#options.schedule(resolve)))
        .then(() => {
          this.#batch = undefined;
          return this.#store(entries);
        });
      this.#batch = { entries, written };
      this.#tail = written;
    }
    if (entry !== undefined) this.#batch.entries.push(entry);
    return this.#batch.written;
  }

  async #store(fresh: readonly Entry[]): Promise<void> {
    const { store, clock, log } = this.#options;
    const late = this.#unwritten;
    this.#unwritten = [];
    let failure: string | undefined;
    for (const [stream, entries] of Map.groupBy([...late, ...fresh], (entry) => entry.stream)) {
      try {
        const lines = entries.toSorted((a, b) => a.timestamp - b.timestamp);
        await store.append(GROUP, stream, lines, clock.now());
      } catch (error) {
        failure = error instanceof Error ? error.message : String(error);
        this.#unwritten.push(...entries);
      }
    }
    const tooMany = this.#unwritten.length - MOST_UNWRITTEN;
    if (tooMany > 0) {
      this.#unwritten.splice(0, tooMany);
      this.#lost += tooMany;
    }
    // Once when it begins and once when it ends: a full disk needs no log that fills it further.
    if (failure !== undefined && this.#failure === undefined)
      log('error', 'THE AUDIT TRAIL CANNOT BE WRITTEN; calls go on without it', { error: failure });
    if (failure === undefined && this.#failure !== undefined)
      log('warn', 'the audit trail is written again', { late: late.length, lost: this.#lost });
    this.#failure = failure;
  }
}
