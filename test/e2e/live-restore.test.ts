import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ecsClient } from './ecs.ts';
import { noPrivateEngine, PrivateEngine } from './private-engine.ts';
import { startWorld, until, type World } from './world.ts';

/** With `live-restore` an engine's containers outlive it: the event stream breaks, every call fails, and nothing has happened. */
describe('an engine that dies and leaves its containers alive', { skip: noPrivateEngine }, () => {
  let engine: PrivateEngine | undefined;
  let world: World;
  let ecs: ReturnType<typeof ecsClient>;

  before(async () => {
    engine = new PrivateEngine({}, { 'live-restore': true });
    await engine.start();
    process.env['DOCKER_HOST'] = engine.host;
    world = await startWorld();
    ecs = ecsClient(world);
    const containerDefinitions = [{ name: 'web', image: 'gantry/hello', memory: 16 }];
    await ecs.call('RegisterTaskDefinition', { family: 'web', networkMode: 'none', containerDefinitions });
    await ecs.call('CreateService', { serviceName: 'kept', taskDefinition: 'web', desiredCount: 3 });
  });
  after(async () => {
    try {
      await world?.down();
    } finally {
      await engine?.remove();
      delete process.env['DOCKER_HOST'];
    }
  });

  const running = async (): Promise<readonly string[]> => {
    const { taskArns } = await ecs.call('ListTasks', { serviceName: 'kept' });
    if (taskArns?.length === 0) return [];
    const { tasks } = await ecs.call('DescribeTasks', { tasks: taskArns ?? [] });
    return (tasks ?? []).flatMap((task) => (task.lastStatus === 'RUNNING' ? [task.taskArn ?? ''] : [])).sort();
  };
  /** Pid of the first process of each task's container. */
  const processes = async (): Promise<Readonly<Record<string, number>>> => {
    const ids = (await engine?.docker('ps', '-q', '--filter', 'label=com.amazonaws.ecs.task-arn'))?.trim().split('\n');
    const format = '{{index .Config.Labels "com.amazonaws.ecs.task-arn"}} {{.State.Pid}}';
    const lines = ((await engine?.docker('inspect', '--format', format, ...(ids ?? []))) ?? '').trim().split('\n');
    const pids = lines.map((line): [string, number] => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]);
    return Object.fromEntries(pids.filter(([, pid]) => pid > 0)); // one that is just ending has none
  };

  it('nothing is said of tasks that live on, however often it dies', async () => {
    const before = await until('three run', async () => ((await running()).length === 3 ? running() : undefined));
    const alive = await processes();
    assert.deepEqual(Object.keys(alive).sort(), before);
    for (const signal of ['SIGKILL', 'SIGTERM', 'SIGKILL'] as const) {
      await engine?.end(signal);
      await engine?.start();
      // The agent is back when it can start something.
      const { tasks } = await ecs.call('RunTask', { taskDefinition: 'web' });
      const task = tasks?.[0]?.taskArn ?? '';
      const status = async () => (await ecs.call('DescribeTasks', { tasks: [task] })).tasks?.[0]?.lastStatus;
      await until('a task starts', async () => (await status()) === 'RUNNING');
      await ecs.call('StopTask', { task });
      await until('and stops', async () => (await status()) === 'STOPPED');
      assert.deepEqual(await running(), before);
      assert.deepEqual(await processes(), alive);
    }
  });

  it('one that died meanwhile is told and replaced, the others are left alone', async () => {
    const before = await running();
    const [victim = '', pid = 0] = Object.entries(await processes())[0] ?? [];
    await engine?.end('SIGKILL');
    process.kill(pid, 'SIGKILL');
    await engine?.start();
    const after = await until('it is replaced', async () => {
      const now = await running();
      return now.length === 3 && !now.includes(victim) ? now : undefined;
    });
    assert.deepEqual(
      after.filter((arn) => before.includes(arn)),
      before.filter((arn) => arn !== victim),
    );
    const { tasks } = await ecs.call('DescribeTasks', { tasks: [victim] });
    assert.equal(tasks?.[0]?.stopCode, 'EssentialContainerExited');
    assert.ok((tasks?.[0]?.containers?.[0]?.exitCode ?? 0) > 0, JSON.stringify(tasks?.[0]?.containers));
  });
});
