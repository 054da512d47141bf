import assert from 'node:assert/strict';
import { test } from 'node:test';
import { candidates, isSandbox, needsRoot, runtimeOf } from './classes.ts';

const OWN = ['io.containerd.runc.v2', 'runc'];

for (const [wanted, runtimes, expected] of [
  ['auto', OWN, ['default']],
  ['auto', [...OWN, 'crun'], ['crun', 'default']],
  ['auto', ['crun', 'gantry-runsc', 'kata-qemu', ...OWN], ['kata-qemu', 'gantry-runsc', 'crun', 'default']],
  // Alone it gives each container a sandbox of its own, and two cannot share a network.
  ['auto', ['runsc', ...OWN], ['default']],
  ['runsc', ['crun', 'gantry-runsc', ...OWN], ['gantry-runsc']],
  ['gantry-runsc', ['crun', 'gantry-runsc', ...OWN], ['gantry-runsc']],
  ['runsc', OWN, []],
  ['runc', ['gantry-runsc', ...OWN], ['runc']],
  ['kata', ['kata-fc', 'gantry-runsc'], ['kata-fc']],
  ['mine', ['mine'], []],
] as const) {
  test(`${wanted} of ${runtimes.join(' ')}: ${expected.join(', then ') || 'nothing'}`, () => {
    const found = candidates(wanted, runtimes);
    assert.deepEqual(
      found.map(({ runtime }) => runtime ?? 'default'),
      expected,
    );
  });
}

test('a sandbox is what has a kernel of its own', () => {
  const classes = ['kata', 'runsc', 'crun', 'runc'] as const;
  assert.deepEqual(
    classes.filter((name) => isSandbox({ class: name, runtime: name })),
    ['kata', 'runsc'],
  );
});

test('containers that come and go need a root that stays', () => {
  const lone = { restart: undefined };
  const again = { restart: { periodMs: 60_000 } };
  assert.deepEqual([[lone], [again], [lone, lone]].map(needsRoot), [false, true, true]);
});

test('a task with a log router is in no sandbox, and keeps any other runtime', () => {
  const router = [{}, { firelensConfiguration: { type: 'fluentbit' } }];
  const gvisor = { class: 'runsc', runtime: 'gantry-runsc' } as const;
  const crun = { class: 'crun', runtime: 'crun' } as const;
  assert.equal(runtimeOf(gvisor, [{}, {}]), gvisor);
  assert.equal(runtimeOf(gvisor, router), undefined);
  assert.equal(runtimeOf(crun, router), crun);
  assert.equal(runtimeOf(undefined, router), undefined);
});
