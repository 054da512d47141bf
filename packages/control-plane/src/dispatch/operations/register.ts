import {
  clusterArn,
  FARGATE_POOL_CLUSTER,
  instanceArn,
  type Instance,
  type InstanceId,
  type Scope,
} from '@gantry/domain';
import { clientException, invalidParameter, ServiceError, type EcsOperations } from '@gantry/protocol';
import { describeContainerInstance } from '../../api/ecs/wire/container-instance.ts';
import type { Platform, RequestContext } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import { clusterKey } from '../../state/tables.ts';
import { clusterNameOf, instanceByArn, instanceKey } from '../keys.ts';
import { settleHosts } from '../network-map/hosts.ts';
import { POOL_ATTRIBUTE, readRegistration, type Registration, type RegisterInput } from './registration.ts';
import { registerAgain } from './reregistration.ts';

type Output = EcsOperations['RegisterContainerInstance']['output'];

/**
 * RegisterContainerInstance. With `containerInstanceArn` the instance keeps its identity; with a `clientToken` that was
 * used before, the first answer's instance is given again.
 * @throws ServiceError ClientException `Cluster not found.` (agents without a configured cluster then create it),
 * InvalidParameterException, AccessDeniedException.
 */
export async function registerContainerInstance(
  platform: Platform,
  input: RegisterInput,
  context: RequestContext,
): Promise<Output> {
  const { scope } = context;
  const registration = readRegistration(input, { availabilityZone: defaultZone(platform, scope) });
  const cluster = clusterNameOf(scope, input.cluster);
  if (cluster === undefined)
    throw invalidParameter(`"${input.cluster ?? ''}" is not a cluster of this account and region.`);
  refusePoolOfOthers(platform, scope, cluster, registration);
  const instance = await platform.state.transact((tx) => {
    ensurePoolCluster(tx, platform, scope, cluster, registration);
    refuseUnlessActive(tx, scope, cluster);
    const registered =
      input.containerInstanceArn === undefined || input.containerInstanceArn === ''
        ? registerNew(tx, platform, scope, cluster, registration, input)
        : registerKnown(tx, scope, cluster, registration, input.containerInstanceArn);
    settleHosts(tx, platform.config.subnets);
    return registered;
  });
  const tasks = platform.state.tables.tasks.by('instance', instanceKey(instance));
  return { containerInstance: describeContainerInstance(instance, tasks, ['TAGS']) };
}

function registerNew(
  tx: Tx,
  platform: Platform,
  scope: Scope,
  cluster: string,
  registration: Registration,
  input: RegisterInput,
): Instance {
  const token = input.clientToken || undefined;
  const twin =
    token === undefined
      ? undefined
      : tx.tables.instances
          .by('cluster', clusterKey({ scope, cluster }))
          .find((candidate) => candidate.clientToken === token && candidate.status !== 'INACTIVE');
  if (twin !== undefined) return twin;
  const id = platform.ids.hex32() as InstanceId;
  const instance: Instance = {
    scope,
    cluster,
    id,
    containerInstanceArn: instanceArn(scope, cluster, id),
    ec2InstanceId: registration.ec2InstanceId,
    pool: registration.pool,
    status: 'ACTIVE',
    agentConnected: false,
    attributes: registration.attributes,
    registered: registration.resources,
    availabilityZone: registration.availabilityZone,
    maxEnis: registration.maxEnis,
    versionInfo: input.versionInfo ?? {},
    tags: registration.tags,
    registeredAt: tx.now,
    clientToken: token,
    version: 1,
    nextSeq: 1,
  };
  tx.put(tx.tables.instances, instanceKey(instance), instance);
  tx.event({
    subject: instance.containerInstanceArn,
    type: 'instance.registered',
    because: 'registered',
    text: `It has ${registration.resources.cpuUnits} CPU units and ${registration.resources.memoryMiB} MiB, in cluster ${cluster}, zone ${registration.availabilityZone}.`,
  });
  return instance;
}

function registerKnown(tx: Tx, scope: Scope, cluster: string, registration: Registration, arn: string): Instance {
  const before = instanceByArn(tx.tables, arn);
  if (before === undefined || before.scope.account !== scope.account || before.scope.region !== scope.region) {
    throw invalidParameter(
      `Container instance ${arn.slice(0, 256)} is not registered here. Remove the agent's checkpoint to register it as a new one.`,
    );
  }
  if (before.cluster !== cluster) {
    throw invalidParameter(
      `Container instance ${arn} is registered in cluster ${before.cluster}, not in ${cluster}. ` +
        'Give the agent its cluster back, or remove its checkpoint to register it as a new container instance.',
    );
  }
  const after = registerAgain(before, registration);
  if (JSON.stringify(after) === JSON.stringify(before)) return before;
  const stored = { ...after, version: before.version + 1 };
  tx.put(tx.tables.instances, instanceKey(stored), stored);
  tx.event({
    subject: arn,
    type: 'instance.registered',
    because: 'registered',
    text: 'Its agent registered it again, with other capabilities or resources than before.',
  });
  return stored;
}

function refuseUnlessActive(tx: Tx, scope: Scope, cluster: string): void {
  const found = tx.tables.clusters.get(clusterKey({ scope, cluster }));
  if (found === undefined) throw clientException('Cluster not found.');
  if (found.status === 'INACTIVE') throw clientException('The referenced cluster was inactive.');
}

/** The pool runs tasks of every account, so only the house itself may add machines to it. */
function refusePoolOfOthers(platform: Platform, scope: Scope, cluster: string, registration: Registration): void {
  const home = platform.config.defaultScope;
  const atHome = scope.account === home.account && scope.region === home.region;
  if (registration.pool === 'fargate' && !atHome) {
    throw new ServiceError(
      'AccessDeniedException',
      `Only account ${home.account} in ${home.region} may register instances with ${POOL_ATTRIBUTE}=fargate.`,
    );
  }
  if (atHome && (registration.pool === 'fargate') !== (cluster === FARGATE_POOL_CLUSTER)) {
    throw invalidParameter(
      `Instances of cluster ${FARGATE_POOL_CLUSTER}, and only they, register with the attribute ${POOL_ATTRIBUTE}=fargate.`,
    );
  }
}

function ensurePoolCluster(
  tx: Tx,
  platform: Platform,
  scope: Scope,
  cluster: string,
  registration: Registration,
): void {
  const key = clusterKey({ scope, cluster });
  if (registration.pool !== 'fargate' || tx.tables.clusters.get(key)?.status === 'ACTIVE') return;
  platform.log('info', 'The Fargate pool has its first instance', { cluster });
  tx.put(tx.tables.clusters, key, {
    scope,
    clusterName: cluster,
    clusterArn: clusterArn(scope, cluster),
    status: 'ACTIVE',
    internal: true,
    capacityProviders: [],
    defaultCapacityProviderStrategy: [],
    settings: [],
    tags: [],
    createdAt: tx.now,
  });
}

function defaultZone(platform: Platform, scope: Scope): string {
  const zone = platform.config.subnets[0]?.availabilityZone;
  return zone?.startsWith(scope.region) ? zone : `${scope.region}a`;
}
