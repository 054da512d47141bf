import {
  BECAUSE,
  isBecause,
  type Because,
  type Cluster,
  type EpochMs,
  type Instance,
  type InstanceResources,
  type Service,
  type Task,
} from '@gantry/domain';
import type { HistoryEvent } from '../../store/port.ts';
import type { ClusterCounts } from '../ecs/wire/cluster.ts';

/** Why something is as it is: one reason of the closed list, one sentence, and facts by name. All pure. */
export interface Explanation {
  readonly status: string;
  readonly because: Because;
  readonly text: string;
  readonly details: Readonly<Record<string, string>>;
}

/** What one instance says to a task that waits for room. */
export interface Obstacle {
  readonly instanceArn: string;
  readonly because: Because;
  readonly text: string;
}

export function explainTask(task: Task, obstacles: readonly Obstacle[]): Explanation {
  const status = task.lastStatus;
  const details = {
    'task definition': `${task.family}:${task.revision}`,
    ...placeDetails(task),
    ...containerDetails(task),
  };
  if (task.desiredStatus === 'STOPPED') {
    const said = task.stoppedReason === undefined ? '' : ` ${sentence(task.stoppedReason)}`;
    const verb = status === 'STOPPED' ? 'It stopped' : 'It is being stopped';
    return { status, because: task.because, text: `${verb}: ${BECAUSE[task.because]}.${said}`, details };
  }
  if (task.instanceKey === undefined) {
    const [closest] = obstacles;
    const lines = Object.fromEntries(obstacles.map((one) => [`instance ${idOf(one.instanceArn)}`, one.text]));
    const because =
      closest === undefined ? (task.launchType === 'FARGATE' ? 'fargate-capacity' : 'no-instances') : closest.because;
    const text = because === 'placed' ? 'It is about to be placed.' : `It waits for room: ${BECAUSE[because]}.`;
    return { status, because, text, details: { ...details, ...lines } };
  }
  const text = status === 'RUNNING' ? 'All of its containers have started.' : 'Its instance is starting it.';
  return { status, because: status === 'RUNNING' ? task.because : 'placed', text, details };
}

function placeDetails(task: Task): Readonly<Record<string, string>> {
  const { availabilityZone, capacityProviderName, instanceId, launchType, networkInterface } = task;
  const on = launchType === 'FARGATE' || instanceId === undefined ? '' : ` on instance ${instanceId}`;
  return {
    runs: `${capacityProviderName ?? launchType}${on}${availabilityZone === undefined ? '' : ` in ${availabilityZone}`}`,
    ...(networkInterface === undefined ? {} : { address: networkInterface.privateIPv4Address }),
    ...(task.serviceKey === undefined ? {} : { group: task.group }),
  };
}

function containerDetails(task: Task): Readonly<Record<string, string>> {
  const line = ({ exitCode, healthStatus, lastStatus, reason }: Task['containers'][number]): string =>
    [
      lastStatus,
      exitCode === undefined ? undefined : `exit code ${exitCode}`,
      healthStatus === 'UNKNOWN' ? undefined : healthStatus,
      reason,
    ]
      .filter((part) => part !== undefined)
      .join(', ');
  return Object.fromEntries(task.containers.map((container) => [`container ${container.name}`, line(container)]));
}

export interface ServiceFacts {
  readonly now: EpochMs;
  readonly countsOf: (deploymentId: string) => { readonly running: number; readonly pending: number };
  /** Newest first. */
  readonly history: readonly HistoryEvent[];
  readonly lastStopped: Task | undefined;
}

export function explainService(service: Service, facts: ServiceFacts): Explanation {
  const details: Record<string, string> = {};
  for (const { id, status, desiredCount, taskDefinitionArn, rolloutState, failedTasks } of service.deployments) {
    const { running, pending } = facts.countsOf(id);
    const failed = failedTasks > 0 ? `, ${failedTasks} failed` : '';
    details[`deployment ${id}`] =
      `${status} ${idOf(taskDefinitionArn)}: ${running} running, ${pending} pending of ${desiredCount}${failed}, ${rolloutState}`;
  }
  const stopped = facts.lastStopped;
  if (stopped !== undefined)
    details['last stopped task'] = `${stopped.id}: ${stopped.stoppedReason ?? BECAUSE[stopped.because]}`;
  const [because, text] = reasonOf(service, facts);
  return { status: service.status, because, text, details };
}

function reasonOf(service: Service, facts: ServiceFacts): readonly [Because, string] {
  if (service.status === 'DRAINING') return ['service-deleted', 'It was deleted; its tasks are being stopped.'];
  if (service.status === 'INACTIVE') return ['service-deleted', 'It was deleted.'];
  const primary = service.deployments.find((deployment) => deployment.status === 'PRIMARY');
  if (primary === undefined) return ['settled', 'It has no deployment.'];
  if (primary.rolloutState === 'FAILED') return ['failed-to-start', sentence(primary.rolloutStateReason)];
  const { running, pending } = facts.countsOf(primary.id);
  const short = running + pending < primary.desiredCount;
  const { lastPlacementFailure: complaint } = service;
  const told = facts.history.find((event) => event.type === 'service.told' && event.at === complaint?.at);
  if (short && primary.notBefore !== undefined && primary.notBefore > facts.now) {
    const seconds = Math.ceil((primary.notBefore - facts.now) / 1000);
    return [
      'start-throttled',
      `${primary.failedTasks} tasks in a row did not start; the next attempt is in ${seconds} s.`,
    ];
  }
  if (short && complaint !== undefined) return [told?.because ?? 'no-instances', sentence(complaint.text)];
  if (service.deployments.length > 1) {
    return ['new-deployment', `A deployment is in progress: ${running} of ${primary.desiredCount} new tasks run.`];
  }
  if (running < primary.desiredCount) {
    return ['scale-out', `${running} of ${primary.desiredCount} tasks run, ${pending} are starting.`];
  }
  if (running > primary.desiredCount && complaint !== undefined && told?.because === 'protected') {
    return ['protected', sentence(complaint.text)];
  }
  if (running > primary.desiredCount) return ['scale-in', `${running} tasks run, ${primary.desiredCount} are wanted.`];
  return ['settled', `All ${running} tasks it wants are running.`];
}

export function explainInstance(instance: Instance, remaining: InstanceResources, taskCount: number): Explanation {
  const { cpuUnits, memoryMiB } = instance.registered;
  const details = {
    agent: instance.agentConnected ? 'connected' : 'not connected',
    'CPU units left': `${remaining.cpuUnits} of ${cpuUnits}`,
    'memory left': `${remaining.memoryMiB} of ${memoryMiB} MiB`,
    tasks: String(taskCount),
    zone: instance.availabilityZone,
  };
  const [because, text] = ((): readonly [Because, string] => {
    if (instance.status === 'INACTIVE') return ['instance-deregistered', 'It was deregistered.'];
    if (instance.status === 'DRAINING')
      return ['instance-draining', `It takes no new tasks; ${taskCount} are left on it.`];
    if (!instance.agentConnected) return ['agent-session-closed', 'Its agent is not connected; it takes no new tasks.'];
    return ['agent-connected', `Its agent is connected and it runs ${taskCount} tasks.`];
  })();
  return { status: instance.status, because, text, details };
}

export function explainCluster(cluster: Cluster, counts: ClusterCounts, connected: number): Explanation {
  const sum = (by: Readonly<Record<string, number>>): number => Object.values(by).reduce((a, b) => a + b, 0);
  const registered = counts.registeredContainerInstances;
  const details = {
    'container instances': `${registered}, ${connected} connected`,
    'capacity providers': cluster.capacityProviders.join(', ') || 'none',
    'running tasks': String(sum(counts.runningTasks)),
    'pending tasks': String(sum(counts.pendingTasks)),
    'active services': String(sum(counts.activeServices)),
  };
  const [because, text] = ((): readonly [Because, string] => {
    if (cluster.status === 'INACTIVE') return ['user-request', 'It was deleted.'];
    if (registered === 0) return ['no-instances', 'It has no container instances; only Fargate tasks can run in it.'];
    if (connected === 0) return ['no-active-instances', 'None of its container instances takes tasks now.'];
    return ['registered', `It has ${connected} container instances that take tasks.`];
  })();
  return { status: cluster.status, because, text, details };
}

/** What is left of something whose document is gone. `history` is newest first and not empty. */
export function explainGone(history: readonly HistoryEvent[]): Explanation {
  const [last] = history;
  const because = last !== undefined && isBecause(last.because) ? last.because : 'retention-over';
  return {
    status: 'GONE',
    because,
    text: `Only its history is left. Its last entry: ${sentence(last?.text ?? BECAUSE[because])}`,
    details: {},
  };
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function idOf(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
