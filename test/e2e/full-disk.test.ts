import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ServiceError } from '@gantry/protocol';
import { ecsClient } from './ecs.ts';
import { command, startWorld, until, type World } from './world.ts';

const skip = process.getuid?.() === 0 ? false : 'SKIPPED: a small disk is mounted, and that needs root';

/** Everything Gantry keeps is on a disk of its own, which is full for a while. The engine's disk is another. */
describe('a full disk', { skip }, () => {
  let disk: string | undefined;
  let world: World;
  let ecs: ReturnType<typeof ecsClient>;
  /** The newest revision of the definition that somebody was told of. */
  let acknowledged = 0;
  let kept: readonly string[] = [];

  before(async () => {
    const mounted = mkdtempSync(join(tmpdir(), 'gantry-disk-'));
    assert.equal(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=320m', 'tmpfs', mounted]).status, 0);
    disk = mounted;
    process.env['TMPDIR'] = disk;
    world = await startWorld();
    delete process.env['TMPDIR'];
    ecs = ecsClient(world);
    acknowledged = await register();
  });
  after(async () => {
    delete process.env['TMPDIR'];
    try {
      makeRoom();
      await world?.down();
    } finally {
      if (disk !== undefined) {
        spawnSync('umount', ['--lazy', disk]);
        rmSync(disk, { recursive: true, force: true });
      }
    }
  });

  const register = async (): Promise<number> => {
    const { taskDefinition } = await ecs.call('RegisterTaskDefinition', {
      family: 'web',
      networkMode: 'none',
      containerDefinitions: [{ name: 'web', image: 'gantry/hello', memory: 16 }],
    });
    return taskDefinition?.revision ?? 0;
  };
  const ballast = (): string => join(disk ?? '', 'ballast');
  const makeRoom = (): void => rmSync(ballast(), { force: true });
  /** To the last byte. */
  const fill = (): void => {
    const file = openSync(ballast(), 'a');
    for (let bytes = 1 << 20; bytes >= 1; bytes = bytes >> 1) {
      try {
        for (;;) writeSync(file, Buffer.alloc(bytes));
      } catch {
        // no room for so many: fewer
      }
    }
    closeSync(file);
  };
  const status = async (task: string): Promise<string | undefined> =>
    (await ecs.call('DescribeTasks', { tasks: [task] })).tasks?.[0]?.lastStatus;
  const running = async (): Promise<readonly string[]> => {
    const { taskArns } = await ecs.call('ListTasks', { serviceName: 'kept' });
    const { tasks } =
      taskArns?.length === 0 ? { tasks: [] } : await ecs.call('DescribeTasks', { tasks: taskArns ?? [] });
    return (tasks ?? []).filter((t) => t.lastStatus === 'RUNNING').map((t) => t.taskArn as string);
  };
  const inTheirContainers = async (): Promise<readonly string[]> => {
    const label = 'label=com.amazonaws.ecs.task-definition-family=web';
    const out = await command('docker', [
      'ps',
      '--filter',
      label,
      '--format',
      '{{.Label "com.amazonaws.ecs.task-arn"}}',
    ]);
    return out.split('\n').filter((arn) => arn.includes('/'));
  };

  it('writes are refused in words, reads are answered, tasks go on', async () => {
    await ecs.call('CreateService', { serviceName: 'kept', taskDefinition: 'web', desiredCount: 2 });
    kept = await until('two run', async () => ((await running()).length === 2 ? running() : undefined));
    fill();
    let refusal: unknown;
    for (let tries = 0; tries < 3_000 && refusal === undefined; tries += 1) {
      try {
        acknowledged = await register();
      } catch (error) {
        refusal = error; // what SQLite had room for in its file was still written
      }
    }
    assert.ok(refusal instanceof ServiceError, String(refusal));
    assert.deepEqual([refusal.code, refusal.status], ['ServerException', 500]);
    assert.deepEqual([...(await running())].sort(), [...kept].sort());
    process.kill(world.pid('control-plane'), 0);
    process.kill(world.pid('agent'), 0);
    const log = readFileSync(join(world.dataDir, 'run', 'control-plane.log'), 'utf8');
    assert.match(log, /disk is full|ENOSPC|no space left/i);
  });

  it('what was acknowledged is there, and goes on where it was, when there is room', async () => {
    makeRoom();
    const next = await until('a write is taken again', () => register().catch(() => undefined));
    assert.equal(next, acknowledged + 1, 'what was refused has left no trace');
    const { tasks } = await ecs.call('RunTask', { taskDefinition: 'web' });
    const arn = tasks?.[0]?.taskArn ?? '';
    await until('a new task runs', async () => (await status(arn)) === 'RUNNING');
    await ecs.call('StopTask', { task: arn });
    await until('and stops', async () => (await status(arn)) === 'STOPPED');
    assert.deepEqual([...(await running())].sort(), [...kept].sort());
  });

  it('a kill -9 while it is full loses nothing acknowledged, and no container', async () => {
    acknowledged = await register();
    fill();
    process.kill(world.pid('control-plane'), 'SIGKILL');
    process.kill(world.pid('agent'), 'SIGKILL');
    assert.deepEqual([...(await inTheirContainers())].sort(), [...kept].sort());
    makeRoom();
    await world.up();
    const { taskDefinition } = await ecs.call('DescribeTaskDefinition', { taskDefinition: `web:${acknowledged}` });
    assert.equal(taskDefinition?.revision, acknowledged);
    await until('the same two run', async () => (await running()).every((arn) => kept.includes(arn)));
    assert.deepEqual([...(await inTheirContainers())].sort(), [...kept].sort());
  });
});
