import assert from 'node:assert/strict';
import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ecsClient } from './ecs.ts';
import { docker, json, NOTHING, traces } from './traces.ts';
import { CommandFailed, startWorld, until, type World } from './world.ts';

let world: World;
let ecs: ReturnType<typeof ecsClient>;

before(async () => {
  world = await startWorld();
  ecs = ecsClient(world);
});
after(async () => {
  await world?.down();
});

const idOf = (arn: string | undefined): string => arn?.split('/').at(-1) ?? '';

async function start(family: string, definition: object, run: object = {}, status = 'RUNNING'): Promise<string> {
  await ecs.call('RegisterTaskDefinition', { family, ...definition } as never);
  const { tasks, failures } = await ecs.call('RunTask', { taskDefinition: family, ...run } as never);
  assert.deepEqual(failures, []);
  const arn = tasks?.[0]?.taskArn ?? '';
  const cluster = arn.split('/').at(-2) ?? '';
  await until(`${family} is ${status}`, async () => {
    const answer = await ecs.call('DescribeTasks', { cluster, tasks: [arn] });
    return answer.tasks?.[0]?.lastStatus === status;
  });
  return idOf(arn);
}

const shell = (script: string, more: object = {}) => ({
  name: 'main',
  image: 'gantry/hello',
  memory: 16,
  essential: true,
  entryPoint: ['/bin/sh', '-c'],
  command: [script],
  ...more,
});
const STAYS = "trap 'echo last words; exit 0' TERM; echo first words; while :; do sleep 0.1; done";
const SUBNET = 'subnet-00000000000000001';
const logging = (group: string) => ({
  logConfiguration: {
    logDriver: 'awslogs',
    options: {
      'awslogs-group': group,
      'awslogs-region': 'us-east-1',
      'awslogs-create-group': 'true',
      'awslogs-stream-prefix': 'p',
    },
  },
});

/** A task of every sort that leaves something: containers, an address, a size, a volume, an end of its own, another cluster. */
async function startSome(): Promise<readonly string[]> {
  const volumes = [{ name: 'data', dockerVolumeConfiguration: { scope: 'task' } }];
  const mountPoints = [{ sourceVolume: 'data', containerPath: '/data' }];
  const fargate = { networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'], cpu: '256', memory: '512' };
  const far = { launchType: 'FARGATE', networkConfiguration: { awsvpcConfiguration: { subnets: [SUBNET] } } };
  await ecs.call('CreateCluster', { clusterName: 'other' });
  return Promise.all([
    start('talks', { containerDefinitions: [shell(STAYS, logging('/e2e/talks'))] }),
    start('keeps', { volumes, containerDefinitions: [shell(STAYS, { mountPoints })] }),
    start('sized', { cpu: '128', memory: '64', containerDefinitions: [shell(STAYS)] }),
    start('ends', { containerDefinitions: [shell('true')] }, {}, 'STOPPED'),
    start('far', { ...fargate, containerDefinitions: [shell(STAYS, { memory: 64 })] }, { cluster: 'other', ...far }),
  ]);
}

const pausesOf = async (): Promise<readonly string[]> => {
  const { bridge } = json<{ bridge: string }>(join(world.dataDir, 'network.json'));
  return docker('ps', '-aq', '--no-trunc', '--filter', `label=gantry.network=${bridge}`);
};

test('gantry down leaves tasks, and their addresses, but no namespaces kept ready', async () => {
  const ids = await startSome();
  await world.gantry('down');
  const left = await traces(world, ids);
  assert.equal(left.containers.length, 5);
  assert.deepEqual(
    left.pauses.map((name) => name.startsWith('gantry-lease-10.')),
    [true],
  );
  assert.equal(left.claims.length, 1);
  assert.deepEqual(left.processes, []);
});

test('gantry down --tasks without a control plane refuses while tasks run, and says how to get on', async () => {
  const before = await traces(world, []);
  await assert.rejects(world.gantry('down', '--tasks'), (error: CommandFailed) => {
    assert.equal(error.code, 1);
    assert.match(error.stderr, /4 containers of tasks \(ecs-.*\) still run; nothing was removed/);
    assert.match(error.stderr, /gantry up --detach.*--force/);
    return true;
  });
  assert.deepEqual(await traces(world, []), before);
});

test('gantry down --tasks leaves nothing on the machine', async () => {
  await world.up();
  const all = await ecs.call('ListTasks', { cluster: 'default' });
  const far = await ecs.call('ListTasks', { cluster: 'other' });
  const ids = [...(all.taskArns ?? []), ...(far.taskArns ?? [])].map(idOf);
  assert.equal(ids.length, 4);
  const pauses = await pausesOf();
  const before = await traces(world, ids, pauses);
  for (const [kind, found] of Object.entries(before)) assert.notDeepEqual(found, [], `no ${kind}: nothing is shown`);
  const out = await world.gantry('down', '--tasks');
  assert.match(out, /^Removed: 5 containers, 1 volume, the task network gantry\d+\.$/m);
  assert.deepEqual(await traces(world, ids, pauses), NOTHING);
  assert.ok(existsSync(join(world.dataDir, 'state.db')), 'what the control plane knows stays');
});

test('and what the tasks wrote to their very end is there after the next up', async () => {
  await world.up();
  const { taskArns } = await ecs.call('ListTasks', { family: 'talks', desiredStatus: 'STOPPED' });
  const out = await world.gantry('logs', idOf(taskArns?.[0]));
  assert.match(out, /first words\n(.*\n)*.*last words/);
});

test('after kill -9 of everything --force still gives the machine back', async () => {
  const ids = await startSome();
  const pauses = await pausesOf();
  for (const name of ['agent', 'control-plane'] as const) process.kill(world.pid(name), 'SIGKILL');
  await assert.rejects(world.gantry('down', '--tasks'), /the control-plane does not run, so tasks cannot be stopped/);
  await world.gantry('down', '--tasks', '--force');
  assert.deepEqual(await traces(world, ids, pauses), NOTHING);
});

test('gantry down --tasks --purge takes the data directory, too', async () => {
  await world.up();
  const ids = [await start('talks', { containerDefinitions: [shell(STAYS)] })];
  const out = await world.gantry('down', '--tasks', '--purge', '--yes');
  assert.ok(out.includes(`Removed ${world.dataDir}.`), out);
  assert.equal(existsSync(world.dataDir), false);
  assert.deepEqual(globSync(ids.map((id) => `/sys/fs/cgroup/{ecs,*/ecs}/${id}`)), []);
});
