import { both, crashed, onlyGantry, onlyMoto, refusal, type Explanation } from './explanation.ts';

/**
 * Differences that stay, and who is right (docs/design/ecs-semantics.md and the service model decide).
 * An explanation that explains nothing any more fails the test: then moto or Gantry has changed, and it goes.
 */
const REFUSALS: readonly Explanation[] = [
  {
    of: /.*/,
    at: /outcome|error\.code/,
    when: crashed,
    right: 'gantry',
    because: 'moto ends in an exception of its own instead of a modelled error.',
  },
  {
    of: /.*/,
    at: /error\.message/,
    when: ({ moto }) => moto === '',
    right: 'gantry',
    because: 'The message of such a crash.',
  },
  {
    of: /RunTask|StartTask|CreateService|UpdateService/,
    at: /error\.message/,
    when: ({ gantry }) => gantry === 'TaskDefinition not found.' || gantry === 'TaskDefinition is inactive',
    right: 'gantry',
    because: 'ECS says `Unable to describe task definition.` only where one is described or deregistered (1.6).',
  },
  {
    of: /.*/,
    at: /outcome|error\.message/,
    when: ({ gantry }) => /Identifier is for cluster/.test(gantry ?? ''),
    right: 'gantry',
    because: 'moto reads the last part of an ARN and does not look at the cluster in it.',
  },
  {
    of: /CreateService|DeleteService|UpdateService|PutAttributes|DeleteAttributes|UpdateContainerInstancesState/,
    at: /error\.code/,
    when: ({ gantry }) => gantry === 'InvalidParameterException' || gantry === 'ClusterNotFoundException',
    right: 'gantry',
    because: 'The same call has two faults; the parameters and the cluster are looked at first.',
  },
  {
    of: /CreateService|UpdateService|DeleteService|UpdateContainerInstancesState/,
    at: /error\.message/,
    when: ({ gantry }) => /not idempotent|status should be one of|cluster was inactive/.test(gantry ?? ''),
    right: 'gantry',
    because: 'The same.',
  },
  {
    of: /(List|Describe).*/,
    at: /outcome/,
    when: refusal(/^ClusterNotFoundException/),
    right: 'gantry',
    because: 'moto answers lists of a cluster that is not there with nothing.',
  },
  {
    of: /TagResource|UntagResource|ListTagsForResource/,
    at: /error\.(code|message)/,
    right: 'gantry',
    because:
      "The model has no ServiceNotFoundException here, and moto's texts for definitions and ARNs are of other calls.",
  },
  {
    of: /.*/,
    at: /outcome/,
    when: refusal(
      /^ClusterNotFound|cluster was inactive|TaskDefinition is inactive|TaskDefinition not found|not ACTIVE|cluster is inactive|Service not found/,
    ),
    right: 'gantry',
    because: 'What is INACTIVE or being deleted can not be used; moto looks only whether it is there (1.7, 2.1).',
  },
  {
    of: /DescribeTaskDefinition/,
    at: /outcome|taskDefinition\.(revision|status|taskDefinitionArn|cpu|memory|volumes.*|containerDefinitions\[app\]\..*)/,
    when: ({ finding }) => !(finding.call.input['taskDefinition'] as string).includes(':'),
    right: 'gantry',
    because: 'A family alone means its latest ACTIVE revision (1.2); moto takes an INACTIVE one.',
  },
  {
    of: /RunTask|StartTask|(Create|Update|Delete|Describe)Services?/,
    at: /(tasks|services?)(\[\])?\.(deployments\[\]\.)?taskDefinition(Arn)?/,
    when: both,
    right: 'gantry',
    because: 'The same; and UpdateService of moto keeps what it was given.',
  },
  {
    of: /RunTask|CreateService|UpdateService/,
    at: /outcome/,
    when: refusal(/does not support launch_type FARGATE/),
    right: 'gantry',
    because: 'A definition for bridge networks does not run on FARGATE (2.11).',
  },
  {
    of: /DeleteCluster|DeregisterContainerInstance/,
    at: /outcome/,
    when: refusal(/^ClusterContains|Found running tasks on the instance/),
    right: 'gantry',
    because: 'What is in use stays (1.6); moto lets it go.',
  },
  {
    of: /CreateService|UpdateService/,
    at: /outcome/,
    when: refusal(/Network Configuration must be provided/),
    right: 'gantry',
    because: 'A task in awsvpc mode needs a network (4.1), a service of such tasks, too.',
  },
  {
    of: /CreateService/,
    at: /outcome/,
    when: refusal(/Creation of service was not idempotent/),
    right: 'gantry',
    because: 'The name is taken (1.11); moto puts the new service in the place of the old one.',
  },
  {
    of: /RegisterTaskDefinition/,
    at: /outcome|error\.message/,
    when: ({ gantry }) => /Container\.name should not be null or empty/.test(gantry ?? ''),
    right: 'gantry',
    because: 'moto takes an empty name.',
  },
  {
    of: /PutAccountSetting|DeleteAccountSetting/,
    at: /outcome/,
    when: refusal(/unknown should be one of/),
    right: 'gantry',
    because: 'moto takes settings there are not, except when they are listed.',
  },
  {
    of: /PutAttributes|DeleteAttributes/,
    at: /outcome/,
    when: ({ gantry, moto }) => gantry === 'ok' && moto?.startsWith('TargetNotFoundException') === true,
    right: 'gantry',
    because: 'An ARN is as good as an id (1.2); moto knows ids only.',
  },
];

const CLUSTERS: readonly Explanation[] = [
  {
    of: /.*Cluster.*/,
    at: /clusters?(\[\])?\.(activeServicesCount|registeredContainerInstancesCount)/,
    right: 'gantry',
    because: 'moto starts counting again when CreateCluster is repeated.',
  },
  {
    of: /.*Cluster.*/,
    at: /clusters?(\[\])?\.(pendingTasksCount|runningTasksCount)/,
    right: 'gantry',
    because: 'No agent works here, so tasks stay PENDING or PROVISIONING; with moto they run at once.',
  },
  {
    of: /.*Cluster.*/,
    at: /clusters?(\[\])?\.(capacityProviders|defaultCapacityProviderStrategy|tags|settings)(\[.*\](\.value)?)?/,
    right: 'gantry',
    because:
      'CreateCluster of an ACTIVE cluster gives it as it is (1.7), where moto makes it anew; and moto shows settings that nobody asked to include.',
  },
  {
    of: /DescribeClusters/,
    at: /clusters\[\]\.statistics/,
    when: onlyGantry,
    right: 'gantry',
    because: 'moto has no statistics (1.7).',
  },
  {
    of: /DescribeClusters/,
    at: /failures\[\]/,
    when: onlyGantry,
    right: 'gantry',
    because: 'Without names `default` is meant, and it is MISSING when it is not there.',
  },
  {
    of: /ListClusters/,
    at: /clusterArns\[\]/,
    right: 'gantry',
    because: 'An INACTIVE cluster can be described (1.7) and is not listed.',
  },
  {
    of: /DescribeCapacityProviders/,
    at: /capacityProviders\[FARGATE(_SPOT)?\]|failures\[\]/,
    right: 'gantry',
    because:
      'FARGATE and FARGATE_SPOT are there from the start; moto has none, and writes `capacity_provider` in ARNs.',
  },
];

const TASKS: readonly Explanation[] = [
  {
    of: /.*Tasks?/,
    at: /tasks?(\[\])?\.(attributes|availabilityZone|connectivity|connectivityAt|cpu|createdAt|enableExecuteCommand|ephemeralStorage|fargateEphemeralStorage|healthStatus|memory|overrides\..*|platformFamily|platformVersion|stopCode|stoppedAt|stoppingAt|version|containers\[app\]\.networkBindings)/,
    when: onlyGantry,
    right: 'gantry',
    because: 'moto does not keep these (3.2).',
  },
  {
    of: /.*Tasks?/,
    at: /tasks?(\[\])?\.(startedBy|stoppedReason)/,
    when: ({ gantry, moto }) => gantry === undefined && moto === '',
    right: 'gantry',
    because: 'What is not set is left out, not empty.',
  },
  {
    of: /StopTask|DescribeTasks/,
    at: /tasks?(\[\])?\.stoppedReason/,
    when: ({ gantry }) => /^Task stopped by user$|^enough$|deregistration forced by user$/.test(gantry ?? ''),
    right: 'gantry',
    because: 'There is a reason also when none was given (3.5), and the first StopTask is the one that counts.',
  },
  {
    of: /.*Tasks?/,
    at: /tasks?(\[\])?\.(lastStatus|containers\[app\]\.lastStatus)/,
    when: both,
    right: 'neither',
    because: 'No agent works here; a task of moto runs at once and takes a step with every look at it.',
  },
  {
    of: /.*Tasks?/,
    at: /tasks?(\[\])?\.containers\[app\]\.(exitCode|healthStatus)/,
    right: 'gantry',
    because: 'A container that has not ended has no exit code, one without health check is UNKNOWN.',
  },
  {
    of: /.*Tasks?/,
    at: /tasks?(\[\])?\.containers\[app\]\.(containerArn|taskArn)/,
    right: 'gantry',
    because: "moto puts the definition's ARN there (1.2).",
  },
  {
    of: /.*Tasks?/,
    at: /tasks?(\[\])?\.containers\[app\]\.(cpu|memory)/,
    when: ({ gantry, moto }) => gantry === moto,
    right: 'gantry',
    because: 'They are strings in the model.',
  },
  {
    of: /.*Tasks?/,
    at: /tasks?(\[\])?\.launchType/,
    when: ({ gantry, moto }) => gantry === 'EC2' && moto === '',
    right: 'gantry',
    because: 'Without launch type and strategy it is EC2 (4.1).',
  },
  {
    of: /.*Tasks?/,
    at: /tasks?(\[\])?\.attachments\[\](\.status|\.details\[\w+\])?/,
    right: 'neither',
    because:
      'The network interface is PRECREATED until the task is placed, with moto ATTACHED at once; a stopped task that never had one has none.',
  },
  {
    of: /StopTask|DescribeTasks/,
    at: /tasks?(\[\])?\.tags(\[[abc]\])?/,
    right: 'gantry',
    because:
      'StopTask removes the tags (1.9), and DescribeTasks shows `tags` as an empty list when they are not asked for.',
  },
  {
    of: /DescribeTasks|StartTask|RunTask/,
    at: /failures\[\]/,
    when: onlyGantry,
    right: 'gantry',
    because: 'What was not found or not started is in `failures` (1.5); moto says nothing.',
  },
  {
    of: /StartTask|RunTask/,
    at: /tasks\[\]/,
    right: 'gantry',
    because: 'A DRAINING instance takes no tasks (4.9); moto counts memory reservations in its own way.',
  },
  {
    of: /DescribeTasks/,
    at: /tasks\[\]/,
    when: onlyMoto,
    right: 'gantry',
    because: 'An id is looked up in the cluster of the call alone; moto finds it in any.',
  },
  {
    of: /DescribeTasks/,
    at: /tasks\[\]\.desiredStatus/,
    right: 'gantry',
    because: 'DeregisterContainerInstance with force stops the tasks; with moto they go on without an instance.',
  },
  {
    of: /ListTasks/,
    at: /taskArns\[\]/,
    right: 'gantry',
    because: 'Without desiredStatus only RUNNING ones are listed (1.4), and without launch type a task is EC2.',
  },
];

const SERVICES: readonly Explanation[] = [
  {
    of: /.*Services?/,
    at: /services?(\[\])?\.(availabilityZoneRebalancing|createdAt|createdBy|currentServiceDeployment|currentServiceRevisions|deploymentConfiguration|enableECSManagedTags|enableExecuteCommand|placementConstraints|placementStrategy|platformFamily|platformVersion|roleArn|events\[\]|deployments\[\]\.platformVersion|(deployments\[\]\.)?networkConfiguration\.awsvpcConfiguration\.assignPublicIp)/,
    when: onlyGantry,
    right: 'gantry',
    because: 'moto does not keep these (12).',
  },
  {
    of: /.*Services?/,
    at: /services?(\[\])?\.(deploymentController|networkConfiguration|taskSets)/,
    when: onlyMoto,
    right: 'gantry',
    because: 'A service without them does not show them (12).',
  },
  {
    of: /.*Services?/,
    at: /services?(\[\])?\.(deployments\[\]\.(desiredCount|pendingCount|rolloutState|rolloutStateReason)|pendingCount)/,
    right: 'gantry',
    because:
      'A new deployment is IN_PROGRESS, has no tasks yet and the wish of the last update; moto counts the wanted ones as pending.',
  },
  {
    of: /.*Services?/,
    at: /services?(\[\])?\.deployments\[\](\.platformFamily)?/,
    right: 'gantry',
    because: 'The family is Linux and of FARGATE only; a rolling update has two deployments, a deleted service none.',
  },
  {
    of: /DescribeServices/,
    at: /failures\[\]/,
    right: 'gantry',
    because: 'ARNs in `failures` are long ones (1.5).',
  },
  {
    of: /DeleteService|ListServices/,
    at: /service\.status|serviceArns\[\]/,
    right: 'gantry',
    because: 'A deleted service is DRAINING first, and is not listed any more (5).',
  },
];

const INSTANCES: readonly Explanation[] = [
  {
    of: /.*ContainerInstances?(State)?/,
    at: /containerInstances?(\[\])?\.(attachments|tags|version|attributes\[\](\.name|\.value)?)/,
    when: onlyGantry,
    right: 'gantry',
    because: 'moto does not keep these, and answers some calls with nameless attributes.',
  },
  {
    of: /.*ContainerInstance.*|ListAttributes/,
    at: /(containerInstances?(\[\])?\.)?attributes\[(ecs|com|gantry)\..*\](\.value|\.targetType)?/,
    right: 'gantry',
    because: 'moto makes attributes of its own for a machine (`windows`), and forgets those the agent says.',
  },
  {
    of: /.*ContainerInstance.*/,
    at: /containerInstances?(\[\])?\.(agentConnected|pendingTasksCount|runningTasksCount)/,
    right: 'gantry',
    because: 'An agent is connected when it has connected, and a task runs when it says so.',
  },
  {
    of: /.*ContainerInstance.*/,
    at: /containerInstances?(\[\])?\.remainingResources\[.*\]\..*/,
    right: 'gantry',
    because: 'Resources are charged until the task is STOPPED (4.5); moto gives them back at once, and takes port 0.',
  },
  {
    of: /DeregisterContainerInstance/,
    at: /containerInstance\.status/,
    right: 'gantry',
    because: 'A deregistered instance is INACTIVE.',
  },
  {
    of: /(Describe|Update)ContainerInstances(State)?/,
    at: /failures\[\]/,
    right: 'gantry',
    because: 'ARNs in `failures` are long ones, and a deregistered instance is INACTIVE before it is MISSING (1.5).',
  },
  {
    of: /DescribeContainerInstances/,
    at: /containerInstances\[\]/,
    when: onlyGantry,
    right: 'gantry',
    because: 'A deregistered instance can still be described.',
  },
  {
    of: /(Put|List|Delete)Attributes/,
    at: /attributes\[\w+\](\.targetId|\.targetType)?/,
    right: 'gantry',
    because: 'Targets are shown by ARN and type; deleting what is not there deletes nothing.',
  },
];

const OTHERS: readonly Explanation[] = [
  {
    of: /.*/,
    at: /.*/,
    when: ({ gantry, moto }) => gantry === '[]' && moto === undefined,
    right: 'gantry',
    because: 'ECS shows empty lists.',
  },
  {
    of: /ListTaskDefinitionFamilies/,
    at: /families\[\]/,
    right: 'gantry',
    because: 'A family without an ACTIVE revision is not an ACTIVE one (2.1).',
  },
  {
    of: /ListTagsForResource/,
    at: /tags\[\w\]/,
    when: onlyMoto,
    right: 'gantry',
    because: 'CreateCluster of an ACTIVE cluster, again: its tags stay as they are.',
  },
  {
    of: /(List|Put|Delete)AccountSettings?/,
    at: /settings?(\[\w+\])?(\.principalArn|\.type)?/,
    when: onlyGantry,
    right: 'gantry',
    because: 'moto knows no effective settings, nobody who owns one, and answers a deletion with nothing (1.8).',
  },
  {
    of: /ListAccountSettings/,
    at: /nextToken/,
    right: 'gantry',
    because: 'There are more than ten settings, and a page has ten (1.4).',
  },
  {
    of: /.*TaskDefinitions?/,
    at: /tags|taskDefinitions?(\[\])?\.(registeredAt|registeredBy|deregisteredAt|deleteRequestedAt|requiresAttributes|enableFaultInjection|compatibilities\[\]|volumes\[data\]\.host|containerDefinitions\[app\]\.(systemControls|portMappings\[\]\.(hostPort|protocol)))/,
    when: onlyGantry,
    right: 'gantry',
    because: 'moto does not fill in what ECS derives and defaults (2.1).',
  },
];

export const EXPLAINED: readonly Explanation[] = [
  ...REFUSALS,
  ...CLUSTERS,
  ...TASKS,
  ...SERVICES,
  ...INSTANCES,
  ...OTHERS,
];
