import type { Deployment, Task } from '@gantry/domain';
import { isHealthy, isUnhealthy, liveTasks } from './health.ts';
import type { Standing } from './rollout.ts';
import type { DaemonHost, ServiceView, StartAction } from './view.ts';

/**
 * Live tasks of a DAEMON service by what shall become of them (ecs-semantics 5.12): one on every instance that satisfies the
 * constraints. The desired count follows from the instances, and it is the maximum too: a task is stopped before its
 * successor starts.
 */
export function daemonStanding(view: ServiceView, primary: Deployment): Standing {
  const live = liveTasks(view);
  const belonging = tasksByHost(view, primary, live);
  const keep: Task[] = [];
  const sick: Task[] = [];
  const leaving: Task[] = [];
  for (const task of live) {
    const belongs = task.instanceKey !== undefined && belonging.get(task.instanceKey) === task;
    if (!belongs || task.deploymentId !== primary.id) leaving.push(task);
    else if (isUnhealthy(view, task)) sick.push(task);
    else keep.push(task);
  }
  const desired = view.daemonHosts.filter(
    ({ instanceKey, state }) => state === 'ready' || belonging.has(instanceKey),
  ).length;
  const { minimumHealthyPercent } = view.service.deploymentConfiguration;
  return {
    primary,
    desired,
    live,
    keep,
    sick,
    leaving,
    minimum: Math.ceil((desired * minimumHealthyPercent) / 100),
    maximum: desired,
    healthy: live.filter((task) => isHealthy(view, task)).length,
  };
}

/** One for every instance that has none, also none that is still stopping: there is never a second one beside it. */
export function daemonStarts(view: ServiceView, { primary }: Standing, most: number): StartAction[] {
  const taken = new Set(view.tasks.map((task) => (task.lastStatus === 'STOPPED' ? undefined : task.instanceKey)));
  return view.daemonHosts
    .filter(({ state, instanceKey }) => state === 'ready' && !taken.has(instanceKey))
    .slice(0, most)
    .map(({ instanceKey }) => ({
      kind: 'start',
      deployment: primary,
      launchType: primary.launchType ?? 'EC2',
      instanceKey,
      because: 'daemon',
    }));
}

/** The task each instance has rightly: of PRIMARY if there is one. */
function tasksByHost(view: ServiceView, primary: Deployment, live: readonly Task[]): ReadonlyMap<string, Task> {
  const hosts = new Map(view.daemonHosts.map((host) => [host.instanceKey, host]));
  const found = new Map<string, Task>();
  for (const task of live) {
    const host = task.instanceKey === undefined ? undefined : hosts.get(task.instanceKey);
    if (host === undefined || !mayHold(view, host, task, primary)) continue;
    const other = found.get(host.instanceKey);
    if (other === undefined || (other.deploymentId !== primary.id && task.deploymentId === primary.id))
      found.set(host.instanceKey, task);
  }
  return found;
}

/** An instance that drains keeps its daemon as long as it has other tasks, but gets no newer one. */
function mayHold(view: ServiceView, host: DaemonHost, task: Task, primary: Deployment): boolean {
  if (host.state !== 'closed') return true;
  return view.draining(host.instanceKey) && host.othersRun && task.deploymentId === primary.id;
}
