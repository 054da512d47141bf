/** Every command of `aws ecs`, in an order in which each finds what it needs. The table plays the agent where one is needed. */

export interface HappyStep {
  readonly command: string;
  /** `$name` stands for what an earlier step kept. */
  readonly args: string;
  /** What to keep of the answer: a name and a path such as `tasks.0.taskArn`. */
  readonly keep?: Readonly<Record<string, string>>;
  /** What the answer shows at a path. `$name` as above; `*` is anything. */
  readonly shows: Readonly<Record<string, unknown>>;
  /** The instance that was registered gets a connected agent: only then are tasks placed on it. */
  readonly connect?: true;
}

const CONTAINERS = '[{"name":"main","image":"busybox","memory":64,"essential":true}]';
const FARGATE_CONTAINERS = '[{"name":"main","image":"busybox","essential":true}]';
const RESOURCES =
  '[{"name":"CPU","type":"INTEGER","integerValue":2048},{"name":"MEMORY","type":"INTEGER","integerValue":2048},' +
  '{"name":"PORTS","type":"STRINGSET","stringSetValue":["22"]},{"name":"PORTS_UDP","type":"STRINGSET","stringSetValue":[]}]';
const NETWORK = '{"awsvpcConfiguration":{"subnets":["subnet-00000000000000001"]}}';

export const HAPPY: readonly HappyStep[] = [
  {
    command: 'list-account-settings',
    args: '--effective-settings --name containerInsights',
    shows: { 'settings.0.value': 'disabled' },
  },
  {
    command: 'put-account-setting',
    args: '--name containerInsights --value enabled',
    shows: { 'setting.value': 'enabled' },
  },
  {
    command: 'put-account-setting-default',
    args: '--name serviceLongArnFormat --value enabled',
    shows: { 'setting.name': 'serviceLongArnFormat' },
  },
  {
    command: 'delete-account-setting',
    args: '--name containerInsights',
    shows: { 'setting.name': 'containerInsights' },
  },
  {
    command: 'create-cluster',
    args: '--cluster-name shop --tags key=team,value=blue',
    keep: { cluster: 'cluster.clusterArn' },
    shows: { 'cluster.status': 'ACTIVE', 'cluster.tags.0.key': 'team' },
  },
  { command: 'list-clusters', args: '', shows: { 'clusterArns.1': '$cluster' } },
  {
    command: 'describe-clusters',
    args: '--clusters shop --include TAGS',
    shows: { 'clusters.0.tags.0.value': 'blue', failures: [] },
  },
  {
    command: 'update-cluster',
    args: '--cluster shop --settings name=containerInsights,value=enabled',
    shows: { 'cluster.settings.0.value': 'enabled' },
  },
  {
    command: 'update-cluster-settings',
    args: '--cluster shop --settings name=containerInsights,value=disabled',
    shows: { 'cluster.settings.0.value': 'disabled' },
  },
  {
    command: 'describe-capacity-providers',
    args: '--capacity-providers FARGATE',
    shows: { 'capacityProviders.0.status': 'ACTIVE' },
  },
  {
    command: 'put-cluster-capacity-providers',
    args: '--cluster shop --capacity-providers FARGATE FARGATE_SPOT --default-capacity-provider-strategy []',
    shows: { 'cluster.capacityProviders.1': 'FARGATE_SPOT' },
  },
  {
    command: 'register-task-definition',
    args: `--family web --container-definitions ${CONTAINERS}`,
    keep: { definition: 'taskDefinition.taskDefinitionArn' },
    shows: { 'taskDefinition.revision': 1, 'taskDefinition.status': 'ACTIVE' },
  },
  {
    command: 'register-task-definition',
    args: `--family fargate --requires-compatibilities FARGATE --network-mode awsvpc --cpu 256 --memory 512 --container-definitions ${FARGATE_CONTAINERS}`,
    shows: { 'taskDefinition.compatibilities.1': 'FARGATE' },
  },
  { command: 'list-task-definitions', args: '--family-prefix web', shows: { taskDefinitionArns: ['$definition'] } },
  { command: 'list-task-definition-families', args: '--status ACTIVE', shows: { 'families.0': 'fargate' } },
  {
    command: 'describe-task-definition',
    args: '--task-definition web',
    shows: { 'taskDefinition.taskDefinitionArn': '$definition' },
  },
  { command: 'discover-poll-endpoint', args: '--cluster shop', shows: { endpoint: '*' } },
  {
    command: 'register-container-instance',
    args: `--cluster shop --total-resources ${RESOURCES} --attributes name=com.amazonaws.ecs.capability.docker-remote-api.1.18`,
    keep: { instance: 'containerInstance.containerInstanceArn' },
    connect: true,
    shows: { 'containerInstance.status': 'ACTIVE' },
  },
  { command: 'list-container-instances', args: '--cluster shop', shows: { containerInstanceArns: ['$instance'] } },
  {
    command: 'describe-container-instances',
    args: '--cluster shop --container-instances $instance',
    shows: { 'containerInstances.0.runningTasksCount': 0 },
  },
  {
    command: 'put-attributes',
    args: '--cluster shop --attributes name=rack,value=a,targetId=$instance',
    shows: { 'attributes.0.name': 'rack' },
  },
  {
    command: 'list-attributes',
    args: '--cluster shop --target-type container-instance --attribute-name rack',
    shows: { 'attributes.0.value': 'a' },
  },
  {
    command: 'delete-attributes',
    args: '--cluster shop --attributes name=rack,targetId=$instance',
    shows: { 'attributes.0.name': 'rack' },
  },
  {
    command: 'start-task',
    args: '--cluster shop --task-definition web --container-instances $instance --started-by me',
    keep: { started: 'tasks.0.taskArn' },
    shows: { 'tasks.0.lastStatus': 'PENDING', failures: [] },
  },
  {
    command: 'submit-container-state-change',
    args: '--cluster shop --task $started --container-name main --status RUNNING',
    shows: { acknowledgment: '*' },
  },
  {
    command: 'submit-task-state-change',
    args: '--cluster shop --task $started --status RUNNING',
    shows: { acknowledgment: '*' },
  },
  {
    command: 'submit-attachment-state-changes',
    args: '--cluster shop --attachments []',
    shows: { acknowledgment: '*' },
  },
  {
    command: 'run-task',
    args: `--cluster shop --task-definition fargate --launch-type FARGATE --network-configuration ${NETWORK} --count 2`,
    keep: { task: 'tasks.0.taskArn' },
    shows: { 'tasks.1.launchType': 'FARGATE', 'tasks.0.lastStatus': 'PROVISIONING' },
  },
  { command: 'list-tasks', args: '--cluster shop --family fargate', shows: { 'taskArns.1': '*' } },
  {
    command: 'describe-tasks',
    args: '--cluster shop --tasks $task $started',
    shows: { 'tasks.1.startedBy': 'me', failures: [] },
  },
  {
    command: 'stop-task',
    args: '--cluster shop --task $task --reason enough',
    shows: { 'task.stoppedReason': 'enough' },
  },
  { command: 'tag-resource', args: '--resource-arn $cluster --tags key=cost,value=7', shows: {} },
  {
    command: 'list-tags-for-resource',
    args: '--resource-arn $cluster',
    shows: { 'tags.1': { key: 'cost', value: '7' } },
  },
  { command: 'untag-resource', args: '--resource-arn $cluster --tag-keys cost', shows: {} },
  {
    command: 'create-service',
    args: '--cluster shop --service-name api --task-definition web --desired-count 1',
    keep: { service: 'service.serviceArn' },
    shows: { 'service.status': 'ACTIVE', 'service.desiredCount': 1 },
  },
  { command: 'list-services', args: '--cluster shop', shows: { serviceArns: ['$service'] } },
  {
    command: 'describe-services',
    args: '--cluster shop --services api',
    shows: { 'services.0.deployments.0.status': 'PRIMARY' },
  },
  {
    command: 'list-service-deployments',
    args: '--cluster shop --service api',
    keep: {
      deployment: 'serviceDeployments.0.serviceDeploymentArn',
      revision: 'serviceDeployments.0.targetServiceRevisionArn',
    },
    shows: { 'serviceDeployments.0.serviceArn': '$service' },
  },
  {
    command: 'describe-service-deployments',
    args: '--service-deployment-arns $deployment',
    shows: { 'serviceDeployments.0.serviceArn': '$service' },
  },
  {
    command: 'describe-service-revisions',
    args: '--service-revision-arns $revision',
    shows: { 'serviceRevisions.0.taskDefinition': '$definition' },
  },
  {
    command: 'stop-service-deployment',
    args: '--service-deployment-arn $deployment --stop-type ABORT',
    shows: { serviceDeploymentArn: '$deployment' },
  },
  {
    command: 'update-service',
    args: '--cluster shop --service api --desired-count 2',
    shows: { 'service.desiredCount': 2 },
  },
  {
    command: 'list-tasks',
    args: '--cluster shop --service-name api',
    keep: { serviceTask: 'taskArns.0' },
    shows: { 'taskArns.0': '*' },
  },
  {
    command: 'submit-task-state-change',
    args: '--cluster shop --task $serviceTask --status RUNNING',
    shows: { acknowledgment: '*' },
  },
  {
    command: 'update-task-protection',
    args: '--cluster shop --tasks $serviceTask --protection-enabled --expires-in-minutes 5',
    shows: { 'protectedTasks.0.protectionEnabled': true },
  },
  {
    command: 'get-task-protection',
    args: '--cluster shop --tasks $serviceTask',
    shows: { 'protectedTasks.0.taskArn': '$serviceTask' },
  },
  { command: 'list-daemons', args: '--cluster shop', shows: { daemonSummariesList: [] } },
  { command: 'list-daemon-task-definitions', args: '', shows: { daemonTaskDefinitions: [] } },
  {
    command: 'update-container-instances-state',
    args: '--cluster shop --container-instances $instance --status DRAINING',
    shows: { 'containerInstances.0.status': 'DRAINING' },
  },
  { command: 'delete-service', args: '--cluster shop --service api --force', shows: { 'service.status': 'DRAINING' } },
  {
    command: 'deregister-container-instance',
    args: '--cluster shop --container-instance $instance --force',
    shows: { 'containerInstance.status': 'INACTIVE' },
  },
  { command: 'create-cluster', args: '--cluster-name gone', shows: { 'cluster.status': 'ACTIVE' } },
  { command: 'delete-cluster', args: '--cluster gone', shows: { 'cluster.status': 'INACTIVE' } },
  {
    command: 'deregister-task-definition',
    args: '--task-definition fargate:1',
    shows: { 'taskDefinition.status': 'INACTIVE' },
  },
  {
    command: 'delete-task-definitions',
    args: '--task-definitions fargate:1',
    shows: { 'taskDefinitions.0.status': 'DELETE_IN_PROGRESS' },
  },
];
