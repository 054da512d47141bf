import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { whyNoDocker } from './engine/docker-world.ts';
import { aTask, stopOf, taskArn } from './testing/payloads.ts';
import { shell, until, withRealWorld as withWorld, type RealWorld } from './testing/real-world.ts';

const skip = await whyNoDocker('The agent on a real container engine');

describe('the agent on a real engine', { skip, timeout: 120_000 }, () => {
  const last = (world: RealWorld, n: number): string => world.last(n);

  test('runs a task in order, with limits, and cleans up', () =>
    withWorld(async (world) => {
      const number = process.pid;
      const order = { dependsOn: [{ containerName: 'init', condition: 'SUCCESS' as const }] };
      const init = shell('init', 'exit 0', { essential: false });
      const web = shell('web', 'trap "exit 0" TERM; while :; do sleep 0.1; done', { ...order, memory: 32 });
      world.plane.payload(aTask(number, [init, web], { cpu: 0.5, memory: 128 }));
      await until(() => last(world, number) === 'RUNNING init:STOPPED(0) web:RUNNING', 'RUNNING');
      world.plane.payload(stopOf(number));
      await until(() => last(world, number) === 'STOPPED init:STOPPED(0) web:STOPPED(0)', 'STOPPED');
      await until(async () => (await world.own()).length === 0, 'the clean-up');
    }));

  test('a restart policy starts the same container again, and the task goes on; an ignored exit code ends it', () =>
    withWorld(async (world) => {
      const number = process.pid + 5_000_000;
      const restartPolicy = { enabled: true, ignoredExitCodes: [9], restartAttemptPeriod: 1 };
      // It counts its starts in a file of its own: only the same container finds it.
      const script = 'echo x >> /starts; sleep 1.5; test "$(wc -l < /starts)" -lt 3 && exit 4; exit 9';
      world.plane.payload(aTask(number, [shell('web', script, { restartPolicy })]));
      await until(() => last(world, number) === 'STOPPED web:STOPPED(9)', 'the ignored exit code');
      assert.deepEqual(world.plane.told(taskArn(number)), ['RUNNING web:RUNNING', 'STOPPED web:STOPPED(9)']);
    }));

  test('containers live through a kill of the agent, and what happened meanwhile is told', () =>
    withWorld(async (world) => {
      const [one, two] = [process.pid + 1_000_000, process.pid + 2_000_000];
      world.plane.payload(aTask(one, [shell('web', 'sleep 600')]));
      world.plane.payload(aTask(two, [shell('web', 'sleep 1; exit 9')]));
      await until(() => last(world, one) !== '' && last(world, two) !== '', 'RUNNING');
      await world.kill();
      await wait(1500);
      assert.equal((await world.own()).filter(({ status }) => status === 'running').length, 1);
      await world.start();
      await until(() => last(world, two) === 'STOPPED web:STOPPED(9)', 'the exit code');
      assert.equal(last(world, one), 'RUNNING web:RUNNING');
      world.plane.payload(stopOf(one));
      await until(() => last(world, one).startsWith('STOPPED'), 'STOPPED');
    }));

  test('tells the ports the engine chose, ships output to its last line, and knows out of memory from a kill', () =>
    withWorld(async (world) => {
      const number = process.pid + 3_000_000;
      world.plane.groups.add('g');
      const Config = { 'awslogs-group': 'g', 'awslogs-region': 'us-east-1', 'awslogs-stream-prefix': 'p' };
      const hostConfig = { LogConfig: { Type: 'awslogs', Config } };
      const portMappings = [{ containerPort: 80, hostPort: 0, protocol: 'tcp' as const }];
      world.plane.payload(aTask(number, [shell('web', 'echo one; sleep 0.5; echo two', { hostConfig, portMappings })]));
      await until(() => last(world, number) === 'STOPPED web:STOPPED(0)', 'STOPPED');
      const binding = world.plane.reports.find(({ task, status }) => task === taskArn(number) && status === 'RUNNING');
      assert.ok((binding?.containers?.[0]?.networkBindings?.[0]?.hostPort ?? 0) > 1024);
      const stream = `g/p/web/${taskArn(number).slice(-32)}`;
      await until(() => world.plane.streams.get(stream)?.length === 2, 'the output');
      assert.deepEqual(
        world.plane.streams.get(stream)?.map(({ message }) => message),
        ['one', 'two'],
      );

      const hungry = process.pid + 4_000_000;
      world.plane.payload(
        aTask(hungry, [shell('web', 'exec tail /dev/zero', { memory: 16, hostConfig: { MemorySwap: 16 << 20 } })]),
      );
      await until(() => last(world, hungry).startsWith('STOPPED'), 'the end for want of memory');
      const end = world.plane.reports.find(({ task, status }) => task === taskArn(hungry) && status === 'STOPPED');
      assert.equal(end?.containers?.[0]?.reason, 'OutOfMemoryError: Container killed due to memory usage');
      assert.equal(end?.containers?.[0]?.exitCode, 137);
    }));
});
