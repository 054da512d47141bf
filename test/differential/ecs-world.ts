import { sign } from '@gantry/protocol';
import { once } from 'node:events';
import { until } from '../e2e/world.ts';
import type { Json, JsonObject } from './json.ts';
import { REGION, signedFetch, type Side } from './sides.ts';
import type { Twins } from './twins.ts';

/** Machines moto knows: a container instance is one of them. */
export const MACHINES = 3;

/** Gives both sides what ECS calls refer to: a subnet and machines. */
export async function furnish(twins: Twins, _gantry: Side, moto: Side): Promise<void> {
  const subnets = await ec2(moto, 'DescribeSubnets', {});
  const subnet = /<subnetId>(subnet-\w+)</.exec(subnets)?.[1];
  if (subnet === undefined) throw new Error(`moto has no subnet: ${subnets.slice(0, 200)}`);
  twins.add('subnet', { gantry: 'subnet-00000000000000001', moto: subnet });
  const count = String(MACHINES);
  const run = await ec2(moto, 'RunInstances', { ImageId: 'ami-12c6146b', MinCount: count, MaxCount: count });
  const machines = [...run.matchAll(/<instanceId>(i-\w+)</g)].map((match) => match[1] as string);
  if (machines.length !== MACHINES) throw new Error(`moto has not run the machines: ${run.slice(0, 200)}`);
  for (const [n, id] of machines.entries()) twins.add('machine', { gantry: `i-${'0'.repeat(16)}${n}`, moto: id });
}

async function ec2(moto: Side, action: string, parameters: Readonly<Record<string, string>>): Promise<string> {
  const body = new URLSearchParams({ Action: action, Version: '2016-11-15', ...parameters }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return (await signedFetch(moto.endpoint, moto.account, 'ec2', body, headers)).text();
}

/** A machine as its agent registers it, of the size moto gives every one. */
export function registration(machine: number, cluster: JsonObject): JsonObject {
  const none = { doubleValue: 0, longValue: 0 };
  return {
    ...cluster,
    instanceIdentityDocument: `{"instanceId":"«machine ${machine}»"}`,
    versionInfo: { agentVersion: '1.0.0', agentHash: '4023248', dockerVersion: 'DockerVersion: 1.5.0' },
    totalResources: [
      { name: 'CPU', type: 'INTEGER', integerValue: 4096, ...none },
      { name: 'MEMORY', type: 'INTEGER', integerValue: 7482, ...none },
      { name: 'PORTS', type: 'STRINGSET', stringSetValue: ['22', '2376', '2375', '51678', '51679'], ...none },
      { name: 'PORTS_UDP', type: 'STRINGSET', stringSetValue: [], ...none },
    ],
    attributes: [
      { name: 'ecs.ami-id', value: 'ami-12c6146b' },
      { name: 'ecs.availability-zone', value: 'us-east-1a' },
      { name: 'ecs.instance-type', value: 'm1.small' },
      { name: 'ecs.os-type', value: 'linux' },
      { name: 'com.amazonaws.ecs.capability.docker-remote-api.1.18' },
      { name: 'com.amazonaws.ecs.capability.docker-remote-api.1.19' },
      { name: 'com.amazonaws.ecs.capability.docker-remote-api.1.21' },
      { name: 'ecs.capability.task-eni' },
      { name: 'gantry.pool', value: 'ec2' },
    ],
  };
}

/** An agent that listens and does nothing: instances take tasks, tasks stay PENDING. Resolves to how to end it. */
export async function connectAgent(
  gantry: Side,
  instance: JsonObject,
  cluster: Json | undefined,
): Promise<() => Promise<void>> {
  const arn = instance['containerInstanceArn'] as string;
  const query = new URLSearchParams({
    agentHash: '4023248',
    agentVersion: '1.0.0',
    clusterArn: typeof cluster === 'string' ? cluster : 'default',
    containerInstanceArn: arn,
    dockerVersion: 'DockerVersion: 1.5.0',
    protocolVersion: '2',
    sendCredentials: 'false',
    seqNum: '1',
  }).toString();
  const url = new URL(`${gantry.endpoint.replace(/^http/, 'ws')}/acs/ws?${query}`);
  const request = { method: 'GET', path: url.pathname, query, headers: { host: url.host }, body: '' };
  const credentials = { accessKeyId: gantry.account, secretAccessKey: 'secret' };
  const { host: _host, ...headers } = sign(request, credentials, { service: 'ecs', region: REGION, now: Date.now() });
  const socket = new WebSocket(url, { headers } as unknown as string[]);
  // The session also ends when its instance is deregistered.
  const closed = once(socket, 'close');
  await Promise.race([once(socket, 'open'), closed]);
  await until(`${arn} is connected`, async () => {
    const input = { cluster: cluster ?? 'default', containerInstances: [arn] };
    const answer = await gantry.call('ecs', 'DescribeContainerInstances', input);
    if (!answer.ok) throw new Error(answer.message);
    const [found] = answer.output['containerInstances'] as readonly JsonObject[];
    return found?.['agentConnected'] === true;
  });
  return async () => {
    socket.close(1000);
    await closed;
  };
}
