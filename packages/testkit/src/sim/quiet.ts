import type { Service, Task } from '@gantry/domain';
import type { Tables } from '@gantry/control-plane/state/tables.ts';
import { instanceKey } from '@gantry/control-plane/state/keys.ts';
import { hasFailed, keyOf } from './invariants.ts';

/** Keys of the services whose tasks can never start, and that no circuit breaker will take back. */
export function hopelessServices(tables: Tables, hopelessDefinitions: ReadonlySet<string>): ReadonlySet<string> {
  const isHopeless = ({ status, deployments, deploymentConfiguration }: Service): boolean => {
    const [primary] = deployments;
    if (status !== 'ACTIVE' || primary === undefined || !hopelessDefinitions.has(primary.taskDefinitionArn))
      return false;
    return !(deploymentConfiguration.deploymentCircuitBreaker.enable && primary.rolloutState === 'IN_PROGRESS');
  };
  return new Set([...tables.services.values()].filter(isHopeless).map(keyOf));
}

/** A service that can never start keeps trying, further and further apart: the world is quiet when nothing else moves. */
export function onlyHopelessMove(tables: Tables, hopeless: ReadonlySet<string>): boolean {
  if (hopeless.size === 0) return false;
  const tasksRest = [...tables.tasks.values()].every(
    (t) => ['STOPPED', 'RUNNING'].includes(t.lastStatus) || (t.serviceKey !== undefined && hopeless.has(t.serviceKey)),
  );
  const rests = (s: Service): boolean =>
    s.status === 'INACTIVE' || hasFailed(s) || hopeless.has(keyOf(s)) || isSteady(s, tables);
  return tasksRest && [...tables.services.values()].every(rests);
}

function isSteady(service: Service, tables: Tables): boolean {
  const tasks = tables.tasks.by('service', keyOf(service)).filter((t) => t.lastStatus !== 'STOPPED');
  const isFine = tasks.every(({ healthStatus }) => healthStatus !== 'UNHEALTHY');
  const waits = service.lastPlacementFailure !== undefined && tasks.length <= service.desiredCount;
  const complete = waits || (tasks.length === service.desiredCount && isFine);
  return service.status === 'ACTIVE' && service.deployments.length === 1 && complete;
}

/** Is anything under way at this very moment? */
export function isBusy(tables: Tables): boolean {
  const moves = (t: Task): boolean =>
    t.instanceKey !== undefined &&
    t.lastStatus !== 'STOPPED' &&
    (t.lastStatus !== 'RUNNING' || t.desiredStatus === 'STOPPED');
  return tables.outbox.size > 0 || [...tables.tasks.values()].some(moves);
}

/** Ten minutes after the agent was last heard of, and ten from the start of a control plane that came meanwhile. */
const LONGEST_MISSED_MS = 25 * 60_000;

/** Tasks on a machine that does not answer are given up after a while, and only then started elsewhere. */
export class Missed {
  /** By time itself: what documents say is what a clock showed that may have been set since. */
  readonly #since = new Map<string, number>();

  isAnyone(tables: Tables, nowMs: number): boolean {
    let found = false;
    for (const instance of tables.instances.values()) {
      const key = instanceKey(instance);
      const silence = `${key} ${instance.disconnectedAt ?? 0}`;
      if (instance.agentConnected || instance.status === 'INACTIVE') continue;
      if (!this.#since.has(silence)) this.#since.set(silence, nowMs);
      const missedMs = nowMs - (this.#since.get(silence) ?? 0);
      const tasks = tables.tasks.by('instance', key);
      if (missedMs < LONGEST_MISSED_MS && tasks.some((t) => t.lastStatus !== 'STOPPED')) found = true;
    }
    return found;
  }
}
