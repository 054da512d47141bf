import { epochMs, type Clock, type EpochMs } from '@gantry/domain';

/** The clock of one machine: time passes as everywhere, and somebody may set what it shows. */
export class SettableClock implements Clock {
  readonly #time: Clock;
  #setBy = 0;

  constructor(time: Clock) {
    this.#time = time;
  }

  now(): EpochMs {
    return epochMs(this.#time.now() + this.#setBy);
  }

  elapsedMs(): number {
    return this.#time.elapsedMs();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#time.sleep(ms, signal);
  }

  /** Forward, or back. */
  set(byMs: number): void {
    this.#setBy += byMs;
  }
}
