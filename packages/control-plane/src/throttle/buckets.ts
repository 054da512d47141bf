import type { EcsOperations } from '@gantry/protocol';
import type { Rate } from './decide.ts';

type Operation = keyof EcsOperations;

interface Bucket<O extends Operation = Operation> extends Rate {
  readonly operations: readonly O[];
}

function bucket<O extends Operation>(burst: number, perSecond: number, ...operations: O[]): Bucket<O> {
  return { burst, perSecond, operations };
}

/** ECS's published buckets (docs/design/ecs-semantics.md 10.2), each shared by its operations. */
export const BUCKETS = {
  'cluster-modify': bucket(
    20,
    1,
    'CreateCluster',
    'DeleteCluster',
    'PutClusterCapacityProviders',
    'UpdateCluster',
    'UpdateClusterSettings',
  ),
  'cluster-read': bucket(50, 20, 'DescribeClusters', 'ListClusters'),
  'task-definition-modify': bucket(
    20,
    1,
    'RegisterTaskDefinition',
    'DeregisterTaskDefinition',
    'RegisterDaemonTaskDefinition',
  ),
  'task-definition-read': bucket(
    50,
    20,
    'DescribeTaskDefinition',
    'ListTaskDefinitions',
    'ListTaskDefinitionFamilies',
    'DescribeDaemonTaskDefinition',
    'ListDaemonTaskDefinitions',
  ),
  'task-definition-deletion': bucket(5, 1, 'DeleteTaskDefinitions', 'DeleteDaemonTaskDefinition'),
  'capacity-provider-modify': bucket(
    10,
    1,
    'CreateCapacityProvider',
    'DeleteCapacityProvider',
    'UpdateCapacityProvider',
  ),
  'capacity-provider-read': bucket(50, 20, 'DescribeCapacityProviders'),
  'tag-modify': bucket(20, 10, 'TagResource', 'UntagResource'),
  'tag-read': bucket(50, 20, 'ListTagsForResource'),
  'setting-modify': bucket(10, 1, 'PutAccountSetting', 'PutAccountSettingDefault', 'DeleteAccountSetting'),
  'setting-read': bucket(50, 20, 'ListAccountSettings'),
  'cluster-resource-modify': bucket(
    100,
    40,
    'DeleteAttributes',
    'DeregisterContainerInstance',
    'ExecuteCommand',
    'PutAttributes',
    'RunTask',
    'StartTask',
    'StopTask',
    'UpdateContainerAgent',
    'UpdateContainerInstancesState',
  ),
  'cluster-resource-read': bucket(
    100,
    20,
    'DescribeContainerInstances',
    'DescribeTasks',
    'ListAttributes',
    'ListContainerInstances',
    'ListTasks',
  ),
  'agent-modify': bucket(
    200,
    120,
    'RegisterContainerInstance',
    'SubmitAttachmentStateChanges',
    'SubmitContainerStateChange',
    'SubmitTaskStateChange',
  ),
  'service-modify': bucket(
    50,
    5,
    'CreateService',
    'UpdateService',
    'DeleteService',
    'CreateDaemon',
    'UpdateDaemon',
    'DeleteDaemon',
    'CreateExpressGatewayService',
    'UpdateExpressGatewayService',
    'DeleteExpressGatewayService',
    // Nothing is published for these.
    'DiscoverPollEndpoint',
    'StopServiceDeployment',
    'ContinueServiceDeployment',
  ),
  'service-read': bucket(
    100,
    20,
    'DescribeServices',
    'ListServices',
    'DescribeDaemon',
    'ListDaemons',
    'DescribeExpressGatewayService',
    // Nothing is published for this one.
    'DescribeTaskSets',
  ),
  'service-deployment-read': bucket(
    50,
    20,
    'DescribeServiceDeployments',
    'ListServiceDeployments',
    'DescribeDaemonDeployments',
    'ListDaemonDeployments',
  ),
  'service-revision-read': bucket(50, 20, 'DescribeServiceRevisions', 'DescribeDaemonRevisions'),
  'task-protection': bucket(200, 80, 'UpdateTaskProtection', 'GetTaskProtection'),
  'task-set-modify': bucket(100, 40, 'CreateTaskSet', 'UpdateTaskSet', 'DeleteTaskSet', 'UpdateServicePrimaryTaskSet'),
  'namespace-read': bucket(10, 1, 'ListServicesByNamespace'),
} as const satisfies Readonly<Record<string, Bucket>>;

/** Modelled operations that no bucket is known for: never throttled. */
export const WITHOUT_BUCKET = [
  'AssociateGatewayWithCluster',
  'CreateGateway',
  'DeleteGateway',
  'DescribeGateway',
  'DescribeGatewayResources',
  'DescribeGatewayRoute',
  'DisassociateGatewayFromCluster',
  'ListGatewayClusterAssociations',
  'ListGatewayRoutes',
  'ListGateways',
  'UpdateGateway',
] as const satisfies readonly Operation[];

export type BucketName = keyof typeof BUCKETS;

type Counted = (typeof BUCKETS)[BucketName]['operations'][number] | (typeof WITHOUT_BUCKET)[number];
/** Does not compile when an operation of the model is in neither list. */
export const EVERY_OPERATION_IS_COUNTED: [Exclude<Operation, Counted>] extends [never] ? true : never = true;

/** RunTask with FARGATE: calls, whatever they start. */
export const FARGATE_RUN_TASK: Rate = { burst: 20, perSecond: 20 };
/** Tasks launched on FARGATE, and on FARGATE_SPOT, each (10.1). */
export const FARGATE_LAUNCH: Rate = { burst: 100, perSecond: 20 };
