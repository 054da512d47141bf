import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ecsClient } from './ecs.ts';
import { command, CommandFailed, startWorld, until, type World } from './world.ts';

// Addresses of the test's own: two runs on one machine do not meet.
const SECOND = 240 + (process.pid % 10);
const FAMILY = { networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'], cpu: '256', memory: '512' } as const;
const SERVE = 'httpd -p 8080 -h /etc; httpd -p 8081 -h /etc; exec sleep 2147483647';

let world: World;
let ecs: ReturnType<typeof ecsClient>;
let vpcId: string;
let subnets: string[];

before(async () => {
  world = await startWorld();
  ecs = ecsClient(world);
  const ec2 = <T>(...args: string[]): Promise<T> => world.aws<T>('ec2', ...args);
  const { Vpc } = await ec2<{ Vpc: { VpcId: string } }>('create-vpc', '--cidr-block', `10.${SECOND}.0.0/16`);
  vpcId = Vpc.VpcId;
  const made = ['a', 'b'].map(async (zone, n) => {
    const where = ['--vpc-id', vpcId, '--availability-zone', `us-east-1${zone}`];
    const block = ['--cidr-block', `10.${SECOND}.${n + 1}.0/24`];
    const { Subnet } = await ec2<{ Subnet: { SubnetId: string } }>('create-subnet', ...where, ...block);
    return Subnet.SubnetId;
  });
  subnets = await Promise.all(made);
  const container = { name: 'main', image: 'gantry/hello', essential: true };
  const containerDefinitions = [{ ...container, command: ['/bin/sh', '-c', SERVE] }];
  await ecs.call('RegisterTaskDefinition', { family: 'server', ...FAMILY, containerDefinitions } as never);
});
after(() => world?.down());

async function aGroup(name: string): Promise<string> {
  const named = ['--group-name', name, '--description', name, '--vpc-id', vpcId];
  return (await world.aws<{ GroupId: string }>('ec2', 'create-security-group', ...named)).GroupId;
}

interface Running {
  readonly taskArn: string;
  readonly zone: string;
  readonly address: string;
  /** Whether its container gets a file from there within two seconds. */
  gets(address: string, port: number): Promise<boolean>;
}

async function run(count: number, securityGroups: readonly string[], inSubnets = subnets): Promise<Running[]> {
  const networkConfiguration = { awsvpcConfiguration: { subnets: inSubnets, securityGroups: [...securityGroups] } };
  const asked = { taskDefinition: 'server', launchType: 'FARGATE' as const, count, networkConfiguration };
  const { tasks = [], failures } = await ecs.call('RunTask', asked);
  assert.deepEqual(failures, []);
  return Promise.all(tasks.map(({ taskArn = '' }) => running(taskArn)));
}

async function running(taskArn: string): Promise<Running> {
  const task = await until(`${taskArn} is RUNNING`, async () => {
    const [found] = (await ecs.call('DescribeTasks', { tasks: [taskArn] })).tasks ?? [];
    assert.notEqual(found?.lastStatus, 'STOPPED', found?.stoppedReason);
    return found?.lastStatus === 'RUNNING' ? found : undefined;
  });
  const details = task.attachments?.[0]?.details ?? [];
  const address = details.find(({ name }) => name === 'privateIPv4Address')?.value ?? '';
  const label = `label=com.amazonaws.ecs.task-arn=${taskArn}`;
  const id = (await command('docker', ['ps', '-q', '--filter', label])).trim();
  return {
    taskArn,
    zone: task.availabilityZone ?? '',
    address,
    gets: (to, port) =>
      command('docker', ['exec', id, 'timeout', '2', 'wget', '-qO-', `http://${to}:${port}/hosts`]).then(
        () => true,
        (error: unknown) => {
          if (error instanceof CommandFailed) return false;
          throw error;
        },
      ),
  };
}

test('tasks reach each other where their security groups say so, across zones made while it runs', async () => {
  const [webs, clients] = await Promise.all([aGroup('webs'), aGroup('clients')]);
  const permit = ['--group-id', webs, '--protocol', 'tcp', '--port', '8080', '--source-group', clients];
  await world.aws('ec2', 'authorize-security-group-ingress', ...permit);
  const [servers, [client], [stranger]] = await Promise.all([run(2, [webs]), run(1, [clients]), run(1, [])]);
  assert.ok(client !== undefined && stranger !== undefined);
  assert.deepEqual(servers.map(({ zone }) => zone).toSorted(), ['us-east-1a', 'us-east-1b']);
  for (const server of servers) {
    assert.ok(await client.gets(server.address, 8080), 'its group may');
    assert.equal(await client.gets(server.address, 8081), false, 'another port');
    assert.equal(await stranger.gets(server.address, 8080), false, 'another group');
    assert.ok(await server.gets(server.address, 8081), 'itself');
    const page = await fetch(`http://${server.address}:8081/hosts`, { signal: AbortSignal.timeout(5_000) });
    assert.equal(page.status, 200, 'the host itself');
  }
  const [server] = servers as [Running];

  const filter = ['--filters', `Name=group-id,Values=${webs}`];
  const { NetworkInterfaces } = await world.aws<{
    NetworkInterfaces: { PrivateIpAddress: string; Description: string; SubnetId: string }[];
  }>('ec2', 'describe-network-interfaces', ...filter);
  assert.deepEqual(
    NetworkInterfaces.map((one) => one.PrivateIpAddress).toSorted(),
    servers.map((one) => one.address).toSorted(),
  );
  for (const one of NetworkInterfaces) assert.match(one.Description, /^arn:aws:ecs:us-east-1:\d{12}:attachment\//);
  await assert.rejects(world.aws('ec2', 'delete-security-group', '--group-id', webs), /DependencyViolation/);
  await assert.rejects(world.aws('ec2', 'delete-subnet', '--subnet-id', subnets[0] as string), /DependencyViolation/);

  await world.aws('ec2', 'revoke-security-group-ingress', ...permit);
  await until('the rule is gone', async () => !(await client.gets(server.address, 8080)));
});

test('a task without a group has the default one, whose members reach each other', async () => {
  const [one, two] = await run(2, []);
  assert.ok(one !== undefined && two !== undefined);
  assert.ok(await one.gets(two.address, 8081));
  assert.ok(await two.gets(one.address, 8080));
});

test('RunTask refuses networks that are not there, in the words of ECS', async () => {
  const ask = (awsvpcConfiguration: object): Promise<unknown> =>
    ecs.call('RunTask', {
      taskDefinition: 'server',
      launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration },
    } as never);
  await assert.rejects(ask({ subnets: ['subnet-nowhere'] }), /InvalidSubnetID\.NotFound/);
  await assert.rejects(ask({ subnets, securityGroups: ['sg-nowhere'] }), /InvalidGroup\.NotFound/);
  const mixed = [...subnets, 'subnet-00000000000000001'];
  await assert.rejects(ask({ subnets: mixed }), /the same VPC/);
});
