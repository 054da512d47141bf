import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { epochMs, type Target, type TargetState, type Task } from '@gantry/domain';
import { aTask } from '../testing/builders.ts';
import { decideTargets, type Address } from './decide.ts';

const ARN = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/g/1';
const HERE: Address = { id: '10.0.0.4', port: 80 };
const running = (more: Partial<Task> = {}): Task =>
  aTask({
    lastStatus: 'RUNNING',
    loadBalancers: [{ targetGroupArn: ARN, containerName: 'web', containerPort: 80 }],
    targetHealth: 'initial',
    ...more,
  });
const target = (state: TargetState): Target => ({
  targetGroupArn: ARN,
  ...HERE,
  serial: 's',
  registeredAt: epochMs(0),
  state,
  ...(state === 'draining' ? { drainUntil: epochMs(5_000) } : {}),
});
const ending = { desiredStatus: 'STOPPED', lastStatus: 'DEACTIVATING', deregisteringAt: epochMs(0) } as const;

describe('a task of a service with load balancers', () => {
  const cases: [string, Task, Target[], Address | undefined, number, string[]][] = [
    ['is registered when it is RUNNING', running(), [], HERE, 0, ['register']],
    ['not before', running({ lastStatus: 'PENDING' }), [], HERE, 0, []],
    ['not while its port is not known', running(), [], undefined, 0, []],
    ['waits for the checks', running(), [target('initial')], HERE, 0, []],
    ['is healthy', running(), [target('healthy')], HERE, 0, ['health healthy']],
    ['once', running({ targetHealth: 'healthy' }), [target('healthy')], HERE, 0, []],
    ['is unhealthy', running({ targetHealth: 'healthy' }), [target('unhealthy')], HERE, 0, ['health unhealthy']],
    ['that somebody deregistered is registered again', running(), [target('draining')], HERE, 0, ['register']],
    ['drains', running(ending), [target('draining')], HERE, 0, ['wake-at']],
    ['has drained', running(ending), [], HERE, 0, ['release']],
    ['is not waited for for ever', running(ending), [target('draining')], HERE, 10_000, ['release']],
    [
      'that has ended leaves',
      running({ desiredStatus: 'STOPPED', lastStatus: 'STOPPED' }),
      [target('healthy')],
      HERE,
      0,
      ['deregister'],
    ],
    [
      'that has left is done',
      running({ desiredStatus: 'STOPPED', lastStatus: 'STOPPED' }),
      [target('draining')],
      HERE,
      0,
      [],
    ],
  ];
  for (const [name, task, targets, address, now, expected] of cases)
    it(name, () => {
      const actions = decideTargets({ now, task, targets, addressOf: () => address });
      assert.deepEqual(
        actions.map((action) => (action.kind === 'health' ? `health ${action.health}` : action.kind)),
        expected,
      );
    });
});
