import { isDeploymentOver, type Instance, type ServiceDeployment, type Task } from '@gantry/domain';
import type { Platform } from '../../platform.ts';
import type { Change } from '../../state/state.ts';
import { SETTLED, type Controller, type Outcome } from '../driver.ts';
import { clusterKey } from '../../state/tables.ts';
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
    const daemons = freed ? this.#daemonsOn(before.instanceKey) : [];
    return own === undefined ? [...daemons, ...waiting] : [own, ...daemons, ...waiting];
  }

  /** Those that may go from an instance that drains now that one of its other tasks is gone. */
  #daemonsOn(instanceKey: string | undefined): readonly string[] {
    const { instances, services, tasks } = this.#platform.state.tables;
    if (instanceKey === undefined || instances.get(instanceKey)?.status !== 'DRAINING') return [];
    return tasks
      .by('instance', instanceKey)
      .flatMap(({ serviceKey = '' }) =>
        services.get(serviceKey)?.schedulingStrategy === 'DAEMON' ? [serviceKey] : [],
      );
  }

  /**
   * DAEMON services first, so that they are the first on a new instance; everyone who waits, when room may have come; everyone
   * with tasks on an instance that starts or ends draining.
   */
  #wakesOfInstance(key: string, before: Instance | undefined, after: Instance | undefined): readonly string[] {
    const { services, tasks } = this.#platform.state.tables;
    const one = after ?? before;
    const daemons =
      one !== undefined && changesDaemons(before, after) ? services.keysBy('daemons', clusterKey(one)) : [];
    const woken = isReadmission(before, after) ? [...daemons, ...this.#waiting] : [...daemons];
    if (before?.status === after?.status) return woken;
    return [...woken, ...tasks.by('instance', key).flatMap((task) => task.serviceKey ?? [])];
  }
}

/** Whether another instance, or the same one, may now have to have a daemon. */
function changesDaemons(before: Instance | undefined, after: Instance | undefined): boolean {
  return (
    before?.status !== after?.status ||
    before?.agentConnected !== after?.agentConnected ||
    before?.attributes !== after?.attributes
  );
}

function wakeOutcome(actions: ReturnType<typeof decideService>, now: number): Outcome {
  const wake = actions.find((action) => action.kind === 'wake-at');
  return wake === undefined ? SETTLED : { kind: 'again', afterMs: Math.max(0, wake.at - now) };
}
