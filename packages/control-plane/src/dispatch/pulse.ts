import type { Clock, Ids } from '@gantry/domain';
import { HEARTBEAT_MS, UNANSWERED_HEARTBEATS } from './timing.ts';

export interface PulseOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  /** protocolVersion 2 acks heartbeats; of older agents silence says nothing. */
  readonly expectsAcks: boolean;
  readonly beat: () => void;
  /** So many heartbeats went unanswered that nobody is there. */
  readonly dead: () => void;
  /** The next moment, by `elapsedMs`, at which something beside heartbeats is due; Infinity for never. */
  readonly dueAt?: () => number;
  readonly due?: () => void;
}

/** The one timer of a session: heartbeats, and whatever else it has to do at a moment. */
export class Pulse {
  readonly #options: PulseOptions;
  #beatAt = Infinity;
  #wakeAt = Infinity;
  #unanswered = 0;
  #running = false;
  #sleep = new AbortController();

  constructor(options: PulseOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    // Spread: after a restart all agents come back at once.
    this.#beatAt = this.#options.clock.elapsedMs() + HEARTBEAT_MS * this.#options.ids.random();
    void this.#run();
  }

  stop(): void {
    this.#running = false;
    this.#sleep.abort();
  }

  acked(): void {
    this.#unanswered = 0;
  }

  /** Something became due earlier than what it sleeps for. */
  reschedule(): void {
    if (this.#running && (this.#options.dueAt?.() ?? Infinity) < this.#wakeAt) this.#sleep.abort();
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    while (this.#running) {
      this.#turn();
      if (!this.#running) return;
      this.#wakeAt = Math.min(this.#beatAt, this.#options.dueAt?.() ?? Infinity);
      this.#sleep = new AbortController();
      await clock.sleep(Math.max(0, this.#wakeAt - clock.elapsedMs()), this.#sleep.signal);
    }
  }

  #turn(): void {
    const now = this.#options.clock.elapsedMs();
    if ((this.#options.dueAt?.() ?? Infinity) <= now) this.#options.due?.();
    if (now < this.#beatAt) return;
    if (this.#options.expectsAcks && this.#unanswered >= UNANSWERED_HEARTBEATS) return this.#options.dead();
    this.#unanswered += 1;
    this.#beatAt = now + HEARTBEAT_MS;
    this.#options.beat();
  }
}
