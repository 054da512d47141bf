import { isDeploymentOver, type Instance, type ServiceDeployment, type Task } from '@gantry/domain';
import type { Platform } from '../../platform.ts';
import type { Change } from '../../state/state.ts';
import { SETTLED, type Controller, type Outcome } from '../driver.ts';
import { isReadmission } from '../scheduler/readmission.ts';
import { applyService } from './apply.ts';
import { decideService } from './decide.ts';
import { readServiceView } from './read-view.ts';
import { serviceKeyOf } from './service-deployment-documents.ts';

/** A service that found no room asks again after so long, if capacity has not called it before. */
const RETRY_PLACEMENT_MS = 30_000;

/** Keeps services as they shall be. Keys: keys of service documents. */
export class ServiceController implements Controller {
  readonly name = 'service';
  readonly #platform: Platform;
  /** Services without room at their last look. Only saves looking: a rescan or their retry finds them as well. */
  readonly #waiting = new Set<string>();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  keys(): readonly string[] {
    return [...this.#platform.state.tables.services.keysBy('notInactive', 'all')];
  }

  wakes(change: Change): readonly string[] {
    switch (change.kind) {
      case 'service':
        return [change.key];
      case 'service-deployment':
        return this.#wakesOfDeployment(change.after as ServiceDeployment | undefined);
      case 'task':
        return this.#wakesOfTask(change.before as Task | undefined, change.after as Task | undefined);
      case 'instance':
        return this.#wakesOfInstance(
          change.key,
          change.before as Instance | undefined,
          change.after as Instance | undefined,
        );
      default:
        return [];
    }
  }

  async reconcile(key: string): Promise<Outcome> {
    const { state } = this.#platform;
    // Nothing to decide about is the common case after a commit of our own: spare the transaction.
    const now = this.#platform.clock.now();
    const peek = readServiceView(state.tables, this.#platform, key, now);
    if (peek === undefined) return this.#done(key);
    const foreseen = decideService(peek);
    if (foreseen.every((action) => action.kind === 'wake-at')) return wakeOutcome(foreseen, now);
    return state.transact((tx): Outcome => {
      const view = readServiceView(tx.tables, this.#platform, key, tx.now);
      if (view === undefined) return this.#done(key);
      const actions = decideService(view);
      const { waiting } = applyService(tx, this.#platform, key, view, actions);
      const outcome = wakeOutcome(actions, tx.now);
      if (!waiting) {
        this.#waiting.delete(key);
        return outcome;
      }
      this.#waiting.add(key);
      const sooner = outcome.kind === 'again' && outcome.afterMs > 0 ? outcome.afterMs : RETRY_PLACEMENT_MS;
      return { kind: 'again', afterMs: Math.min(sooner, RETRY_PLACEMENT_MS) };
    });
  }

  #done(key: string): Outcome {
    this.#waiting.delete(key);
    return SETTLED;
  }

  /** A user asked it to stop: the service's decision looks at open ones alone. */
  #wakesOfDeployment(after: ServiceDeployment | undefined): readonly string[] {
    return after === undefined || isDeploymentOver(after) ? [] : [serviceKeyOf(after)];
  }

  #wakesOfTask(before: Task | undefined, after: Task | undefined): readonly string[] {
    const own = after?.serviceKey ?? before?.serviceKey;
    const freed =
      before !== undefined &&
      before.lastStatus !== 'STOPPED' &&
      (after === undefined || after.lastStatus === 'STOPPED');
    const waiting = freed && this.#waiting.size > 0 ? [...this.#waiting] : [];
    return own === undefined ? waiting : [own, ...waiting];
  }

  /** Everyone with tasks on an instance that starts or ends draining; everyone who waits, when room may have come. */
  #wakesOfInstance(key: string, before: Instance | undefined, after: Instance | undefined): readonly string[] {
    const woken = isReadmission(before, after) ? [...this.#waiting] : [];
    if (before?.status === after?.status) return woken;
    const tasks = this.#platform.state.tables.tasks.by('instance', key);
    return [...woken, ...tasks.flatMap((task) => task.serviceKey ?? [])];
  }
}

function wakeOutcome(actions: ReturnType<typeof decideService>, now: number): Outcome {
  const wake = actions.find((action) => action.kind === 'wake-at');
  return wake === undefined ? SETTLED : { kind: 'again', afterMs: Math.max(0, wake.at - now) };
}
