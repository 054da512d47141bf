import { epochMs, type Task, type TaskContainer } from '@gantry/domain';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aTask } from '../testing/builders.ts';
import { applyHealth, applyReport, type TaskReport } from './report.ts';

const later = epochMs(2000);
const container = (name: string, more: Partial<TaskContainer> = {}): TaskContainer => ({
  ...(aTask().containers[0] as TaskContainer),
  name,
  ...more,
});
const running = (more: Partial<Task> = {}): Task => aTask({ lastStatus: 'RUNNING', startedAt: epochMs(1000), ...more });
const eni = {
  attachmentId: 'a',
  networkInterfaceId: 'eni-1',
  subnetId: 's',
  privateIPv4Address: '10.0.0.2',
  macAddress: '0a:00:00:00:00:01',
  privateDnsName: 'ip-10-0-0-2.internal',
  status: 'ATTACHING',
} as const;

describe('a report moves a task forward', () => {
  const cases: [string, Task, TaskReport, Partial<Task>][] = [
    ['RUNNING starts it', aTask(), { status: 'RUNNING' }, { lastStatus: 'RUNNING', startedAt: later, version: 2 }],
    [
      'PENDING with a RUNNING container stays PENDING',
      aTask(),
      { status: 'PENDING', containers: [{ containerName: 'app', status: 'RUNNING', runtimeId: 'r' }] },
      { lastStatus: 'PENDING', version: 2 },
    ],
    [
      'an awsvpc task is ACTIVATING while its agent works',
      aTask({ networkInterface: eni }),
      { status: 'PENDING', pullStartedAt: new Date(1500) },
      { lastStatus: 'ACTIVATING', pullStartedAt: epochMs(1500) },
    ],
    ['a late PENDING is dropped', running(), { status: 'PENDING' }, { lastStatus: 'RUNNING', version: 1 }],
    ['a doubled RUNNING is dropped', running(), { status: 'RUNNING' }, { startedAt: epochMs(1000), version: 1 }],
    [
      'a late RUNNING after the stop is dropped',
      running({ lastStatus: 'STOPPED', desiredStatus: 'STOPPED' }),
      { status: 'RUNNING' },
      { lastStatus: 'STOPPED', version: 1 },
    ],
    [
      'an awsvpc task that stopped gives back its address first',
      running({ networkInterface: eni }),
      { status: 'STOPPED', containers: [{ containerName: 'app', status: 'STOPPED', exitCode: 0 }] },
      { lastStatus: 'DEPROVISIONING', stoppedAt: undefined, executionStoppedAt: later },
    ],
  ];
  for (const [name, task, report, expected] of cases) {
    it(name, () => {
      const reported = applyReport(task, report, later);
      for (const [member, value] of Object.entries(expected))
        assert.deepEqual(reported.task[member as keyof Task], value, member);
      assert.equal(reported.changed, reported.task.version > task.version);
      assert.equal(applyReport(reported.task, report, epochMs(9000)).changed, false, 'the same report again');
    });
  }
});

describe('a stopped task says why', () => {
  const exit = (name: string, exitCode: number, reason?: string) => ({
    containerName: name,
    status: 'STOPPED',
    exitCode,
    reason,
  });
  const cases: [string, Task, TaskReport, string, string, string][] = [
    [
      'an essential container exited',
      running(),
      { status: 'STOPPED', containers: [exit('app', 1)] },
      'EssentialContainerExited',
      'Essential container in task exited',
      'essential-exited',
    ],
    [
      'it ran out of memory',
      running(),
      { status: 'STOPPED', containers: [exit('app', 137, 'OutOfMemoryError: Container killed due to memory usage')] },
      'EssentialContainerExited',
      'Essential container in task exited',
      'essential-exited',
    ],
    [
      'its image could not be pulled',
      aTask(),
      {
        status: 'STOPPED',
        containers: [{ containerName: 'app', status: 'STOPPED', reason: 'CannotPullContainerError: no such image' }],
      },
      'TaskFailedToStart',
      'CannotPullContainerError: no such image',
      'pull-failed',
    ],
    [
      'it could not be started, though the engine gave a code',
      aTask(),
      { status: 'STOPPED', containers: [exit('app', 127, 'CannotStartContainerError: exec: "nope": not found')] },
      'TaskFailedToStart',
      'CannotStartContainerError: exec: "nope": not found',
      'failed-to-start',
    ],
    [
      'another container was killed because one could not be pulled',
      aTask({ containers: [container('app'), container('side', { essential: false })] }),
      {
        status: 'STOPPED',
        containers: [
          exit('app', 137),
          { containerName: 'side', status: 'STOPPED', reason: 'CannotPullContainerError: x' },
        ],
      },
      'TaskFailedToStart',
      'CannotPullContainerError: x',
      'pull-failed',
    ],
    [
      'the agent said so',
      aTask(),
      { status: 'STOPPED', reason: 'ResourceInitializationError: no secrets' },
      'TaskFailedToStart',
      'ResourceInitializationError: no secrets',
      'failed-to-start',
    ],
    [
      'a user stopped it first',
      running({ desiredStatus: 'STOPPED', stopCode: 'UserInitiated', stoppedReason: 'bye', because: 'user-stopped' }),
      { status: 'STOPPED', containers: [exit('app', 143)] },
      'UserInitiated',
      'bye',
      'user-stopped',
    ],
    [
      'its container vanished',
      running(),
      { status: 'STOPPED', containers: [exit('app', 0, 'ContainerVanishedError: gone')] },
      'EssentialContainerExited',
      'Essential container in task exited',
      'agent-lost-it',
    ],
  ];
  for (const [name, task, report, stopCode, stoppedReason, because] of cases) {
    it(name, () => {
      const { task: after, events } = applyReport(task, report, later);
      assert.deepEqual([after.stopCode, after.stoppedReason, after.because], [stopCode, stoppedReason, because]);
      assert.deepEqual([after.lastStatus, after.desiredStatus, after.stoppedAt], ['STOPPED', 'STOPPED', later]);
      assert.equal(events.at(-1)?.type, 'task.stopped');
      assert.ok(after.containers.every((c) => c.lastStatus === 'STOPPED'));
    });
  }

  it('a quick run between two reports counts as started', () => {
    const events = [
      { containerName: 'app', status: 'RUNNING' },
      { containerName: 'app', status: 'STOPPED', exitCode: 0 },
    ];
    assert.equal(applyReport(aTask(), { status: 'STOPPED', containers: events }, later).task.startedAt, later);
  });
  it('what never ran has no startedAt', () => {
    const report = {
      status: 'STOPPED',
      containers: [{ containerName: 'app', status: 'STOPPED', reason: 'CannotPullX' }],
    };
    assert.equal(applyReport(aTask(), report, later).task.startedAt, undefined);
  });
});

describe('health', () => {
  const checked = (name: string, more: Partial<TaskContainer> = {}) =>
    container(name, { hasHealthCheck: true, ...more });
  it('is the worst of the essential containers that have a check', () => {
    const task = running({
      containers: [checked('a'), checked('b'), container('c'), checked('d', { essential: false })],
    });
    const a = applyHealth(task, 'a', 'HEALTHY', later).task;
    assert.equal(a.healthStatus, 'UNKNOWN');
    const b = applyHealth(a, 'b', 'HEALTHY', later).task;
    assert.equal(b.healthStatus, 'HEALTHY');
    assert.equal(applyHealth(b, 'd', 'UNHEALTHY', later).task.healthStatus, 'HEALTHY');
    assert.equal(applyHealth(b, 'a', 'UNHEALTHY', later).task.healthStatus, 'UNHEALTHY');
    assert.equal(applyHealth(b, 'a', 'HEALTHY', later).changed, false);
    assert.equal(applyHealth(b, 'c', 'UNHEALTHY', later).changed, false);
    assert.equal(applyHealth(b, 'nobody', 'UNHEALTHY', later).changed, false);
  });
});
