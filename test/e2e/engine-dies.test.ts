import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Task } from '@aws-sdk/client-ecs';
import { ecsClient } from './ecs.ts';
import { noPrivateEngine as skip, PrivateEngine } from './private-engine.ts';
import { startWorld, until, type World } from './world.ts';

describe('an engine that dies', { skip }, () => {
  let engine: PrivateEngine | undefined;
  let world: World;
  let ecs: ReturnType<typeof ecsClient>;

  before(async () => {
    engine = new PrivateEngine();
    await engine.start();
    process.env['DOCKER_HOST'] = engine.host;
    world = await startWorld();
    ecs = ecsClient(world);
    await ecs.call('RegisterTaskDefinition', {
      family: 'web',
      networkMode: 'none',
      containerDefinitions: [{ name: 'web', image: 'gantry/hello', memory: 16 }],
    });
  });
  after(async () => {
    try {
      await world?.down();
    } finally {
      await engine?.remove();
    }
  });

  const describeTask = async (arn: string): Promise<Task> =>
    (await ecs.call('DescribeTasks', { tasks: [arn] })).tasks?.[0] as Task;
  const runOne = async (): Promise<string> => {
    const { tasks, failures } = await ecs.call('RunTask', { taskDefinition: 'web' });
    assert.deepEqual(failures, []);
    return tasks?.[0]?.taskArn ?? '';
  };
  const serviceTasks = async (): Promise<readonly Task[]> => {
    const { taskArns } = await ecs.call('ListTasks', { serviceName: 'kept' });
    if (taskArns?.length === 0) return [];
    const { tasks } = await ecs.call('DescribeTasks', { tasks: taskArns ?? [] });
    return (tasks ?? []).filter((task) => task.lastStatus === 'RUNNING');
  };

  it('leaves a control plane that answers, and tasks that are told right when it is back', async () => {
    await ecs.call('CreateService', { serviceName: 'kept', taskDefinition: 'web', desiredCount: 1 });
    const lone = await runOne();
    const [first] = await until('both run', async () => {
      const kept = await serviceTasks();
      return kept.length === 1 && (await describeTask(lone)).lastStatus === 'RUNNING' ? kept : undefined;
    });

    await engine?.end('SIGKILL');
    const late = await runOne();
    assert.equal((await describeTask(late)).lastStatus, 'PENDING');
    assert.equal((await describeTask(lone)).lastStatus, 'RUNNING', 'nobody knows better');
    assert.match(await world.gantry('ps'), /kept/);
    const doctor = await world.gantry('doctor').catch((error: { stdout: string }) => error.stdout);
    assert.match(doctor, /FAIL +engine +none answers/);
    process.kill(world.pid('control-plane'), 0);
    process.kill(world.pid('agent'), 0);

    await engine?.start(); // an engine that was killed stops what it ran: it has no live-restore
    const stopped = await until('the lone task is told to have stopped', async () => {
      const task = await describeTask(lone);
      return task.lastStatus === 'STOPPED' ? task : undefined;
    });
    assert.equal(stopped.stopCode, 'EssentialContainerExited');
    assert.equal(stopped.containers?.[0]?.exitCode, 255);
    await until('what was asked for meanwhile runs', async () => (await describeTask(late)).lastStatus === 'RUNNING');
    const [second] = await until('the service has its task again', async () => {
      const kept = await serviceTasks();
      return kept.length === 1 && kept[0]?.taskArn !== first?.taskArn ? kept : undefined;
    });
    assert.notEqual(second?.taskArn, first?.taskArn);
    const running = (await engine?.docker('ps', '-q', '--filter', 'label=com.amazonaws.ecs.task-arn'))?.trim();
    assert.equal(running?.split('\n').length, 2, 'one container for each task, and no more');
    const log = readFileSync(join(world.dataDir, 'run', 'agent.log'), 'utf8');
    assert.match(log, /Cannot reach the container engine at .*sock.*Is it running\?/);
  });
});
