import {
  clusterArn,
  containerArn,
  epochMs,
  taskArn,
  taskDefinitionArn,
  type AccountId,
  type Cluster,
  type ContainerDefinition,
  type IamRole,
  type Region,
  type Scope,
  type Task,
  type TaskDefinition,
  type TaskId,
} from '@gantry/domain';

export const SCOPE: Scope = { account: '000000000000' as AccountId, region: 'us-east-1' as Region };

export function aCluster(clusterName = 'default', scope = SCOPE): Cluster {
  return {
    scope,
    clusterName,
    clusterArn: clusterArn(scope, clusterName),
    status: 'ACTIVE',
    internal: false,
    capacityProviders: [],
    defaultCapacityProviderStrategy: [],
    settings: [],
    tags: [],
    createdAt: epochMs(0),
  };
}

export function aContainer(over: Partial<ContainerDefinition> = {}): ContainerDefinition {
  return {
    name: 'web',
    image: 'gantry/hello:latest',
    cpu: 0,
    essential: true,
    portMappings: [],
    environment: [],
    ...over,
  };
}

export function aDefinition(over: Partial<TaskDefinition> = {}): TaskDefinition {
  return {
    scope: SCOPE,
    taskDefinitionArn: taskDefinitionArn(SCOPE, 'web', 7),
    family: 'web',
    revision: 7,
    status: 'ACTIVE',
    containerDefinitions: [aContainer()],
    networkMode: 'bridge',
    volumes: [],
    placementConstraints: [],
    compatibilities: ['EC2'],
    requiresAttributes: [],
    tags: [],
    registeredAt: epochMs(0),
    registeredBy: 'arn:aws:iam::000000000000:root',
    ...over,
  };
}

export function aTask(number = 1, over: Partial<Task> = {}): Task {
  const id = number.toString(16).padStart(32, '0') as TaskId;
  return {
    scope: SCOPE,
    cluster: 'default',
    id,
    taskArn: taskArn(SCOPE, 'default', id),
    taskDefinitionArn: taskDefinitionArn(SCOPE, 'web', 7),
    taskDefinitionKey: '000000000000/us-east-1/web:7',
    family: 'web',
    revision: 7,
    group: 'family:web',
    launchType: 'EC2',
    networkMode: 'bridge',
    placementConstraints: [],
    placementStrategy: [],
    overrides: { containerOverrides: [] },
    enableExecuteCommand: false,
    tags: [],
    reservation: { cpuUnits: 0, memoryMiB: 64, tcpPorts: [], udpPorts: [], gpuCount: 0, eniCount: 0 },
    desiredStatus: 'RUNNING',
    lastStatus: 'PENDING',
    containers: [
      {
        containerArn: containerArn(SCOPE, 'default', id, '11111111-1111-4111-8111-111111111111'),
        name: 'web',
        image: 'gantry/hello:latest',
        essential: true,
        lastStatus: 'PENDING',
        networkBindings: [],
        healthStatus: 'UNKNOWN',
        hasHealthCheck: true,
        cpu: 0,
      },
    ],
    healthStatus: 'UNKNOWN',
    createdAt: epochMs(0),
    because: 'run-task',
    version: 1,
    ...over,
  };
}

/** A trust policy for one service. */
export const trusting = (Service: string, more: object = {}): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole', ...more }],
  });

/** A role that tasks may have, unless it says otherwise. */
export function aRole(
  roleName: string,
  assumeRolePolicyDocument = trusting('ecs-tasks.amazonaws.com'),
  { account }: Pick<Scope, 'account'> = SCOPE,
): IamRole {
  return {
    account,
    path: '/',
    arn: `arn:aws:iam::${account}:role/${roleName}`,
    createDate: epochMs(0),
    inlinePolicies: {},
    attachedPolicies: [],
    roleName,
    roleId: `AROA${roleName.toUpperCase()}`,
    tags: [],
    trustedIds: {},
    assumeRolePolicyDocument,
    maxSessionDurationSeconds: 3600,
  };
}
