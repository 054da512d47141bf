import type {
  Cluster,
  Instance,
  OutboxMessage,
  Service,
  ServiceEvents,
  Task,
  TaskDefinition,
  TaskDefinitionFamily,
} from '@gantry/domain';
import { Table } from './table.ts';

/** RunTask's client tokens (ecs-semantics 1.11). Key `<account>/<region>/<cluster>/<token>`. */
export interface IdempotencyRecord {
  readonly fingerprint: string;
  readonly taskKeys: readonly string[];
  readonly createdAt: number;
}

/** Key `<account>/<region>/<principal or "default">/<name>`. */
export interface AccountSetting {
  readonly name: string;
  readonly value: string;
  readonly principalArn: string;
}

/** Key `<account>/<region>/<group name>`. */
export interface LogGroup {
  readonly logGroupName: string;
  readonly arn: string;
  readonly retentionInDays?: number | undefined;
  readonly createdAt: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** Key `<account>/<region>/<group name>\n<stream name>`; `\n` can be in neither name. */
export interface LogStream {
  readonly logGroupKey: string;
  readonly logStreamName: string;
  readonly arn: string;
  readonly createdAt: number;
}

/** Every kind of document there is. A new kind is one line here. */
export function createTables() {
  return {
    clusters: new Table<Cluster>('cluster', {}),
    taskDefinitions: new Table<TaskDefinition, 'family'>('task-definition', {
      family: (d) => `${d.scope.account}/${d.scope.region}/${d.family}`,
    }),
    taskDefinitionFamilies: new Table<TaskDefinitionFamily>('task-definition-family', {}),
    services: new Table<Service, 'cluster' | 'notInactive'>('service', {
      cluster: (s) => clusterKey(s),
      notInactive: (s) => (s.status === 'INACTIVE' ? undefined : 'all'),
    }),
    serviceEvents: new Table<ServiceEvents>('service-events', {}),
    tasks: new Table<Task, 'cluster' | 'service' | 'instance' | 'unstopped' | 'unplaced' | 'address'>('task', {
      cluster: (t) => clusterKey(t),
      service: (t) => t.serviceKey,
      /** Tasks that hold resources on an instance. */
      instance: (t) => (t.lastStatus === 'STOPPED' ? undefined : t.instanceKey),
      unstopped: (t) => (t.lastStatus === 'STOPPED' ? undefined : clusterKey(t)),
      /** Waiting for capacity or an address. */
      unplaced: (t) => (t.lastStatus === 'PROVISIONING' && t.desiredStatus === 'RUNNING' ? 'all' : undefined),
      /** Address in use, `<subnet>/<ip>`. */
      address: (t) =>
        t.lastStatus === 'STOPPED' || t.networkInterface === undefined
          ? undefined
          : `${t.networkInterface.subnetId}/${t.networkInterface.privateIPv4Address}`,
    }),
    instances: new Table<Instance, 'cluster' | 'pool' | 'arn'>('instance', {
      cluster: (i) => clusterKey(i),
      pool: (i) => (i.status === 'INACTIVE' ? undefined : i.pool),
      arn: (i) => i.containerInstanceArn,
    }),
    outbox: new Table<OutboxMessage, 'instance' | 'task'>('outbox', {
      instance: (m) => m.instanceKey,
      task: (m) => m.taskKey,
    }),
    idempotency: new Table<IdempotencyRecord>('idempotency', {}),
    accountSettings: new Table<AccountSetting>('account-setting', {}),
    logGroups: new Table<LogGroup>('log-group', {}),
    logStreams: new Table<LogStream, 'group'>('log-stream', { group: (s) => s.logGroupKey }),
  };
}

export type Tables = ReturnType<typeof createTables>;

/** `<account>/<region>/<cluster>`: also the key of the cluster document and the prefix of all it holds. */
export function clusterKey(owner: {
  readonly scope: { readonly account: string; readonly region: string };
  readonly cluster: string;
}): string {
  return `${owner.scope.account}/${owner.scope.region}/${owner.cluster}`;
}
