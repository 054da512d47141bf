import type { JsonObject } from './json.ts';
import type { Call } from './book.ts';
import { registration } from './ecs-world.ts';

const TAGS = [{ key: 'a', value: '1' }];
const NETWORK = { awsvpcConfiguration: { subnets: ['«subnet 0»'], securityGroups: [] } };
const app = { name: 'app', image: 'busybox', memory: 64 };

const call = (operation: string, input: JsonObject = {}): Call => ({ service: 'ecs', operation, input });
const web = call('RegisterTaskDefinition', { family: 'web', containerDefinitions: [app] });
const batch = call('RegisterTaskDefinition', {
  family: 'batch',
  cpu: '256',
  memory: '512',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  volumes: [{ name: 'data' }],
  containerDefinitions: [{ ...app, portMappings: [{ containerPort: 80 }] }],
});
const cluster = call('CreateCluster');
const instance = call('RegisterContainerInstance', registration(0, {}));
const onInstance = { taskDefinition: 'web', containerInstances: ['«instance-id 0»'] };
const service = (more: JsonObject = {}): Call =>
  call('CreateService', { serviceName: 'shop', taskDefinition: 'web', desiredCount: 0, ...more });
/** moto needs the cluster's name here. */
const attribute = (targetId: string): JsonObject => ({
  cluster: 'default',
  attributes: [{ name: 'stack', value: 'x', targetId, targetType: 'container-instance' }],
});

export const SCENARIOS: readonly (readonly Call[])[] = [
  // An instance is taken away from under its tasks.
  [
    cluster,
    web,
    instance,
    call('RunTask', { taskDefinition: 'web', count: 2, tags: TAGS }),
    call('StartTask', { ...onInstance, tags: TAGS }),
    call('StopTask', { task: '«task 0»', reason: 'enough' }),
    call('DeregisterContainerInstance', { containerInstance: '«instance-id 0»', force: true }),
    call('DescribeTasks', { tasks: ['«task 0»', '«task-id 1»'], include: ['TAGS'] }),
    call('ListTasks'),
    call('DescribeContainerInstances', { containerInstances: ['«instance-id 0»'] }),
    call('UpdateContainerInstancesState', { containerInstances: ['«instance-id 0»'], status: 'DRAINING' }),
    call('StartTask', onInstance),
  ],
  [
    cluster,
    web,
    instance,
    call('RunTask', { taskDefinition: 'web' }),
    call('DeregisterContainerInstance', { containerInstance: '«instance-id 0»' }),
  ],
  // A draining one, and attributes.
  [
    cluster,
    web,
    instance,
    call('PutAttributes', attribute('«instance-id 0»')),
    call('ListAttributes', { targetType: 'container-instance' }),
    call('DeleteAttributes', attribute('«instance-id 0»')),
    call('DeleteAttributes', attribute('«instance-id 0»')),
    call('UpdateContainerInstancesState', {
      containerInstances: ['«instance-id 0»'],
      status: 'NONSENSE',
      cluster: 'nobody',
    }),
    call('UpdateContainerInstancesState', { containerInstances: ['«instance-id 0»'], status: 'DRAINING' }),
    call('StartTask', onInstance),
  ],
  [cluster, instance, call('PutAttributes', attribute('«instance 0»'))],
  // Clusters made twice, deleted, and in use.
  [
    call('DescribeClusters'),
    cluster,
    call('CreateCluster', {
      capacityProviders: ['FARGATE'],
      tags: TAGS,
      settings: [{ name: 'containerInsights', value: 'enabled' }],
    }),
    call('DescribeClusters', { include: ['STATISTICS', 'TAGS', 'SETTINGS'] }),
    call('ListTagsForResource', { resourceArn: 'arn:aws:ecs:us-east-1:«account 0»:cluster/default' }),
    call('CreateCluster', { clusterName: 'c1' }),
    call('DeleteCluster', { cluster: 'c1' }),
    call('ListClusters'),
    call('DescribeClusters', { clusters: ['c1', 'nobody'] }),
    call('ListServices', { cluster: 'nobody' }),
    call('UpdateService', { cluster: 'c1', service: 'shop' }),
    call('UpdateCluster', { cluster: 'c1' }),
  ],
  [cluster, web, service(), call('DeleteCluster', { cluster: 'default' })],
  // Definitions that are not ACTIVE any more.
  [
    cluster,
    web,
    batch,
    call('RegisterTaskDefinition', {
      family: 'web',
      containerDefinitions: [{ ...app, environment: [{ name: 'A', value: 'b' }] }],
    }),
    call('DeregisterTaskDefinition', { taskDefinition: 'web:2' }),
    call('DescribeTaskDefinition', { taskDefinition: 'web' }),
    call('RunTask', { taskDefinition: 'batch', launchType: 'FARGATE', networkConfiguration: NETWORK }),
    call('DeregisterTaskDefinition', { taskDefinition: 'batch:1' }),
    call('ListTaskDefinitionFamilies', { status: 'ACTIVE' }),
    call('DeleteTaskDefinitions', { taskDefinitions: ['batch:1', 'web'] }),
    call('RunTask', { taskDefinition: 'batch:1', launchType: 'FARGATE', networkConfiguration: NETWORK }),
    call('DescribeTaskDefinition', { taskDefinition: 'batch' }),
    call('RunTask', { taskDefinition: 'web:2', launchType: 'FARGATE' }),
  ],
  // A task asked for in another cluster.
  [
    cluster,
    batch,
    call('CreateCluster', { clusterName: 'c1' }),
    call('RunTask', { taskDefinition: 'batch', launchType: 'FARGATE', networkConfiguration: NETWORK }),
    call('DescribeTasks', { cluster: 'c1', tasks: ['«task-id 0»'] }),
    call('DescribeTasks', { cluster: 'c1', tasks: ['«task 0»'] }),
    call('RunTask', { taskDefinition: 'batch', launchType: 'FARGATE' }),
  ],
  // Services.
  [
    cluster,
    web,
    batch,
    service({ tags: TAGS }),
    call('UpdateService', { service: 'shop', taskDefinition: 'web' }),
    call('DescribeServices', { services: ['shop', 'nobody'] }),
    service({ cluster: 'nobody' }),
    service({ serviceName: 'mail', taskDefinition: 'nobody' }),
    service({ taskDefinition: 'nobody' }),
    call('DeleteService', { service: 'shop' }),
    call('ListServices'),
    call('DescribeServices', { services: ['shop'] }),
    call('UpdateService', { service: 'shop', desiredCount: 0 }),
  ],
  [cluster, web, service(), service()],
  [cluster, batch, service({ taskDefinition: 'batch', launchType: 'FARGATE' })],
  [
    cluster,
    batch,
    service({ taskDefinition: 'batch', launchType: 'FARGATE', networkConfiguration: NETWORK, desiredCount: 1 }),
  ],
  [cluster, web, call('RunTask', { taskDefinition: 'web', launchType: 'FARGATE' })],
  // Names there are not.
  [call('RegisterTaskDefinition', { family: 'web', containerDefinitions: [{ ...app, name: '' }] })],
  [
    call('ListAccountSettings', { effectiveSettings: true }),
    call('PutAccountSetting', { name: 'nonsense', value: 'enabled' }),
  ],
];
