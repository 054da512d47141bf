import { epochMs, type Instance, type Task } from '@gantry/domain';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aTask, anInstance } from '../testing/builders.ts';
import { decideDrain } from './decide.ts';

describe('a draining instance', () => {
  const draining = anInstance({ status: 'DRAINING' });
  const service = { serviceKey: 's' };
  const cases: [string, Instance, Task[], string[]][] = [
    ['an active one is left alone', anInstance(), [aTask(service)], []],
    ['what does not run yet goes at once', draining, [aTask(service)], ['stop']],
    ['standalone tasks stay', draining, [aTask()], []],
    ['running ones are their service’s affair', draining, [aTask({ ...service, lastStatus: 'RUNNING' })], []],
    ['is drained when empty', draining, [], ['drained']],
    ['and says so once', { ...draining, drainedAt: epochMs(1) }, [], []],
    ['is open again', anInstance({ drainedAt: epochMs(1) }), [], ['reopened']],
  ];
  for (const [name, instance, tasks, expected] of cases)
    it(name, () =>
      assert.deepEqual(
        decideDrain({ instance, tasks }).map(({ kind }) => kind),
        expected,
      ),
    );
});
