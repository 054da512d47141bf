import {
  epochMs,
  type AccountId,
  type Deployment,
  type Instance,
  type InstanceId,
  type Region,
  type Service,
  type Task,
  type TaskDefinition,
  type TaskId,
} from '@gantry/domain';

export const SCOPE = { account: '123456789012' as AccountId, region: 'us-east-1' as Region };
export const CLUSTER_KEY = '123456789012/us-east-1/default';

/** A placed PENDING task of one essential container `app`; members given are laid over it. */
export function aTask(more: Partial<Task> = {}): Task {
  const id = (more.id ?? '1'.repeat(32)) as TaskId;
  return {
    scope: SCOPE,
    cluster: 'default',
    id,
    taskArn: `arn:aws:ecs:us-east-1:123456789012:task/default/${id}`,
    taskDefinitionArn: 'arn:aws:ecs:us-east-1:123456789012:task-definition/web:1',
    taskDefinitionKey: '123456789012/us-east-1/web:1',
    family: 'web',
    revision: 1,
    group: 'family:web',
    launchType: 'EC2',
    networkMode: 'bridge',
    placementConstraints: [],
    placementStrategy: [],
    overrides: { containerOverrides: [] },
    enableExecuteCommand: false,
    tags: [],
    reservation: { cpuUnits: 128, memoryMiB: 64, tcpPorts: [], udpPorts: [], gpuCount: 0, eniCount: 0 },
    desiredStatus: 'RUNNING',
    lastStatus: 'PENDING',
    containers: [
      {
        containerArn: `arn:aws:ecs:us-east-1:123456789012:container/default/${id}/c`,
        name: 'app',
        image: 'app',
        essential: true,
        lastStatus: 'PENDING',
        networkBindings: [],
        healthStatus: 'UNKNOWN',
        hasHealthCheck: false,
        cpu: 128,
        memory: 64,
      },
    ],
    healthStatus: 'UNKNOWN',
    createdAt: epochMs(500),
    because: 'run-task',
    version: 1,
    ...more,
  };
}

/** An ACTIVE, connected EC2 instance of 4 vCPU and 8 GiB in `us-east-1a`. */
export function anInstance(more: Partial<Instance> = {}): Instance {
  const id = (more.id ?? 'a'.repeat(32)) as InstanceId;
  return {
    scope: SCOPE,
    cluster: 'default',
    id,
    containerInstanceArn: `arn:aws:ecs:us-east-1:123456789012:container-instance/default/${id}`,
    pool: 'ec2',
    status: 'ACTIVE',
    agentConnected: true,
    attributes: [],
    registered: { cpuUnits: 4096, memoryMiB: 8192, tcpPorts: [22], udpPorts: [], gpuIds: [] },
    availabilityZone: 'us-east-1a',
    maxEnis: 16,
    versionInfo: {},
    tags: [],
    registeredAt: epochMs(0),
    version: 1,
    nextSeq: 1,
    ...more,
  };
}

export function aDefinition(more: Partial<TaskDefinition> = {}): TaskDefinition {
  return {
    scope: SCOPE,
    taskDefinitionArn: 'arn:aws:ecs:us-east-1:123456789012:task-definition/web:1',
    family: 'web',
    revision: 1,
    status: 'ACTIVE',
    containerDefinitions: [
      { name: 'app', image: 'app', cpu: 128, memory: 64, essential: true, portMappings: [], environment: [] },
    ],
    networkMode: 'bridge',
    volumes: [],
    placementConstraints: [],
    compatibilities: ['EC2'],
    requiresAttributes: [],
    tags: [],
    registeredAt: epochMs(0),
    registeredBy: 'arn:aws:iam::123456789012:root',
    ...more,
  };
}

export function aDeployment(more: Partial<Deployment> = {}): Deployment {
  const id = more.id ?? 'ecs-svc/1';
  return {
    id,
    status: 'PRIMARY',
    taskDefinitionArn: 'arn:aws:ecs:us-east-1:123456789012:task-definition/web:1',
    taskDefinitionKey: '123456789012/us-east-1/web:1',
    desiredCount: 2,
    launchType: 'EC2',
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: `ECS deployment ${id} in progress.`,
    failedTasks: 0,
    createdAt: epochMs(0),
    updatedAt: epochMs(0),
    ...more,
  };
}

export function aService(more: Partial<Service> = {}): Service {
  return {
    scope: SCOPE,
    cluster: 'default',
    serviceName: 'web',
    serviceArn: 'arn:aws:ecs:us-east-1:123456789012:service/default/web',
    status: 'ACTIVE',
    desiredCount: 2,
    schedulingStrategy: 'REPLICA',
    launchType: 'EC2',
    taskDefinitionArn: 'arn:aws:ecs:us-east-1:123456789012:task-definition/web:1',
    deploymentConfiguration: {
      minimumHealthyPercent: 100,
      maximumPercent: 200,
      deploymentCircuitBreaker: { enable: false, rollback: false },
    },
    deployments: [aDeployment()],
    placementConstraints: [],
    placementStrategy: [],
    enableECSManagedTags: false,
    propagateTags: 'NONE',
    enableExecuteCommand: false,
    availabilityZoneRebalancing: 'DISABLED',
    tags: [],
    createdAt: epochMs(0),
    createdBy: 'arn:aws:iam::123456789012:root',
    ...more,
  };
}
