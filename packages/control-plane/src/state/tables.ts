import { iamKey, isDeploymentOver } from '@gantry/domain';
import type {
  AccessPoint,
  Cluster,
  FileSystem,
  IamAccessKey,
  IamGroup,
  IamInstanceProfile,
  IamLastUse,
  IamPolicy,
  IamRole,
  IamUser,
  Instance,
  Listener,
  ListenerRule,
  LoadBalancer,
  MountTarget,
  OutboxMessage,
  Parameter,
  ParameterValue,
  Secret,
  SecretValue,
  SecurityGroup,
  Service,
  ServiceDeployment,
  ServiceEvents,
  ServiceRevision,
  Subnet,
  Target,
  TargetGroup,
  Task,
  TaskDefinition,
  TaskDefinitionFamily,
  Vpc,
} from '@gantry/domain';
import { Table } from './table.ts';

/** RunTask's client tokens (ecs-semantics 1.11). Key `<account>/<region>/<cluster>/<token>`. */
export interface IdempotencyRecord {
  readonly fingerprint: string;
  readonly taskKeys: readonly string[];
  /** What the first answer reported as failures. */
  readonly failures?: readonly { readonly arn?: string; readonly reason?: string; readonly detail?: string }[];
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

/** One document, key `all`: how often a control plane has started on this data. Generations of network maps are counted from it. */
export interface NetworkEpoch {
  readonly epoch: number;
}

/**
 * What a host is called in the network of the tasks, while there are several: an address of a subnet that no task gets. Key: its
 * address outside, as its instances registered it (`gantry.host-address`).
 */
export interface NetworkHost {
  readonly subnetId: string;
  readonly ipv4Address: string;
}

/** Every kind of document there is. A new kind is one line here. */
export function createTables() {
  return {
    clusters: new Table<Cluster, 'listed'>('cluster', {
      /** What ListClusters shows, by `<account>/<region>`. */
      listed: (c) => (c.status === 'ACTIVE' && !c.internal ? `${c.scope.account}/${c.scope.region}` : undefined),
    }),
    taskDefinitions: new Table<TaskDefinition, 'family' | 'familyStatus'>('task-definition', {
      family: (d) => `${d.scope.account}/${d.scope.region}/${d.family}`,
      familyStatus: (d) => `${d.scope.account}/${d.scope.region}/${d.family}/${d.status}`,
    }),
    taskDefinitionFamilies: new Table<TaskDefinitionFamily>('task-definition-family', {}),
    services: new Table<Service, 'cluster' | 'clusterStatus' | 'notInactive' | 'daemons'>('service', {
      cluster: (s) => clusterKey(s),
      /** `<cluster key>/<status>/<infrastructure>`: counts of DescribeClusters. */
      clusterStatus: (s) => `${clusterKey(s)}/${s.status}/${infrastructureOf(s)}`,
      notInactive: (s) => (s.status === 'INACTIVE' ? undefined : 'all'),
      /** DAEMON services of a cluster: they follow its instances. */
      daemons: (s) => (s.schedulingStrategy === 'DAEMON' && s.status !== 'INACTIVE' ? clusterKey(s) : undefined),
    }),
    serviceEvents: new Table<ServiceEvents>('service-events', {}),
    serviceDeployments: new Table<ServiceDeployment, 'open'>('service-deployment', {
      /** Those of a service, by its key, that are not over. */
      open: (d) => (isDeploymentOver(d) ? undefined : `${clusterKey(d)}/${d.serviceName}`),
    }),
    serviceRevisions: new Table<ServiceRevision>('service-revision', {}),
    tasks: taskTable(),
    instances: new Table<Instance, 'cluster' | 'clusterStatus' | 'pool' | 'arn'>('instance', {
      cluster: (i) => clusterKey(i),
      clusterStatus: (i) => `${clusterKey(i)}/${i.status}`,
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
    parameters: new Table<Parameter, 'tier'>('parameter', {
      /** `<account>/<region>/<tier>`: what limits count. */
      tier: (p) => `${p.scope.account}/${p.scope.region}/${p.current.tier}`,
    }),
    parameterValues: new Table<ParameterValue>('parameter-value', {}),
    secrets: new Table<Secret, 'due' | 'scope'>('secret', {
      /** Those that wait for their deletion. */
      due: (s) => (s.deletion === undefined ? undefined : 'all'),
      scope: (s) => `${s.scope.account}/${s.scope.region}`,
    }),
    secretValues: new Table<SecretValue>('secret-value', {}),
    iamUsers: new Table<IamUser, 'id'>('iam-user', { id: (u) => u.userId }),
    iamGroups: new Table<IamGroup>('iam-group', {}),
    iamRoles: new Table<IamRole, 'id'>('iam-role', { id: (r) => r.roleId }),
    iamPolicies: new Table<IamPolicy>('iam-policy', {}),
    iamInstanceProfiles: new Table<IamInstanceProfile, 'role'>('iam-instance-profile', {
      role: (p) => (p.roleName === undefined ? undefined : iamKey(p.account, p.roleName)),
    }),
    iamAccessKeys: new Table<IamAccessKey, 'user'>('iam-access-key', { user: (k) => iamKey(k.account, k.userName) }),
    iamLastUses: new Table<IamLastUse>('iam-last-use', {}),
    ...balancingTables(),
    ...fileSystemTables(),
  };
}

function balancingTables() {
  return {
    loadBalancers: new Table<LoadBalancer, 'name'>('load-balancer', {
      /** `<account>/<region>/<name>` */
      name: (b) => `${b.scope.account}/${b.scope.region}/${b.name}`,
    }),
    targetGroups: new Table<TargetGroup, 'name'>('target-group', {
      name: (g) => `${g.scope.account}/${g.scope.region}/${g.name}`,
    }),
    vpcs: new Table<Vpc>('vpc', {}),
    subnets: new Table<Subnet, 'vpc'>('subnet', { vpc: (s) => `${s.scope.account}/${s.scope.region}/${s.vpcId}` }),
    /** Key `<account>/<region>/<group id>`. */
    securityGroups: new Table<SecurityGroup, 'vpc'>('security-group', {
      vpc: (g) => `${g.scope.account}/${g.scope.region}/${g.vpcId}`,
    }),
    networkHosts: new Table<NetworkHost, 'address'>('network-host', {
      /** `<subnet>/<ip>` */
      address: (h) => `${h.subnetId}/${h.ipv4Address}`,
    }),
    networkEpochs: new Table<NetworkEpoch>('network-epoch', {}),
    listeners: new Table<Listener, 'loadBalancer'>('listener', { loadBalancer: (l) => l.loadBalancerArn }),
    listenerRules: new Table<ListenerRule, 'listener'>('listener-rule', { listener: (r) => r.listenerArn }),
    targets: new Table<Target, 'group' | 'task'>('target', { group: (t) => t.targetGroupArn, task: (t) => t.taskKey }),
  };
}

function fileSystemTables() {
  /** `<account>/<region>/<file system id>` */
  const fileSystem = (d: AccessPoint | MountTarget): string => `${d.scope.account}/${d.scope.region}/${d.fileSystemId}`;
  return {
    fileSystems: new Table<FileSystem, 'changing'>('file-system', {
      /** Those whose folder is yet to be made or removed. */
      changing: (f) => (f.lifeCycleState === 'available' ? undefined : 'all'),
    }),
    accessPoints: new Table<AccessPoint, 'fileSystem'>('access-point', { fileSystem }),
    mountTargets: new Table<MountTarget, 'fileSystem'>('mount-target', { fileSystem }),
  };
}

function taskTable(): Table<Task, TaskIndex> {
  return new Table<Task, TaskIndex>('task', {
    cluster: (t) => clusterKey(t),
    service: (t) => t.serviceKey,
    /** What the service controller has to look at: all but stopped tasks it has drawn its conclusions from. */
    serviceOpen: (t) => (t.lastStatus === 'STOPPED' && t.accounted === true ? undefined : t.serviceKey),
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
    /** Those of a service or family in a subnet; see `groupSubnetOf`. */
    groupSubnet: (t) =>
      t.lastStatus === 'STOPPED' || t.networkInterface === undefined
        ? undefined
        : groupSubnetOf(t, t.networkInterface.subnetId),
    /** `<cluster key>/<running|pending>/<launch type>`: counts of DescribeClusters. */
    clusterCount: (t) => (phaseOf(t) === undefined ? undefined : `${clusterKey(t)}/${phaseOf(t)}/${t.launchType}`),
    /** `<service key>/<deployment id>/<running|pending>` of wanted tasks: counts of DescribeServices. */
    deploymentCount: (t) =>
      t.serviceKey === undefined || t.desiredStatus === 'STOPPED' || phaseOf(t) === undefined
        ? undefined
        : `${t.serviceKey}/${t.deploymentId ?? ''}/${phaseOf(t)}`,
    // The lists of ListTasks, one per filter, each ending in `/<desired status>`.
    desired: (t) => `${clusterKey(t)}/${t.desiredStatus}`,
    desiredOfService: (t) => (t.serviceKey === undefined ? undefined : `${t.serviceKey}/${t.desiredStatus}`),
    desiredOfInstance: (t) => (t.instanceKey === undefined ? undefined : `${t.instanceKey}/${t.desiredStatus}`),
    desiredOfFamily: (t) => `${clusterKey(t)}/${t.family}/${t.desiredStatus}`,
    desiredOfStarter: (t) =>
      t.startedBy === undefined ? undefined : `${clusterKey(t)}/${t.startedBy}/${t.desiredStatus}`,
    desiredOfLaunchType: (t) => `${clusterKey(t)}/${t.launchType}/${t.desiredStatus}`,
  });
}

type TaskIndex =
  | 'cluster'
  | 'service'
  | 'serviceOpen'
  | 'instance'
  | 'unstopped'
  | 'unplaced'
  | 'address'
  | 'groupSubnet'
  | 'clusterCount'
  | 'deploymentCount'
  | 'desired'
  | 'desiredOfService'
  | 'desiredOfInstance'
  | 'desiredOfFamily'
  | 'desiredOfStarter'
  | 'desiredOfLaunchType';

export function groupSubnetOf(task: Pick<Task, 'scope' | 'cluster' | 'group'>, subnetId: string): string {
  return `${clusterKey(task)}/${task.group}/${subnetId}`;
}

/** What a task counts as in the counters of clusters and services; on its way out it counts as neither. */
export function phaseOf(task: Task): 'running' | 'pending' | undefined {
  switch (task.lastStatus) {
    case 'PROVISIONING':
    case 'PENDING':
    case 'ACTIVATING':
      return 'pending';
    case 'RUNNING':
      return 'running';
    default:
      return undefined;
  }
}

/** The launch type a service's tasks get, also when a capacity provider strategy chooses. */
export function infrastructureOf(service: Service): 'EC2' | 'FARGATE' | 'EXTERNAL' | 'MANAGED_INSTANCES' {
  const [first] = service.capacityProviderStrategy ?? [];
  if (first !== undefined) return first.capacityProvider?.startsWith('FARGATE') === true ? 'FARGATE' : 'EC2';
  return service.launchType ?? 'EC2';
}

export type Tables = ReturnType<typeof createTables>;

/** `<account>/<region>/<cluster>`: also the key of the cluster document and the prefix of all it holds. */
export function clusterKey(owner: {
  readonly scope: { readonly account: string; readonly region: string };
  readonly cluster: string;
}): string {
  return `${owner.scope.account}/${owner.scope.region}/${owner.cluster}`;
}
