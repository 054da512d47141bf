import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enqueue } from './outbox.ts';
import { DispatchWorld, taskKey } from './testing/world.ts';

const cases: readonly (readonly [string, readonly ('RUNNING' | 'STOPPED')[], readonly string[]])[] = [
  ['one wish, one message', ['RUNNING'], ['RUNNING 1']],
  ['the same wish twice stays one message', ['RUNNING', 'RUNNING'], ['RUNNING 1']],
  ['a stop replaces a start that was not acked', ['RUNNING', 'STOPPED'], ['STOPPED 2']],
  ['a stop is never lowered', ['STOPPED', 'RUNNING'], ['STOPPED 1']],
  ['and never said twice', ['RUNNING', 'STOPPED', 'STOPPED', 'RUNNING'], ['STOPPED 2']],
];
for (const [name, wishes, expected] of cases) {
  test(name, async () => {
    const world = await DispatchWorld.start();
    const arn = await world.register();
    for (const wish of wishes) {
      await world.transact((tx) => enqueue(tx, world.ids, world.instanceKey(arn), taskKey(1), wish));
    }
    assert.deepEqual(
      world.outbox(arn).map(({ desiredStatus, seq }) => `${desiredStatus} ${seq}`),
      expected,
    );
  });
}

test('messages of one transaction take their numbers one after the other, and keep them over a restart', async () => {
  const world = await DispatchWorld.start();
  const arn = await world.register();
  const key = world.instanceKey(arn);
  await world.transact((tx) => [1, 2, 3].forEach((n) => enqueue(tx, world.ids, key, taskKey(n), 'RUNNING')));
  world.kill();
  await world.boot();
  await world.transact((tx) => enqueue(tx, world.ids, key, taskKey(4), 'RUNNING'));
  assert.deepEqual(
    world.outbox(arn).map(({ seq }) => seq),
    [1, 2, 3, 4],
  );
  assert.equal(world.instance(arn).nextSeq, 5);
});

test('a start on an instance that is not there is a bug of the caller; a stop is pointless and dropped', async () => {
  const world = await DispatchWorld.start();
  const nowhere = '000000000000/us-east-1/default/none';
  await world.transact((tx) => enqueue(tx, world.ids, nowhere, taskKey(1), 'STOPPED'));
  await assert.rejects(
    world.transact((tx) => enqueue(tx, world.ids, nowhere, taskKey(1), 'RUNNING')),
    /no such active instance/,
  );
});
