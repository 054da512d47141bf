import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { FakeClock } from '@gantry/testkit/fake-clock.ts';
import { EngineError } from '../engine/port.ts';
import { FakeEngine } from '../engine/fake.ts';
import { TaskSandboxes } from './sandboxes.ts';

const PAUSE = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);
const image = 'gantry/pause:1';
let engine: FakeEngine;
const open = (bridge = 'gantry0'): TaskSandboxes => new TaskSandboxes({ engine, bridge, image });
const request = (pauseContainerId: string) => ({
  pauseContainerId,
  runtime: 'gantry-runsc',
  cgroupParent: '/ecs/1',
  mostProcesses: 4096,
});
const names = (): readonly string[] => engine.containers().map(({ name }) => name);
const calls = (): number => engine.calls.length;

beforeEach(async () => {
  engine = new FakeEngine({ clock: new FakeClock(), images: { '*': {} } });
  for (const name of [PAUSE, OTHER])
    await engine.startContainer((await engine.createContainer(name, { Image: image })).id);
});

test('a root runs in the task’s network, runtime and cgroup, with its limit of processes', async () => {
  await open().ensure(request(PAUSE));
  const spec = engine.spec('gantry-sandbox-aaaaaaaaaaaa') as { HostConfig: Record<string, unknown> };
  const { NetworkMode, Runtime, CgroupParent, PidsLimit } = spec.HostConfig;
  const expected = [`container:${PAUSE}`, 'gantry-runsc', '/ecs/1', 4096];
  assert.deepEqual([NetworkMode, Runtime, CgroupParent, PidsLimit], expected);
});

test('asked again, also by a later agent, it makes one root; one that died is made anew', async () => {
  await open().ensure(request(PAUSE));
  const later = open();
  await later.ensure(request(PAUSE));
  assert.equal(names().filter((name) => name.startsWith('gantry-sandbox-')).length, 1);
  const [before] = engine.containers().filter(({ name }) => name.startsWith('gantry-sandbox-'));
  engine.kill(before?.id ?? '');
  await later.ensure(request(PAUSE));
  const [after] = engine.containers().filter(({ name }) => name.startsWith('gantry-sandbox-'));
  assert.equal(after?.status, 'running');
  assert.notEqual(after?.id, before?.id);
});

test('a create whose answer is lost leaves a root that is found and removed', async () => {
  const sandboxes = open();
  engine.failNext('createContainer', new EngineError('timeout', 'no answer'), { afterEffect: true });
  await assert.rejects(sandboxes.ensure(request(PAUSE)), /no answer/);
  await sandboxes.remove(PAUSE);
  assert.deepEqual(names(), [PAUSE, OTHER]);
});

test('a task without a sandbox costs no call', async () => {
  const sandboxes = open();
  await sandboxes.prune([]);
  const before = calls();
  await sandboxes.remove(PAUSE);
  assert.equal(calls(), before);
});

test('prune spares those whose network is still somebody’s, and those of another agent', async () => {
  await open().ensure(request(PAUSE));
  await open().ensure(request(OTHER));
  await open('gantry1').prune([]);
  await open().prune([OTHER]);
  assert.deepEqual(names().toSorted(), [PAUSE, OTHER, 'gantry-sandbox-bbbbbbbbbbbb'].toSorted());
});
