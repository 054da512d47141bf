import type { PayloadContainer, PayloadTask } from '@gantry/protocol';

export function aContainer(
  name: string,
  over: Partial<PayloadContainer> & { hostConfig?: object; config?: object } = {},
): PayloadContainer {
  const { hostConfig = {}, config = {}, ...rest } = over;
  return {
    name,
    image: 'app:1',
    environment: {},
    essential: true,
    cpu: 10,
    memory: 64,
    overrides: '{}',
    dockerConfig: { config: JSON.stringify(config), hostConfig: JSON.stringify(hostConfig), version: '1.24' },
    portMappings: [],
    mountPoints: [],
    volumesFrom: [],
    dependsOn: [],
    containerArn: `arn:aws:ecs:us-east-1:000000000000:container/default/${name}`,
    ...rest,
  };
}

export function taskArn(number: number): string {
  return `arn:aws:ecs:us-east-1:000000000000:task/default/${number.toString(16).padStart(32, '0')}`;
}

export function aTask(
  number: number,
  containers: readonly PayloadContainer[],
  over: Partial<PayloadTask> = {},
): PayloadTask {
  return {
    arn: taskArn(number),
    taskClusterArn: 'arn:aws:ecs:us-east-1:000000000000:cluster/default',
    family: 'web',
    version: '1',
    desiredStatus: 'RUNNING',
    containers,
    volumes: [],
    networkMode: 'bridge',
    launchType: 'EC2',
    ...over,
  };
}

export function stopOf(number: number): PayloadTask {
  return { arn: taskArn(number), desiredStatus: 'STOPPED', containers: [] };
}

export const eni = (address = '10.0.0.7'): NonNullable<PayloadTask['elasticNetworkInterfaces']>[number] => ({
  ec2Id: 'eni-1',
  macAddress: '02:00:00:00:00:07',
  attachmentArn: 'arn:aws:ecs:us-east-1:000000000000:attachment/a1',
  ipv4Addresses: [{ privateAddress: address, primary: true }],
  subnetGatewayIpv4Address: '10.0.0.1/24',
  domainNameServers: [],
  domainName: [],
  privateDnsName: 'ip-10-0-0-7',
});

/** Credentials of an execution role. */
export const executionRole = (number = 1): NonNullable<PayloadTask['executionRoleCredentials']> => ({
  credentialsId: `id-${number}`,
  roleArn: 'arn:aws:iam::000000000000:role/execution',
  accessKeyId: 'ASIAEXECUTION',
  secretAccessKey: 'execution-secret-key',
  sessionToken: 'execution-token',
  expiration: '2026-01-01T00:00:00Z',
});
