import { backoffMs } from '../acs/outgoing.ts';
import { REFRESH_MS } from './timing.ts';

interface Due {
  readonly taskKey: string;
  readonly dueAt: number;
  /** How often they went since they were last acked. */
  readonly attempts: number;
}

/** When whose credentials are to be sent again, in one session. Keeps no time of its own. */
export class DueCredentials {
  readonly #byId = new Map<string, Due>();

  /** They are to go at this moment. */
  plan(taskKey: string, dueAt: number): void {
    this.#byId.set(taskKey, { taskKey, dueAt, attempts: 0 });
  }

  /** They went now, under this id; until they are acked they go again. */
  sent(taskKey: string, id: string, now: number): void {
    this.#byId.delete(taskKey);
    const attempts = (this.#byId.get(id)?.attempts ?? 0) + 1;
    this.#byId.set(id, { taskKey, dueAt: now + backoffMs(attempts), attempts });
  }

  acked(id: string, now: number): void {
    const due = this.#byId.get(id);
    if (due !== undefined) this.#byId.set(id, { ...due, dueAt: now + REFRESH_MS, attempts: 0 });
  }

  /** Keys of the tasks that are due. */
  take(now: number): ReadonlySet<string> {
    return new Set([...this.#byId.values()].filter(({ dueAt }) => dueAt <= now).map(({ taskKey }) => taskKey));
  }

  forget(taskKey: string): void {
    for (const [id, due] of this.#byId) if (due.taskKey === taskKey) this.#byId.delete(id);
  }

  nextAt(): number {
    let at = Infinity;
    for (const { dueAt } of this.#byId.values()) at = Math.min(at, dueAt);
    return at;
  }
}
