import type { StartTaskCommandInput } from '@aws-sdk/client-ecs';
import { clusterArn, FARGATE_POOL_CLUSTER, shortName } from '@gantry/domain';
import type { EcsOperations } from '@gantry/protocol';
import { any, ANY, listed, type Demand, type KeyValues, type Place, type RulesOf } from '../../demand.ts';
import { passRoles } from '../pass-role.ts';
import { clusterIn, clusterOf, definitionOf, keyOf, memberOf, tagsAt } from './arns.ts';
import { on } from './clusters.ts';
import { tagging } from './created.ts';
import { found, launchSizeKeys, strategyKey, tagsOnCreate } from './keys.ts';

type Operations =
  | 'DeleteAttributes'
  | 'DeregisterContainerInstance'
  | 'DescribeContainerInstances'
  | 'DescribeTasks'
  | 'DiscoverPollEndpoint'
  | 'ExecuteCommand'
  | 'GetTaskProtection'
  | 'ListAttributes'
  | 'ListContainerInstances'
  | 'ListTasks'
  | 'PutAttributes'
  | 'RegisterContainerInstance'
  | 'RunTask'
  | 'StartTask'
  | 'StopTask'
  | 'SubmitAttachmentStateChanges'
  | 'SubmitContainerStateChange'
  | 'SubmitTaskStateChange'
  | 'UpdateContainerAgent'
  | 'UpdateContainerInstancesState'
  | 'UpdateTaskProtection';

/** Something in a cluster, with `ecs:cluster`. */
export function inCluster(
  at: Place,
  type: 'task' | 'container-instance' | 'service',
  cluster: string | undefined,
  reference: string | undefined,
  keys: KeyValues = {},
): Demand {
  const arn = memberOf(at, type, cluster, reference);
  return on(at, arn, { keys: { 'ecs:cluster': clusterIn(at, arn), ...keys } });
}

interface InCluster {
  readonly cluster?: string | undefined;
}

const theCluster = ({ cluster }: InCluster, at: Place): Demand => on(at, clusterOf(at, cluster));

const tasks = (input: InCluster & { readonly tasks?: readonly string[] | undefined }, at: Place): readonly Demand[] =>
  listed(input.tasks).map((task) => inCluster(at, 'task', input.cluster, task));

const instances = (
  input: InCluster & { readonly containerInstances?: readonly string[] | undefined },
  at: Place,
): readonly Demand[] =>
  listed(input.containerInstances).map((instance) => inCluster(at, 'container-instance', input.cluster, instance));

const attributes = (
  input: InCluster & { readonly attributes?: readonly { readonly targetId?: string | undefined }[] | undefined },
  at: Place,
): readonly Demand[] => {
  const targets = new Set(input.attributes?.map(({ targetId }) => targetId));
  return listed([...targets]).map((target) => inCluster(at, 'container-instance', input.cluster, target));
};

/**
 * The Fargate pool runs the tasks of every account: who acts as a machine of it needs to be allowed just that, and not
 * only the actions every agent needs.
 */
const asPool = (at: Place): Demand => ({
  action: 'gantry:JoinFargatePool',
  resource: clusterArn(at.scope, FARGATE_POOL_CLUSTER),
});

const isPool = (cluster: string): boolean => shortName(cluster) === FARGATE_POOL_CLUSTER;

/** An agent reports a task: of the cluster it says, or of that in the task's own ARN. */
const report = (input: InCluster & { readonly task?: string | undefined }, at: Place): readonly Demand[] => {
  const said = clusterOf(at, input.cluster);
  const task = memberOf(at, 'task', input.cluster, input.task);
  const own = clusterIn(at, task) ?? said;
  const instance = at.tables.instances.get(at.tables.tasks.get(keyOf(task))?.instanceKey ?? '');
  return [
    on(at, said),
    ...(own === said ? [] : [on(at, own)]),
    ...(isPool(said) || instance?.pool === 'fargate' ? [asPool(at)] : []),
  ];
};

/** Tasks, container instances and what the agents on them call. */
export const taskRules: RulesOf<Pick<EcsOperations, Operations>> = {
  DescribeTasks: tasks,
  GetTaskProtection: tasks,
  UpdateTaskProtection: tasks,
  StopTask: ({ cluster, task }, at) => inCluster(at, 'task', cluster, task),
  ExecuteCommand: ({ cluster, task, container }, at) => {
    const arn = memberOf(at, 'task', cluster, task);
    const keys = { 'ecs:cluster': clusterIn(at, arn), 'ecs:task': arn, 'ecs:container-name': container };
    return [on(at, clusterOf(at, cluster), { keys }), on(at, arn, { keys })];
  },
  ListTasks: ({ cluster, containerInstance }, at) =>
    containerInstance === undefined
      ? { ...ANY, keys: { 'ecs:cluster': clusterOf(at, cluster) } }
      : inCluster(at, 'container-instance', cluster, containerInstance),
  RunTask: (input, at) => launch('RunTask', input, at, strategyKey(at, input.capacityProviderStrategy)),
  StartTask: (input, at) => {
    const { cluster, containerInstances = [] } = input;
    const chosen = containerInstances.map((each) => memberOf(at, 'container-instance', cluster, each));
    return launch('StartTask', input, at, { 'ecs:container-instances': chosen });
  },

  DescribeContainerInstances: instances,
  UpdateContainerInstancesState: instances,
  UpdateContainerAgent: ({ cluster, containerInstance }, at) =>
    inCluster(at, 'container-instance', cluster, containerInstance),
  PutAttributes: attributes,
  DeleteAttributes: attributes,
  ListAttributes: theCluster,
  ListContainerInstances: theCluster,
  DeregisterContainerInstance: theCluster,
  RegisterContainerInstance: ({ cluster, tags: requestTags }, at) => {
    const arn = clusterOf(at, cluster);
    const made = memberOf(at, 'container-instance', cluster, undefined);
    return [
      on(at, arn, { requestTags }),
      ...tagging(at, 'RegisterContainerInstance', made, requestTags),
      ...(isPool(arn) ? [asPool(at)] : []),
    ];
  },
  DiscoverPollEndpoint: any,
  SubmitAttachmentStateChanges: theCluster,
  SubmitContainerStateChange: report,
  SubmitTaskStateChange: report,
};

type Launch = Pick<
  StartTaskCommandInput,
  | 'cluster'
  | 'enableECSManagedTags'
  | 'enableExecuteCommand'
  | 'overrides'
  | 'propagateTags'
  | 'tags'
  | 'taskDefinition'
  | 'volumeConfigurations'
>;

/** A task may act with its definition's roles, or with those that take their place: whoever starts it must be able to pass them. */
function launch(operation: 'RunTask' | 'StartTask', input: Launch, at: Place, more: KeyValues): readonly Demand[] {
  const { cluster, overrides, taskDefinition, tags: requestTags, volumeConfigurations: volumes } = input;
  const definition = taskDefinition === undefined ? undefined : found(at, taskDefinition);
  const { resource, shown } = definitionOf(at, taskDefinition);
  const clusterKey = { 'ecs:cluster': clusterOf(at, cluster) };
  const keys = {
    ...clusterKey,
    ...(operation === 'RunTask' ? launchSizeKeys(at, taskDefinition, overrides) : {}),
    'ecs:enable-ebs-volumes': (volumes?.length ?? 0) > 0,
    'ecs:enable-execute-command': input.enableExecuteCommand ?? false,
    ...more,
  };
  const made = memberOf(at, 'task', cluster, undefined);
  return [
    { resource, shown, keys, requestTags, tags: tagsAt(at, resource) },
    ...tagging(at, operation, made, requestTags, tagsOnCreate(input), clusterKey),
    ...passRoles(at, made, [
      { role: overrides?.taskRoleArn ?? definition?.taskRoleArn, to: 'ecs-tasks.amazonaws.com' },
      { role: overrides?.executionRoleArn ?? definition?.executionRoleArn, to: 'ecs-tasks.amazonaws.com' },
      ...(volumes ?? []).map(({ managedEBSVolume }) => ({ role: managedEBSVolume?.roleArn, to: 'ecs.amazonaws.com' })),
    ]),
  ];
}

/** The agents' sockets, whose parameters are in the address. */
export function socketDemand(input: unknown, at: Place): readonly Demand[] {
  const { cluster, containerInstanceArn } = input as Readonly<Record<string, string | undefined>>;
  const arn = memberOf(at, 'container-instance', cluster, containerInstanceArn);
  const own = clusterIn(at, arn) ?? clusterOf(at, cluster);
  return [{ resource: arn, keys: { 'ecs:cluster': own } }, ...(isPool(own) ? [asPool(at)] : [])];
}
