import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ecsClient } from './ecs.ts';
import { command, startWorld, until, type World } from './world.ts';

let world: World;
let ecs: ReturnType<typeof ecsClient>;

before(async () => {
  world = await startWorld('--healthy-after', '1s');
  ecs = ecsClient(world);
  await ecs.call('RegisterTaskDefinition', {
    family: 'web',
    containerDefinitions: [{ name: 'web', image: 'gantry/hello', memory: 16, portMappings: [{ containerPort: 80 }] }],
  });
});
after(async () => {
  await world?.down();
});

const runningTasks = async (serviceName: string): Promise<readonly string[]> => {
  const { taskArns } = await ecs.call('ListTasks', { serviceName });
  if (taskArns === undefined || taskArns.length === 0) return [];
  const { tasks } = await ecs.call('DescribeTasks', { tasks: taskArns });
  return (tasks ?? []).filter((t) => t.lastStatus === 'RUNNING').map((t) => t.taskArn as string);
};

const containersOf = async (taskArn: string): Promise<readonly string[]> => {
  const out = await command('docker', [
    'ps',
    '-q',
    '--no-trunc',
    '--filter',
    `label=com.amazonaws.ecs.task-arn=${taskArn}`,
  ]);
  return out.split('\n').filter((line) => line !== '');
};

const steady = (serviceName: string, count: number): Promise<readonly string[]> =>
  until(`${serviceName} has ${count} running tasks`, async () => {
    const running = await runningTasks(serviceName);
    return running.length === count ? running : undefined;
  });

test('a killed container is replaced at once', async () => {
  await ecs.call('CreateService', { serviceName: 'one', taskDefinition: 'web', desiredCount: 2 });
  const [victim, other] = await steady('one', 2);
  const [container] = await containersOf(victim as string);
  await command('docker', ['kill', container as string]);
  const now = await until(
    'two running again, one of them new',
    async () => {
      const running = await runningTasks('one');
      return running.length === 2 && !running.includes(victim as string) ? running : undefined;
    },
    20_000,
  );
  assert.ok(now.includes(other as string));
  const { tasks } = await ecs.call('DescribeTasks', { tasks: [victim as string] });
  assert.equal(tasks?.[0]?.stopCode, 'EssentialContainerExited');
  assert.equal(tasks?.[0]?.containers?.[0]?.exitCode, 137);
});

test('kill -9 of the control plane loses nothing acknowledged, and tasks go on', async () => {
  const before = await steady('one', 2);
  const containers = (await Promise.all(before.map(containersOf))).flat();
  let acknowledged = 0;
  let killed = false;
  const writing = (async () => {
    for (let i = 1; i <= 5_000 && !killed; i += 1) {
      try {
        const { taskDefinition } = await ecs.call('RegisterTaskDefinition', {
          family: 'many',
          containerDefinitions: [{ name: 'x', image: 'gantry/hello', memory: 16 }],
        });
        acknowledged = taskDefinition?.revision as number;
      } catch {
        return;
      }
    }
  })();
  await until('some are acknowledged', () => Promise.resolve(acknowledged >= 50));
  process.kill(world.pid('control-plane'), 'SIGKILL');
  killed = true;
  await writing;
  await world.up();
  const { taskDefinition } = await ecs.call('DescribeTaskDefinition', { taskDefinition: `many:${acknowledged}` });
  assert.equal(taskDefinition?.revision, acknowledged);
  assert.deepEqual([...(await steady('one', 2))].sort(), [...before].sort(), 'the same tasks still run');
  assert.deepEqual(
    (await Promise.all(before.map(containersOf))).flat().sort(),
    [...containers].sort(),
    'in the same containers',
  );
});

test('kill -9 of the agent: containers go on, and what died meanwhile is replaced', async () => {
  const before = await steady('one', 2);
  const [victim] = await containersOf(before[0] as string);
  process.kill(world.pid('agent'), 'SIGKILL');
  assert.equal((await containersOf(before[1] as string)).length, 1);
  await command('docker', ['kill', victim as string]);
  await world.up();
  const now = await until('the dead one is replaced', async () => {
    const running = await runningTasks('one');
    return running.length === 2 && !running.includes(before[0] as string) ? running : undefined;
  });
  assert.ok(now.includes(before[1] as string), 'the living one was left alone');
});

test('both killed while tasks start: they all get there, and nothing is left behind', async () => {
  await ecs.call('CreateService', { serviceName: 'burst', taskDefinition: 'web', desiredCount: 6 });
  process.kill(world.pid('agent'), 'SIGKILL');
  process.kill(world.pid('control-plane'), 'SIGKILL');
  await world.up();
  await steady('burst', 6);
  await ecs.call('DeleteService', { service: 'burst', force: true });
  await ecs.call('DeleteService', { service: 'one', force: true });
  await until('no container of ours runs', async () => {
    const { taskArns } = await ecs.call('ListTasks', {});
    const out = await command('docker', ['ps', '-q', '--filter', 'label=com.amazonaws.ecs.task-definition-family=web']);
    return taskArns?.length === 0 && out.trim() === '';
  });
});
