import type { Clock, Ids } from '@gantry/domain';
import type { Log } from '../log.ts';
import { Backoff } from '../session/backoff.ts';
import { isCode, type ControlPlaneLink } from '../session/port.ts';
import type { Report } from './report.ts';

/** A task as the reporter sees it. */
export interface Reportable {
  readonly arn: string;
  next(): Report | undefined;
  accepted(report: Report): void;
}

/** Lone container changes wait this long for company: the task's own change mostly follows. */
const COMPANY_MS = 1_000;

/**
 * Tells the control plane what became of the tasks: one report of a task at a time, in order, each tried until it is
 * accepted. What to say is asked for at the moment of sending, so that an outage ends in one report, not in a heap.
 */
export class Reporter {
  readonly #ports: { readonly link: ControlPlaneLink; readonly clock: Clock; readonly ids: Ids; readonly log: Log };
  readonly #life = new AbortController();
  readonly #busy = new Map<string, { readonly backoff: Backoff; company: AbortController }>();
  #open = false;

  constructor(ports: { readonly link: ControlPlaneLink; readonly clock: Clock; readonly ids: Ids; readonly log: Log }) {
    this.#ports = ports;
  }

  /** Reports wait until the instance is registered. */
  open(tasks: Iterable<Reportable>): void {
    this.#open = true;
    for (const task of tasks) this.poke(task);
  }

  /** Something about the task has changed. */
  poke(task: Reportable): void {
    if (!this.#open || this.#life.signal.aborted) return;
    const busy = this.#busy.get(task.arn);
    if (busy !== undefined) {
      busy.company.abort();
      return;
    }
    if (task.next() !== undefined) void this.#run(task);
  }

  /** The control plane is back: nobody waits out a back-off. */
  nudge(): void {
    for (const { backoff } of this.#busy.values()) backoff.nudge();
  }

  close(): void {
    this.#life.abort();
  }

  async #run(task: Reportable): Promise<void> {
    const { clock, ids } = this.#ports;
    const { signal } = this.#life;
    const backoff = new Backoff(clock, ids, { firstMs: 250, factor: 2, mostMs: 30_000, jitter: 0.2 });
    const busy = { backoff, company: new AbortController() };
    this.#busy.set(task.arn, busy);
    try {
      const since = clock.elapsedMs();
      for (let report = task.next(); report !== undefined && !signal.aborted; report = task.next()) {
        const waitMs = since + COMPANY_MS - clock.elapsedMs();
        if (!report.urgent && waitMs > 0) {
          busy.company = new AbortController();
          await clock.sleep(waitMs, AbortSignal.any([signal, busy.company.signal]));
          continue;
        }
        await this.#send(task, report, backoff);
      }
    } finally {
      this.#busy.delete(task.arn);
    }
  }

  async #send(task: Reportable, report: Report, backoff: Backoff): Promise<void> {
    const { signal } = this.#life;
    try {
      await this.#ports.link.call('SubmitTaskStateChange', report.input, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!isCode(error, 'InvalidParameterException')) {
        this.#ports.log('debug', `reporting ${task.arn}: ${String(error)}`);
        return await backoff.wait(signal);
      }
      this.#ports.log('warn', `the control plane refuses a report of ${task.arn}, it is dropped: ${String(error)}`);
    }
    backoff.reset();
    if (!signal.aborted) task.accepted(report);
  }
}
