import { epochMs } from '@gantry/domain';
import type { Platform } from '../../platform.ts';
import { SETTLED, type Controller, type Outcome } from '../driver.ts';
import { KINDS, MOST_AT_ONCE, reap, type Kind } from './apply.ts';

const EVERY_MS = 60_000;
const HISTORY_EVERY_MS = 3_600_000;
const HISTORY = 'history';

/** Deletes what was kept as long as promised. Keys: kinds of documents, and the history. */
export class ReaperController implements Controller {
  readonly name = 'reaper';
  readonly #platform: Platform;
  #historyAt = 0;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  keys(): readonly string[] {
    return [...KINDS, HISTORY];
  }

  /** Time alone wakes it: nothing is over sooner because something changed. */
  wakes(): readonly string[] {
    return [];
  }

  async reconcile(key: string): Promise<Outcome> {
    if (key === HISTORY) return this.#forgetHistory();
    const { state, config } = this.#platform;
    const touched = await state.transact((tx) =>
      reap(tx, key as Kind, { now: tx.now, stoppedTaskRetentionMs: config.stoppedTaskRetentionMs }),
    );
    return { kind: 'again', afterMs: touched === MOST_AT_ONCE ? 0 : EVERY_MS };
  }

  async #forgetHistory(): Promise<Outcome> {
    const { journal, clock, config } = this.#platform;
    if (clock.now() < this.#historyAt) return SETTLED;
    this.#historyAt = clock.now() + HISTORY_EVERY_MS;
    await journal.forgetHistoryBefore(epochMs(clock.now() - config.historyRetentionMs));
    return { kind: 'again', afterMs: HISTORY_EVERY_MS };
  }
}
