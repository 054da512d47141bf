import { instanceKey } from '@gantry/control-plane/state/keys.ts';
import type { Instance, Service, Task } from '@gantry/domain';
import { isForward, isLive } from '@gantry/domain';
import type { Change } from '@gantry/control-plane/state/state.ts';
import type { Tables } from '@gantry/control-plane/state/tables.ts';
import type { ContainerState } from '@gantry/agent/engine/port.ts';

/** One machine as the laws see it. */
export interface HostView {
  readonly name: string;
  /** ARN of its container instance, once registered. */
  readonly containerInstanceArn: string | undefined;
  /** The machine is on and its agent runs. */
  readonly up: boolean;
  readonly containers: readonly ContainerState[];
  readonly leases: readonly { readonly taskArn: string; readonly ipv4Address: string }[];
}

export interface Snapshot {
  readonly tables: Tables;
  readonly hosts: readonly HostView[];
  /** Services whose image cannot start, by key: they are never steady, and that is right. */
  readonly hopeless: ReadonlySet<string>;
  /** ARNs of tasks and keys of services a caller was told exist. */
  readonly acknowledged: { readonly tasks: ReadonlySet<string>; readonly services: ReadonlySet<string> };
}

export interface Law {
  readonly name: string;
  /** What breaks it, one sentence each; nothing when it holds. */
  broken(world: Snapshot): readonly string[];
}

const ours = (containers: readonly ContainerState[]): readonly ContainerState[] =>
  containers.filter((c) => c.labels['com.amazonaws.ecs.task-arn'] !== undefined);
const taskArnOf = (c: ContainerState): string => c.labels['com.amazonaws.ecs.task-arn'] as string;
const instanceOf = (tables: Tables, host: HostView): Instance | undefined =>
  host.containerInstanceArn === undefined ? undefined : tables.instances.by('arn', host.containerInstanceArn)[0];

/** Hold whenever the world has settled and every connection works. */
export const SETTLED_LAWS: readonly Law[] = [
  {
    name: 'an agent that runs is connected',
    broken: ({ tables, hosts }) =>
      hosts
        .filter((h) => h.up)
        .flatMap((host) => {
          const instance = instanceOf(tables, host);
          if (instance === undefined) return [`${host.name} is not registered`];
          return instance.agentConnected ? [] : [`${host.name} is not connected`];
        }),
  },
  {
    name: 'a service runs what it is asked to, or says why not',
    broken: ({ tables, hopeless }) =>
      [...tables.services.values()].flatMap((service) => {
        if (service.status !== 'ACTIVE' || hopeless.has(keyOf(service))) return [];
        const running = tables.tasks
          .by('service', keyOf(service))
          .filter((t) => isLive(t) && t.lastStatus === 'RUNNING').length;
        const excused = service.lastPlacementFailure !== undefined || hasFailed(service);
        const kept = tables.tasks.by('service', keyOf(service)).filter((t) => t.protectedUntil !== undefined).length;
        const tooMany = running > service.desiredCount + kept;
        return running === service.desiredCount || (excused && running < service.desiredCount) || (kept > 0 && !tooMany)
          ? []
          : [`${service.serviceName} runs ${running} of ${service.desiredCount}`];
      }),
  },
  {
    name: 'only the current service deployment of a service is under way',
    broken: ({ tables }) =>
      [...tables.services.values()].flatMap((service) =>
        tables.serviceDeployments
          .by('open', keyOf(service))
          .filter(
            ({ serviceDeploymentArn: arn }) =>
              arn !== service.currentServiceDeployment || service.deployments[0]?.rolloutState !== 'IN_PROGRESS',
          )
          .map(({ id, status }) => `${id} of ${service.serviceName} is ${status}`),
      ),
  },
  {
    name: 'a RUNNING task has its containers on its instance',
    broken: ({ tables, hosts }) =>
      hosts
        .filter((h) => h.up)
        .flatMap((host) => {
          const instance = instanceOf(tables, host);
          if (instance === undefined) return [];
          const running = new Set(
            ours(host.containers)
              .filter((c) => c.status === 'running')
              .map(taskArnOf),
          );
          return tables.tasks
            .by('instance', instanceKey(instance))
            .filter((t) => t.lastStatus === 'RUNNING' && !running.has(t.taskArn))
            .map((t) => `${t.id} is RUNNING on ${host.name}, which has no container of it`);
        }),
  },
  {
    name: 'a task on a machine that is gone is given up',
    broken: ({ tables, hosts }) => {
      const there = new Set(hosts.map((h) => h.containerInstanceArn));
      return [...tables.instances.values()]
        .filter((i) => !there.has(i.containerInstanceArn))
        .flatMap((i) => tables.tasks.by('instance', instanceKey(i)))
        .filter(isLive)
        .map((t) => `${t.id} is ${t.lastStatus} on an instance that is no more`);
    },
  },
  {
    name: 'a running container belongs to a task that should run there',
    broken: ({ tables, hosts }) =>
      hosts
        .filter((h) => h.up)
        .flatMap((host) => {
          const instance = instanceOf(tables, host);
          return ours(host.containers)
            .filter((c) => c.status === 'running')
            .flatMap((c) => {
              const task = findTask(tables, taskArnOf(c));
              if (task === undefined) return [`${host.name} runs ${c.name} of an unknown task`];
              if (task.lastStatus === 'STOPPED') return [`${host.name} runs ${c.name} of ${task.id}, which is STOPPED`];
              if (instance === undefined || task.instanceKey !== instanceKey(instance))
                return [`${host.name} runs ${c.name} of ${task.id}, placed elsewhere`];
              return [];
            });
        }),
  },
  {
    name: 'an address belongs to a task that lives',
    broken: ({ tables, hosts }) =>
      hosts
        .filter((h) => h.up)
        .flatMap((host) =>
          host.leases.flatMap((lease) => {
            const task = findTask(tables, lease.taskArn);
            return task === undefined || task.lastStatus === 'STOPPED'
              ? [`${host.name} keeps ${lease.ipv4Address} of ${lease.taskArn}`]
              : [];
          }),
        ),
  },
  {
    name: 'no message waits for an instance that listens',
    broken: ({ tables, hosts }) =>
      hosts
        .filter((h) => h.up)
        .flatMap((host) => {
          const instance = instanceOf(tables, host);
          if (instance === undefined || instance.status === 'INACTIVE') return [];
          const waiting = tables.outbox.countBy('instance', instanceKey(instance));
          return waiting === 0 ? [] : [`${waiting} messages wait for ${host.name}`];
        }),
  },
  {
    name: 'nothing is between two states',
    broken: ({ tables, hosts, hopeless }) => {
      const reachable = new Set(hosts.filter((h) => h.up).map((h) => h.containerInstanceArn));
      return [...tables.tasks.values()].flatMap((task) => {
        if (task.lastStatus === 'STOPPED' || (task.lastStatus === 'RUNNING' && task.desiredStatus === 'RUNNING'))
          return [];
        if (task.serviceKey !== undefined && hopeless.has(task.serviceKey)) return []; // it is tried again and again
        if (task.lastStatus === 'PROVISIONING' && task.instanceKey === undefined) return []; // waits for capacity, with a deadline
        const instance = task.instanceKey === undefined ? undefined : tables.instances.get(task.instanceKey);
        return instance !== undefined && !reachable.has(instance.containerInstanceArn)
          ? []
          : [`${task.id} rests at ${task.lastStatus}, desired ${task.desiredStatus}`];
      });
    },
  },
];

/** Hold at every moment. */
export const ALWAYS_LAWS: readonly Law[] = [
  {
    name: 'an instance never carries more than it has',
    broken: ({ tables }) =>
      [...tables.instances.values()].flatMap((instance) => {
        const tasks = tables.tasks.by('instance', instanceKey(instance));
        const cpu = tasks.reduce((sum, t) => sum + t.reservation.cpuUnits, 0);
        const memory = tasks.reduce((sum, t) => sum + t.reservation.memoryMiB, 0);
        const ports = tasks.flatMap((t) => t.reservation.tcpPorts);
        const gpus = tasks.flatMap((t) => t.containers.flatMap(({ gpuIds = [] }) => gpuIds));
        const wanted = tasks.reduce((sum, t) => sum + t.reservation.gpuCount, 0);
        return [
          ...(new Set(gpus).size === gpus.length ? [] : [`${instance.id} has a GPU given twice`]),
          ...(wanted === gpus.length ? [] : [`${instance.id} owes GPUs: ${gpus.length} of ${wanted}`]),
          ...(cpu > instance.registered.cpuUnits
            ? [`${instance.id} carries ${cpu} of ${instance.registered.cpuUnits} CPU units`]
            : []),
          ...(memory > instance.registered.memoryMiB
            ? [`${instance.id} carries ${memory} of ${instance.registered.memoryMiB} MiB`]
            : []),
          ...(new Set(ports).size === ports.length ? [] : [`${instance.id} has a port taken twice`]),
        ];
      }),
  },
  {
    name: 'no two tasks have one address',
    broken: ({ tables }) => {
      const seen = new Map<string, string>();
      return [...tables.tasks.values()].flatMap((task) => {
        if (task.lastStatus === 'STOPPED' || task.networkInterface === undefined) return [];
        const address = `${task.networkInterface.subnetId}/${task.networkInterface.privateIPv4Address}`;
        const other = seen.get(address);
        seen.set(address, task.id);
        return other === undefined ? [] : [`${task.id} and ${other} both have ${address}`];
      });
    },
  },
  {
    name: 'every stop is explained',
    broken: ({ tables }) =>
      [...tables.tasks.values()]
        .filter(
          (t) =>
            t.lastStatus === 'STOPPED' &&
            (t.stopCode === undefined || t.stoppedReason === undefined || t.stoppedAt === undefined),
        )
        .map((t) => `${t.id} is STOPPED without stopCode, stoppedReason or stoppedAt`),
  },
  {
    name: 'what was acknowledged is there',
    broken: ({ tables, acknowledged }) => [
      ...[...acknowledged.tasks].filter((arn) => findTask(tables, arn) === undefined).map((arn) => `${arn} is lost`),
      ...[...acknowledged.services]
        .filter((key) => tables.services.get(key) === undefined)
        .map((key) => `service ${key} is lost`),
    ],
  },
];

/** Hold for every commit. One commit may carry several decisions, the older ones made before the newer ones' changes. */
export function brokenByCommit(changes: readonly Change[], tables: Tables): readonly string[] {
  return changes.flatMap((change) => {
    const [was, is] = [change.before as Task | undefined, change.after as Task | undefined];
    if (change.kind !== 'task' || is === undefined) return [];
    if (was === undefined) return startedAboveMaximum(is, changes, tables);
    return brokenByChange(was, is, changes, tables);
  });
}

function brokenByChange(was: Task, is: Task, changes: readonly Change[], tables: Tables): readonly string[] {
  const broken: string[] = [];
  if (was.lastStatus !== is.lastStatus && !isForward(was.lastStatus, is.lastStatus))
    broken.push(`${is.id} went back from ${was.lastStatus} to ${is.lastStatus}`);
  if (was.desiredStatus === 'STOPPED' && is.desiredStatus === 'RUNNING')
    broken.push(`${is.id} was wanted again after its stop`);
  if (is.version < was.version) broken.push(`${is.id} went back from version ${was.version} to ${is.version}`);
  const moved = was.lastStatus !== is.lastStatus || was.desiredStatus !== is.desiredStatus;
  if (moved && is.version <= was.version) broken.push(`${is.id} changed without a new version`);
  const taken = was.desiredStatus === 'RUNNING' && is.desiredStatus === 'STOPPED';
  const late = is.stoppingAt !== undefined && was.protectedUntil !== undefined && is.stoppingAt < was.protectedUntil;
  if (taken && late && (is.because === 'old-revision' || is.because === 'scale-in'))
    broken.push(`${is.id} was protected and went: ${is.because}`);
  if (is.because === 'old-revision' && was.desiredStatus === 'RUNNING' && is.desiredStatus === 'STOPPED')
    broken.push(...stoppedBelowMinimum(was, changes, tables));
  if (was.lastStatus === 'STOPPED' && was.stopCode !== is.stopCode)
    broken.push(`${is.id} changed its stopCode after STOPPED`);
  return broken;
}

function startedAboveMaximum(task: Task, changes: readonly Change[], tables: Tables): readonly string[] {
  const service = task.serviceKey === undefined ? undefined : tables.services.get(task.serviceKey);
  if (service === undefined || task.serviceKey === undefined) return [];
  const desired = Math.max(...desiredCounts(service, changes));
  const max = Math.max(desired, Math.floor((desired * service.deploymentConfiguration.maximumPercent) / 100));
  const live = tables.tasks.by('service', task.serviceKey).filter(isLive).length;
  return live > max ? [`${service.serviceName} has ${live} tasks, above its maximum of ${max}`] : [];
}

function stoppedBelowMinimum(task: Task, changes: readonly Change[], tables: Tables): readonly string[] {
  const service = task.serviceKey === undefined ? undefined : tables.services.get(task.serviceKey);
  if (service?.status !== 'ACTIVE' || task.serviceKey === undefined) return [];
  // One that does not run, or is unhealthy, protects nobody: it may go.
  if (task.lastStatus !== 'RUNNING' || task.healthStatus === 'UNHEALTHY') return [];
  const desired = Math.min(...desiredCounts(service, changes));
  const min = Math.ceil((desired * service.deploymentConfiguration.minimumHealthyPercent) / 100);
  const runs = (t: Task | undefined): boolean => t?.desiredStatus === 'RUNNING' && t.lastStatus === 'RUNNING';
  const endedByOthers = changes
    .map(({ kind, before, after }) => (kind === 'task' ? [before as Task | undefined, after as Task | undefined] : []))
    .filter(([before, after]) => before?.serviceKey === task.serviceKey && runs(before) && !runs(after))
    .filter(([, after]) => after?.because !== 'old-revision').length;
  const left = tables.tasks.by('service', task.serviceKey).filter(runs).length + endedByOthers;
  return left < min ? [`${service.serviceName} keeps ${left} running tasks, below its minimum of ${min}`] : [];
}

/** What was asked for before and after the commit. */
function desiredCounts(service: Service, changes: readonly Change[]): readonly number[] {
  const before = changes.find(({ kind, after }) => kind === 'service' && after === service)?.before;
  return before === undefined ? [service.desiredCount] : [service.desiredCount, (before as Service).desiredCount];
}

/** The circuit breaker opened and there was nothing to go back to: it starts nothing more. */
export const hasFailed = (service: Service): boolean => service.deployments[0]?.rolloutState === 'FAILED';

function findTask(tables: Tables, taskArn: string): Task | undefined {
  const [, , , region, account, resource] = taskArn.split(':');
  const [, cluster, id] = (resource ?? '').split('/');
  return tables.tasks.get(`${account}/${region}/${cluster}/${id}`);
}

export const keyOf = (service: Service): string =>
  `${service.scope.account}/${service.scope.region}/${service.cluster}/${service.serviceName}`;
