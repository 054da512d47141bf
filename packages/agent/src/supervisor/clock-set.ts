import type { Clock } from '@gantry/domain';
import type { TaskModel } from './model.ts';

/** Less is noise, and what NTP does all the time. */
const LEAST_MS = 1_000;

/** Notices when somebody sets the clock. */
export class ClockSet {
  readonly #clock: Clock;
  #offsetMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offsetMs = clock.now() - clock.elapsedMs();
  }

  /** By how much it was set since the last time this was asked; 0 as a rule. */
  since(): number {
    const offsetMs = this.#clock.now() - this.#clock.elapsedMs();
    const byMs = Math.round(offsetMs - this.#offsetMs);
    this.#offsetMs = offsetMs;
    return Math.abs(byMs) < LEAST_MS ? 0 : byMs;
  }
}

/**
 * The clock was set: moments that durations are counted from or to move along with it, so that no wait becomes longer or
 * shorter. What the engine calls a run (`endedRunStartedAtMs`) and what was reported stay as they are. Pure.
 */
export function setBy(model: TaskModel, byMs: number): TaskModel {
  const moved = (atMs: number | undefined): number | undefined => (atMs === undefined ? undefined : atMs + byMs);
  return {
    ...model,
    cleanUpAtMs: moved(model.cleanUpAtMs),
    containers: model.containers.map((container) => ({
      ...container,
      startedAtMs: moved(container.startedAtMs),
      restartedAtMs: moved(container.restartedAtMs),
      retryAtMs: moved(container.retryAtMs),
    })),
  };
}
