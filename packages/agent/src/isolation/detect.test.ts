import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@gantry/testkit/fake-clock.ts';
import { SeededIds } from '@gantry/testkit/seeded.ts';
import { EngineError, type ContainerState } from '../engine/port.ts';
import { detectRuntime, NoSuchRuntime, weakness } from './detect.ts';
import type { TrialEngine } from './trial.ts';

/** An engine whose runtimes do what they do: a member of a trial ends with this code, or its start fails with these words. */
class Runtimes implements TrialEngine {
  readonly outcomes: Readonly<Record<string, number | string>>;
  readonly left = new Map<string, { readonly name: string; readonly runtime: string }>();

  constructor(outcomes: Readonly<Record<string, number | string>>) {
    this.outcomes = outcomes;
  }

  createContainer(name: string, spec: Readonly<Record<string, unknown>>): Promise<{ readonly id: string }> {
    const { Runtime = 'default' } = spec['HostConfig'] as { readonly Runtime?: string };
    this.left.set(name, { name, runtime: Runtime });
    return Promise.resolve({ id: name });
  }

  startContainer(id: string): Promise<void> {
    const outcome = this.outcomes[this.left.get(id)?.runtime ?? ''];
    return typeof outcome === 'string' ? Promise.reject(new EngineError('failed', outcome)) : Promise.resolve();
  }

  inspectContainer(id: string): Promise<ContainerState | undefined> {
    const exitCode = Number(this.outcomes[this.left.get(id)?.runtime ?? '']);
    return Promise.resolve({ status: 'exited', exitCode } as ContainerState);
  }

  removeContainer(id: string): Promise<void> {
    this.left.delete(id);
    return Promise.resolve();
  }
}

async function detect(wanted: string, outcomes: Readonly<Record<string, number | string>>) {
  const engine = new Runtimes(outcomes);
  const logged: string[] = [];
  const found = await detectRuntime(wanted, {
    engine,
    clock: new FakeClock(),
    ids: new SeededIds(1),
    image: 'gantry/pause:1',
    labels: {},
    info: { runtimes: [...Object.keys(outcomes), 'runc'] },
    log: (_level, text) => logged.push(text),
  }).finally(() => assert.equal(engine.left.size, 0, 'a trial leaves nothing'));
  return { found, logged };
}

test('the strongest that works', async () => {
  const { found, logged } = await detect('auto', { crun: 0, 'gantry-runsc': 0 });
  assert.deepEqual(found, { class: 'runsc', runtime: 'gantry-runsc' });
  assert.deepEqual(logged, []);
  assert.equal(weakness(found), undefined);
});

test('what does not work is said, and the next one taken', async () => {
  const { found, logged } = await detect('auto', { 'kata-qemu': 'no /dev/kvm', 'gantry-runsc': 137, crun: 0 });
  assert.equal(found.runtime, 'crun');
  assert.match(logged.join('\n'), /kata-qemu: no \/dev\/kvm\n.*gantry-runsc: two containers do not share a sandbox/);
  assert.match(weakness(found) ?? '', /share this host's kernel \(crun\).*gantry doctor/);
});

test('where nothing else works, the engine’s default', async () => {
  const { found } = await detect('auto', { crun: 'cgroups in hybrid mode' });
  assert.deepEqual(found, { class: 'runc', runtime: undefined });
});

for (const [wanted, outcomes, words] of [
  ['runsc', {}, /No runtime "runsc" for tasks: the engine knows runc/],
  ['runsc', { 'gantry-runsc': 'no such file' }, /gantry-runsc does not work here: no such file/],
  ['kata', { 'gantry-runsc': 0 }, /No runtime "kata"/],
] as const) {
  test(`${wanted} by name is that or nothing (${String(words)})`, async () => {
    await assert.rejects(
      detect(wanted, outcomes),
      (error) => error instanceof NoSuchRuntime && words.test(error.message),
    );
  });
}
