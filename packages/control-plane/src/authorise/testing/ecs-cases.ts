/** What each ECS operation needs to be allowed: the hand-written side of the action map. */

export const ECS = 'arn:aws:ecs:us-east-1:123456789012';
const ROLE = 'arn:aws:iam::123456789012:role';
const cluster = `${ECS}:cluster/web`;
const inWeb = { cluster: 'web' };
const byArn = { cluster };
const shop = { cluster: 'web', service: 'shop' };
const shopArn = `service/web/shop`;
const id = '7'.repeat(32);
const taskDefinition = 'web:1';
const daemonArn = `${ECS}:daemon/web/watcher`;
const tags = [{ key: 'team', value: 'blue' }];
export const roles = { taskRoleArn: `${ROLE}/task`, executionRoleArn: `${ROLE}/execution` };
const passed = [`iam:PassRole ${ROLE}/task`, `iam:PassRole ${ROLE}/execution`];

export type Case = readonly [operation: string, input: object, needs: string | readonly string[]];

/** Each ECS operation and what it needs: ECS resources without the beginning of their ARN. */
export const CASES: readonly Case[] = [
  ['AssociateGatewayWithCluster', { gateway: 'edge', ...inWeb }, ['gateway/edge', 'cluster/web']],
  [
    'ContinueServiceDeployment',
    { serviceDeploymentArn: `${ECS}:service-deployment/web/shop/d1` },
    ['service-deployment/web/shop/d1', shopArn],
  ],
  ['CreateCapacityProvider', { name: 'fleet' }, 'capacity-provider/fleet'],
  [
    'CreateCapacityProvider',
    {
      name: 'fleet',
      managedInstancesProvider: {
        infrastructureRoleArn: `${ROLE}/infra`,
        instanceLaunchTemplate: { ec2InstanceProfileArn: 'arn:aws:iam::123456789012:instance-profile/nodes' },
      },
    },
    ['capacity-provider/fleet', `iam:PassRole ${ROLE}/infra`, `iam:PassRole ${ROLE}/nodes`],
  ],
  ['CreateCluster', {}, 'cluster/default'],
  ['CreateCluster', { clusterName: 'web', tags }, ['cluster/web', 'ecs:TagResource cluster/web']],
  ['CreateDaemon', { daemonName: 'watcher', clusterArn: cluster }, 'daemon/web/watcher'],
  [
    'CreateExpressGatewayService',
    { serviceName: 'shop', ...inWeb, ...roles, infrastructureRoleArn: `${ROLE}/infra` },
    [shopArn, `iam:PassRole ${ROLE}/infra`, ...passed],
  ],
  [
    'CreateGateway',
    { name: 'edge', infrastructureRoleArn: `${ROLE}/infra` },
    ['gateway/edge', `iam:PassRole ${ROLE}/infra`],
  ],
  ['CreateService', { serviceName: 'shop', ...inWeb, taskDefinition, tags }, [shopArn, `ecs:TagResource ${shopArn}`]],
  [
    'CreateService',
    {
      serviceName: 'shop',
      ...byArn,
      role: 'lb',
      volumeConfigurations: [{ name: 'v', managedEBSVolume: { roleArn: `${ROLE}/ebs` } }],
    },
    [shopArn, `iam:PassRole ${ROLE}/lb`, `iam:PassRole ${ROLE}/ebs`],
  ],
  ['CreateTaskSet', shop, 'task-set/web/shop/*'],
  ['DeleteAccountSetting', { name: 'containerInsights' }, '*'],
  [
    'DeleteAttributes',
    {
      ...inWeb,
      attributes: [
        { name: 'a', targetId: id },
        { name: 'b', targetId: id },
      ],
    },
    `container-instance/web/${id}`,
  ],
  ['DeleteCapacityProvider', { capacityProvider: `${ECS}:capacity-provider/fleet` }, 'capacity-provider/fleet'],
  ['DeleteCluster', byArn, 'cluster/web'],
  ['DeleteDaemon', { daemonArn }, 'daemon/web/watcher'],
  ['DeleteDaemonTaskDefinition', { daemonTaskDefinition: 'watch:3' }, 'daemon-task-definition/watch:3'],
  ['DeleteExpressGatewayService', { serviceArn: `${ECS}:service/web/shop` }, shopArn],
  ['DeleteGateway', { gateway: 'edge' }, 'gateway/edge'],
  ['DeleteService', shop, shopArn],
  [
    'DeleteTaskDefinitions',
    { taskDefinitions: ['web:1', `${ECS}:task-definition/web:2`] },
    ['task-definition/web:1', 'task-definition/web:2'],
  ],
  ['DeleteTaskSet', { ...shop, taskSet: 'ecs-svc/1' }, 'task-set/web/shop/ecs-svc/1'],
  ['DeregisterContainerInstance', { ...inWeb, containerInstance: id }, 'cluster/web'],
  ['DeregisterTaskDefinition', { taskDefinition }, '*'],
  [
    'DescribeCapacityProviders',
    { capacityProviders: ['fleet', 'FARGATE'] },
    ['capacity-provider/fleet', 'capacity-provider/FARGATE'],
  ],
  ['DescribeCapacityProviders', {}, 'capacity-provider/*'],
  ['DescribeClusters', {}, 'cluster/default'],
  ['DescribeClusters', { clusters: ['web', `${ECS}:cluster/api`] }, ['cluster/web', 'cluster/api']],
  [
    'DescribeContainerInstances',
    { ...inWeb, containerInstances: [id, `${ECS}:container-instance/${id}`] },
    [`container-instance/web/${id}`, `container-instance/web/${id}`],
  ],
  ['DescribeDaemon', { daemonArn }, 'daemon/web/watcher'],
  [
    'DescribeDaemonDeployments',
    { daemonDeploymentArns: [`${ECS}:daemon-deployment/web/watcher/d1`] },
    ['daemon-deployment/web/watcher/d1', 'daemon/web/watcher'],
  ],
  [
    'DescribeDaemonRevisions',
    { daemonRevisionArns: [`${ECS}:daemon-revision/web/watcher/7`] },
    ['daemon-revision/web/watcher/7', 'daemon/web/watcher'],
  ],
  ['DescribeDaemonTaskDefinition', { daemonTaskDefinition: 'watch:3' }, 'daemon-task-definition/watch:3'],
  ['DescribeExpressGatewayService', { serviceArn: `${ECS}:service/web/shop` }, shopArn],
  ['DescribeGateway', { gateway: 'edge' }, 'gateway/edge'],
  ['DescribeGatewayResources', { gateway: `${ECS}:gateway/edge` }, 'gateway/edge'],
  ['DescribeGatewayRoute', { gatewayRouteArn: `${ECS}:gateway-route/edge/r1` }, 'gateway-route/edge/r1'],
  [
    'DescribeServiceDeployments',
    { serviceDeploymentArns: [`${ECS}:service-deployment/web/shop/d1`] },
    ['service-deployment/web/shop/d1', shopArn],
  ],
  [
    'DescribeServiceRevisions',
    { serviceRevisionArns: [`${ECS}:service-revision/web/shop/7`] },
    ['service-revision/web/shop/7', shopArn],
  ],
  [
    'DescribeServices',
    { ...inWeb, services: ['shop', `${ECS}:service/api`, `${ECS}:service/other/x`] },
    [shopArn, 'service/web/api', 'service/other/x'],
  ],
  ['DescribeTaskDefinition', { taskDefinition }, '*'],
  ['DescribeTaskSets', shop, 'task-set/web/shop/*'],
  ['DescribeTaskSets', { ...shop, taskSets: ['ecs-svc/1'] }, 'task-set/web/shop/ecs-svc/1'],
  ['DescribeTasks', { tasks: [id, `${ECS}:task/web/${id}`] }, [`task/default/${id}`, `task/web/${id}`]],
  ['DisassociateGatewayFromCluster', { gateway: 'edge', ...inWeb }, ['gateway/edge', 'cluster/web']],
  ['DiscoverPollEndpoint', inWeb, '*'],
  ['ExecuteCommand', { ...inWeb, task: id }, ['cluster/web', `task/web/${id}`]],
  ['GetTaskProtection', inWeb, 'task/web/*'],
  ['ListAccountSettings', {}, '*'],
  ['ListAttributes', inWeb, 'cluster/web'],
  ['ListClusters', {}, '*'],
  ['ListContainerInstances', inWeb, 'cluster/web'],
  ['ListDaemonDeployments', { daemonArn }, 'daemon/web/watcher'],
  ['ListDaemonTaskDefinitions', {}, '*'],
  ['ListDaemons', { clusterArn: cluster }, '*'],
  ['ListGatewayClusterAssociations', { gateway: 'edge' }, 'gateway/edge'],
  ['ListGatewayRoutes', { gateway: 'edge' }, 'gateway/edge'],
  ['ListGateways', {}, '*'],
  ['ListServiceDeployments', shop, shopArn],
  ['ListServices', inWeb, '*'],
  ['ListServicesByNamespace', { namespace: 'ns' }, '*'],
  ['ListTagsForResource', { resourceArn: `${ECS}:service/web/shop` }, shopArn],
  ['ListTaskDefinitionFamilies', {}, '*'],
  ['ListTaskDefinitions', {}, '*'],
  ['ListTasks', inWeb, '*'],
  ['ListTasks', { ...inWeb, containerInstance: id }, `container-instance/web/${id}`],
  ['PutAccountSetting', { name: 'containerInsights' }, '*'],
  ['PutAccountSettingDefault', { name: 'containerInsights' }, '*'],
  [
    'PutAttributes',
    { attributes: [{ name: 'a', targetId: `${ECS}:container-instance/web/${id}` }] },
    `container-instance/web/${id}`,
  ],
  ['PutClusterCapacityProviders', inWeb, 'cluster/web'],
  ['RegisterContainerInstance', { ...inWeb, tags }, ['cluster/web', 'ecs:TagResource container-instance/web/*']],
  ['RegisterDaemonTaskDefinition', { family: 'watch', ...roles }, ['daemon-task-definition/watch:*', ...passed]],
  [
    'RegisterTaskDefinition',
    { family: 'web', ...roles, tags },
    ['task-definition/web:*', 'ecs:TagResource task-definition/web:*', ...passed],
  ],
  ['RunTask', { ...inWeb, taskDefinition: 'web' }, ['task-definition/web:1', ...passed]],
  [
    'RunTask',
    { ...inWeb, taskDefinition, overrides: { taskRoleArn: `${ROLE}/mine` }, propagateTags: 'TASK_DEFINITION' },
    ['task-definition/web:1', 'ecs:TagResource task/web/*', `iam:PassRole ${ROLE}/mine`, passed[1] ?? ''],
  ],
  ['RunTask', { taskDefinition: 'nothing' }, 'task-definition/nothing:*'],
  [
    'StartTask',
    { ...inWeb, taskDefinition: `${ECS}:task-definition/web:1`, containerInstances: [id] },
    ['task-definition/web:1', ...passed],
  ],
  [
    'StopServiceDeployment',
    { serviceDeploymentArn: `${ECS}:service-deployment/web/shop/d1` },
    ['service-deployment/web/shop/d1', shopArn],
  ],
  ['StopTask', { ...inWeb, task: `${ECS}:task/${id}` }, `task/web/${id}`],
  ['SubmitAttachmentStateChanges', inWeb, 'cluster/web'],
  ['SubmitContainerStateChange', inWeb, 'cluster/web'],
  ['SubmitTaskStateChange', inWeb, 'cluster/web'],
  ['SubmitTaskStateChange', { ...inWeb, task: `${ECS}:task/api/${id}` }, ['cluster/web', 'cluster/api']],
  ['TagResource', { resourceArn: `${ECS}:task/web/${id}`, tags }, `task/web/${id}`],
  ['UntagResource', { resourceArn: cluster, tagKeys: ['team'] }, 'cluster/web'],
  ['UpdateCapacityProvider', { name: 'fleet' }, 'capacity-provider/fleet'],
  ['UpdateCluster', byArn, 'cluster/web'],
  ['UpdateClusterSettings', byArn, 'cluster/web'],
  ['UpdateContainerAgent', { ...inWeb, containerInstance: id }, `container-instance/web/${id}`],
  ['UpdateContainerInstancesState', { ...inWeb, containerInstances: [id] }, `container-instance/web/${id}`],
  ['UpdateDaemon', { daemonArn }, 'daemon/web/watcher'],
  [
    'UpdateExpressGatewayService',
    { serviceArn: `${ECS}:service/web/shop`, taskRoleArn: 'task' },
    [shopArn, `iam:PassRole ${ROLE}/task`],
  ],
  [
    'UpdateGateway',
    { gateway: 'edge', infrastructureRoleArn: `${ROLE}/infra` },
    ['gateway/edge', `iam:PassRole ${ROLE}/infra`],
  ],
  [
    'UpdateService',
    {
      ...shop,
      loadBalancers: [{ advancedConfiguration: { roleArn: `${ROLE}/lb` } }],
      deploymentConfiguration: { lifecycleHooks: [{ roleArn: `${ROLE}/hook` }] },
    },
    [shopArn, `iam:PassRole ${ROLE}/lb`, `iam:PassRole ${ROLE}/hook`],
  ],
  ['UpdateServicePrimaryTaskSet', { ...shop, primaryTaskSet: 'ecs-svc/1' }, shopArn],
  ['UpdateTaskProtection', { ...inWeb, tasks: [id] }, `task/web/${id}`],
  ['UpdateTaskSet', { ...shop, taskSet: `${ECS}:task-set/web/shop/ecs-svc/1` }, 'task-set/web/shop/ecs-svc/1'],
  [
    'Poll',
    { cluster: 'web', containerInstanceArn: `${ECS}:container-instance/web/${id}` },
    `container-instance/web/${id}`,
  ],
  [
    'StartTelemetrySession',
    { cluster, containerInstanceArn: `${ECS}:container-instance/${id}` },
    `container-instance/web/${id}`,
  ],
  // An ARN of this account in the clothes of another partition is still this resource; of other accounts it is not.
  ['DeleteCluster', { cluster: 'arn:aws-cn:ecs:us-east-1:123456789012:cluster/web' }, 'cluster/web'],
  ['StopTask', { task: `arn:x:ecs:us-east-1:123456789012:task/web/${id}` }, `task/web/${id}`],
  [
    'DeleteCluster',
    { cluster: 'arn:aws:ecs:us-east-1:999999999999:cluster/web' },
    'arn:aws:ecs:us-east-1:999999999999:cluster/web',
  ],
];
