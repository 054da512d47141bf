import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PayloadContainer, PayloadTask } from '@gantry/protocol';
import { aContainer, aTask, eni } from '../testing/payloads.ts';
import { isQuiet, type TaskModel } from './model.ts';
import { observe, type Fact } from './observe.ts';
import { newModel, planOf, type TaskPlan } from './plan.ts';
import { step, type Action } from './step.ts';

const DEFAULTS = { stopTimeoutS: 30 };

function say(action: Action): string {
  if ('container' in action)
    return `${action.kind} ${action.container}${action.kind === 'stop' ? ` ${action.timeoutS}` : ''}`;
  return 'resource' in action ? `${action.kind} ${action.resource}` : action.kind;
}

/** Plays facts in and gathers what `step` asked for after each. */
class Play {
  readonly plan: TaskPlan;
  model: TaskModel;
  nowMs = 1000;
  wakeAtMs: number | undefined;

  constructor(containers: readonly PayloadContainer[], over: Partial<PayloadTask> = {}) {
    const task = aTask(1, containers, over);
    this.plan = planOf(task, DEFAULTS);
    this.model = newModel(this.plan, 0, task.desiredStatus);
  }

  see(...facts: readonly Fact[]): readonly string[] {
    for (const fact of facts) this.model = observe(this.plan, this.model, fact, this.nowMs);
    const { model, actions, wakeAtMs } = step(this.plan, this.model, this.nowMs);
    this.model = model;
    this.wakeAtMs = wakeAtMs;
    return actions.map(say);
  }

  states(): string {
    return this.model.containers
      .map(({ name, known, exitCode }) => `${name} ${known}${exitCode === undefined ? '' : ` ${exitCode}`}`)
      .join(', ');
  }

  /** Up to RUNNING, each call answered at once. */
  up(...names: readonly string[]): readonly string[] {
    const asked: string[] = [];
    for (const container of names) {
      asked.push(
        ...this.see(image(container)),
        ...this.see(created(container)),
        ...this.see(started(container, this.nowMs)),
      );
    }
    return asked;
  }
}

const admitted: Fact = { kind: 'admitted' };
const stopWanted: Fact = { kind: 'stop-wanted' };
const image = (container: string): Fact => ({ kind: 'image-ready', container });
const created = (container: string): Fact => ({ kind: 'created', container, dockerId: `id-${container}` });
const started = (container: string, atMs = 1000): Fact => ({ kind: 'started', container, atMs });
const died = (container: string, exitCode = 0, atMs = 2000): Fact => ({
  kind: 'died',
  container,
  exitCode,
  atMs,
  oomKilled: false,
  watched: true,
});
const health = (container: string, verdict: 'healthy' | 'unhealthy'): Fact => ({
  kind: 'health',
  container,
  health: verdict,
  atMs: 1500,
});
const dependsOn = (containerName: string, condition: PayloadContainer['dependsOn'][number]['condition']) => ({
  dependsOn: [{ containerName, condition }],
});

describe('the way up', () => {
  test('of one container: image, create, start, and then silence', () => {
    const play = new Play([aContainer('web')]);
    assert.deepEqual(play.see(), [], 'nothing before it is admitted');
    assert.deepEqual(play.see(admitted), ['prepare-image web']);
    assert.deepEqual(play.see(), [], 'a call in flight is not made again');
    assert.deepEqual(play.see(image('web')), ['create web']);
    assert.deepEqual(play.see(created('web')), ['start web']);
    assert.equal(play.model.everRunning, false);
    assert.deepEqual(play.see(started('web')), []);
    assert.equal(play.model.everRunning, true);
    assert.deepEqual(play.see(created('web'), started('web'), image('web')), [], 'late answers change nothing');
  });

  test('waits for what the task stands on: cgroup, network and volumes before the create, logs before the start', () => {
    const hostConfig = { LogConfig: { Type: 'awslogs', Config: { 'awslogs-group': 'g', 'awslogs-region': 'r' } } };
    const play = new Play([aContainer('web', { hostConfig })], {
      networkMode: 'awsvpc',
      elasticNetworkInterfaces: [eni()],
      cpu: 0.25,
      volumes: [{ name: 'data' }],
    });
    assert.deepEqual(play.see(admitted), [
      'make cgroup',
      'make network',
      'make volumes',
      'make logs',
      'prepare-image web',
    ]);
    assert.deepEqual(play.see(image('web')), []);
    assert.deepEqual(play.see({ kind: 'resource-ready', resource: 'cgroup', cgroupParent: '/ecs/x' }), []);
    assert.deepEqual(play.see({ kind: 'resource-ready', resource: 'volumes' }), []);
    assert.deepEqual(play.see({ kind: 'resource-ready', resource: 'network', pauseContainerId: 'p' }), ['create web']);
    assert.deepEqual(play.see(created('web')), []);
    assert.deepEqual(play.see({ kind: 'resource-ready', resource: 'logs' }), ['start web']);
  });

  test('a resource that cannot be had ends the task with its reason, and gives back the others', () => {
    const play = new Play([aContainer('web')], { networkMode: 'awsvpc', elasticNetworkInterfaces: [eni()], cpu: 1 });
    play.see(admitted);
    play.see({ kind: 'resource-ready', resource: 'cgroup' });
    assert.deepEqual(play.see({ kind: 'resource-failed', resource: 'network', reason: 'R: no' }), ['cancel-pull web']);
    assert.deepEqual(play.see({ kind: 'pull-cancelled', container: 'web' }), ['release network', 'release cgroup']);
    play.see({ kind: 'resource-released', resource: 'cgroup' });
    assert.equal(isQuiet(play.model), false, 'what failed may have been made in part');
    play.see({ kind: 'resource-released', resource: 'network' });
    assert.equal(isQuiet(play.model), true);
    assert.equal(play.model.reason, 'R: no');
    assert.equal(play.states(), 'web STOPPED');
  });

  test('an engine that does not answer is asked again, later and later', () => {
    const play = new Play([aContainer('web')]);
    play.see(admitted);
    const waits: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      assert.deepEqual(play.see({ kind: 'call-delayed', container: 'web' }), []);
      waits.push((play.wakeAtMs ?? 0) - play.nowMs);
      play.nowMs = play.wakeAtMs ?? 0;
      assert.deepEqual(play.see(), ['prepare-image web']);
    }
    assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  test('an image that is gone at the create is prepared again', () => {
    const play = new Play([aContainer('web')]);
    play.see(admitted);
    play.see(image('web'));
    assert.deepEqual(play.see({ kind: 'image-gone', container: 'web' }), ['prepare-image web']);
    assert.equal(play.model.containers[0]?.attempts, 1);
  });
});

describe('dependencies', () => {
  const cases: readonly (readonly [string, PayloadContainer, Fact, string])[] = [
    ['START opens when it runs', aContainer('app', dependsOn('dep', 'START')), started('dep'), 'prepare-image app'],
    ['a link is a START', aContainer('app', { links: ['dep:db'] }), started('dep'), 'prepare-image app'],
    [
      'COMPLETE opens with any code',
      aContainer('app', dependsOn('dep', 'COMPLETE')),
      died('dep', 7),
      'prepare-image app',
    ],
    ['SUCCESS opens with 0', aContainer('app', dependsOn('dep', 'SUCCESS')), died('dep', 0), 'prepare-image app'],
    [
      'HEALTHY opens with the verdict',
      aContainer('app', dependsOn('dep', 'HEALTHY')),
      health('dep', 'healthy'),
      'prepare-image app',
    ],
  ];
  for (const [name, app, opens, expected] of cases) {
    test(name, () => {
      const play = new Play([aContainer('dep', { essential: false }), app]);
      assert.deepEqual(play.see(admitted), ['prepare-image dep']);
      play.see(image('dep'));
      play.see(created('dep'));
      if (opens.kind !== 'started') assert.deepEqual(play.see(started('dep')), []);
      assert.deepEqual(play.see(opens), [expected]);
    });
  }

  test('volumesFrom waits for the create alone', () => {
    const play = new Play([
      aContainer('dep'),
      aContainer('app', { volumesFrom: [{ sourceContainer: 'dep', readOnly: true }] }),
    ]);
    play.see(admitted);
    play.see(image('dep'));
    assert.deepEqual(play.see(created('dep')), ['start dep', 'prepare-image app']);
  });

  const never: readonly (readonly [string, PayloadContainer['dependsOn'][number]['condition'], Fact, RegExp])[] = [
    [
      'SUCCESS after another code',
      'SUCCESS',
      died('dep', 3),
      /\[dep\] for target \[app\] as dependency did not exit successfully\.$/,
    ],
    ['HEALTHY after its end', 'HEALTHY', died('dep', 0), /dependency has stopped\.$/],
    [
      'COMPLETE of one that never ran',
      'COMPLETE',
      { kind: 'call-failed', container: 'dep', reason: 'X: y' },
      /dependency never ran\.$/,
    ],
  ];
  for (const [name, condition, fact, text] of never) {
    test(`${name} ends the task`, () => {
      const play = new Play([aContainer('dep', { essential: false }), aContainer('app', dependsOn('dep', condition))]);
      play.see(admitted);
      if (fact.kind === 'died') play.up('dep');
      play.see(fact);
      const app = play.model.containers[1];
      assert.equal(app?.known, 'STOPPED');
      assert.equal(app?.exitCode, 143);
      assert.match(app?.reason ?? '', /^CannotStartContainerError: dependency graph: /);
      assert.match(app?.reason ?? '', text);
      assert.match(play.model.reason ?? '', /^TaskDependencyError: dependency graph: /);
      assert.equal(play.model.desired, 'STOPPED');
    });
  }

  test('the start time-out of a dependency counts from its start', () => {
    const play = new Play([
      aContainer('dep', { essential: false, startTimeout: 10 }),
      aContainer('app', dependsOn('dep', 'HEALTHY')),
    ]);
    play.see(admitted);
    play.up('dep');
    assert.equal(play.wakeAtMs, 11_000);
    play.nowMs = 11_000;
    assert.deepEqual(play.see(), ['stop dep 30']);
    assert.match(play.model.reason ?? '', /container ordering dependency \[dep\] for target \[app\] has timed out/);
  });

  test('what was opened once stays open', () => {
    const play = new Play([aContainer('dep'), aContainer('app', dependsOn('dep', 'HEALTHY'))]);
    play.see(admitted);
    play.up('dep');
    play.see(health('dep', 'healthy'));
    play.see(health('dep', 'unhealthy'));
    assert.deepEqual(play.see(image('app')), ['create app']);
  });
});

describe('the way down', () => {
  test('is the way up reversed', () => {
    const play = new Play([
      aContainer('db', { stopTimeout: 5 }),
      aContainer('app', dependsOn('db', 'START')),
      aContainer('side'),
    ]);
    play.see(admitted);
    play.up('db', 'app', 'side');
    assert.deepEqual(play.see(stopWanted), ['stop app 30', 'stop side 30']);
    assert.deepEqual(play.see(died('side', 143)), []);
    assert.deepEqual(play.see(died('app', 143)), ['stop db 5']);
    assert.deepEqual(play.see(died('db', 143)), []);
    assert.equal(isQuiet(play.model), true);
  });

  test('an essential container takes the others with it, any other does not', () => {
    const play = new Play([aContainer('web'), aContainer('side', { essential: false })]);
    play.see(admitted);
    play.up('web', 'side');
    assert.deepEqual(play.see(died('side', 1)), []);
    assert.equal(play.model.desired, 'RUNNING');
    assert.equal(play.model.executionStoppedAtMs, undefined);
    assert.deepEqual(play.see(died('web', 0, 2500)), []);
    assert.equal(play.model.desired, 'STOPPED');
    assert.equal(play.model.executionStoppedAtMs, 2500);
    assert.equal(play.states(), 'web STOPPED 0, side STOPPED 1');
  });

  test('a task that was never admitted stops without a call', () => {
    const play = new Play([aContainer('web')], { cpu: 1 });
    assert.deepEqual(play.see(stopWanted), []);
    assert.equal(play.states(), 'web STOPPED');
    assert.equal(isQuiet(play.model), true);
  });

  test('a call in flight is waited for', () => {
    const play = new Play([aContainer('web')]);
    play.see(admitted);
    play.see(image('web'));
    assert.deepEqual(play.see(stopWanted), [], 'the create is under way');
    assert.deepEqual(play.see(created('web')), []);
    assert.equal(play.states(), 'web STOPPED', 'created, never started: no exit code');
    const other = new Play([aContainer('web')]);
    other.see(admitted);
    other.see(image('web'));
    other.see(created('web'));
    assert.deepEqual(other.see(stopWanted), [], 'the start is under way');
    assert.deepEqual(other.see(started('web')), ['stop web 30']);
    assert.equal(other.model.everRunning, false, 'it is not RUNNING on its way down');
  });

  test('one that may have been started is stopped, not taken for stopped', () => {
    const play = new Play([aContainer('web')]);
    play.see(admitted);
    play.see(image('web'));
    assert.deepEqual(play.see(created('web')), ['start web']);
    play.see({ kind: 'call-delayed', container: 'web' });
    assert.deepEqual(play.see(stopWanted), []);
    play.nowMs = play.wakeAtMs ?? 0;
    assert.deepEqual(play.see(), ['stop web 30']);
    assert.equal(isQuiet(play.model), false);
    assert.deepEqual(play.see({ kind: 'never-ran', container: 'web', atMs: 2000 }), []);
    assert.equal(play.states(), 'web STOPPED');
  });

  test('a stop that fails is tried five times, then the container is taken for stopped', () => {
    const play = new Play([aContainer('web')]);
    play.see(admitted);
    play.up('web');
    assert.deepEqual(play.see(stopWanted), ['stop web 30']);
    const failed: Fact = {
      kind: 'stop-failed',
      container: 'web',
      reason: 'CannotStopContainerError: x',
      engineAway: false,
    };
    for (let i = 0; i < 4; i += 1) {
      assert.deepEqual(play.see(failed), []);
      play.nowMs = play.wakeAtMs ?? 0;
      assert.deepEqual(play.see(), ['stop web 30']);
    }
    assert.deepEqual(play.see(failed), []);
    assert.equal(play.states(), 'web STOPPED');
    assert.equal(play.model.containers[0]?.reason, 'CannotStopContainerError: x');
  });

  test('is followed by the clean-up, once and when it is due', () => {
    const play = new Play([aContainer('web')]);
    play.see(admitted);
    play.up('web');
    play.see(died('web', 0));
    assert.deepEqual(
      play.see({ kind: 'sent', task: 'STOPPED', containers: { web: 'STOPPED' }, cleanUpAtMs: 5000 }),
      [],
    );
    assert.equal(play.wakeAtMs, 5000);
    play.nowMs = 5000;
    assert.deepEqual(play.see(), ['clean-up']);
    assert.deepEqual(play.see(), []);
  });
});

describe('a restart policy', () => {
  const policy = { enabled: true, ignoredExitCodes: [42], restartAttemptPeriod: 60 };
  const running = (): Play => {
    const play = new Play([aContainer('web', { restartPolicy: policy })]);
    play.see(admitted);
    play.up('web');
    return play;
  };
  const cases: readonly (readonly [string, number, number, boolean, boolean])[] = [
    ['restarts after the period', 1, 61_000, true, true],
    ['does not restart within the period', 1, 60_999, true, false],
    ['does not restart an ignored code', 42, 61_000, true, false],
    ['does not restart what died unwatched', 1, 61_000, false, false],
  ];
  for (const [name, exitCode, atMs, watched, restarts] of cases) {
    test(name, () => {
      const play = running();
      play.nowMs = atMs;
      const asked = play.see({ kind: 'died', container: 'web', exitCode, atMs, oomKilled: false, watched });
      assert.deepEqual(asked, restarts ? ['start web'] : []);
      assert.equal(play.model.desired, restarts ? 'RUNNING' : 'STOPPED');
      assert.equal(play.model.containers[0]?.restarts, restarts ? 1 : 0);
    });
  }

  test('counts from the last restart', () => {
    const play = running();
    play.nowMs = 70_000;
    play.see(died('web', 1, 70_000));
    play.see(started('web', 70_000));
    play.nowMs = 129_000;
    assert.deepEqual(play.see(died('web', 1, 129_000)), []);
    assert.equal(play.states(), 'web STOPPED 1');
  });

  /** The engine names a run by its start. A look tells the end some milliseconds earlier than the event does. */
  const endOf = (runStartedAtMs: number, atMs: number): Fact => ({
    kind: 'died',
    container: 'web',
    exitCode: 1,
    atMs,
    oomKilled: false,
    watched: true,
    runStartedAtMs,
  });

  test('a death told twice is one death', () => {
    const play = running();
    play.nowMs = 70_000;
    assert.deepEqual(play.see(endOf(990, 69_980)), ['start web']);
    assert.deepEqual(play.see(endOf(990, 70_000)), [], 'while the start is under way');
    assert.deepEqual(play.see({ kind: 'started', container: 'web', atMs: 990 }), [], 'that start is long over');
    assert.equal(play.states(), 'web CREATED 1');
    play.see(started('web', 70_010));
    assert.deepEqual(play.see(endOf(990, 70_000)), []);
    assert.equal(play.states(), 'web RUNNING');
  });

  test('a second death in the same millisecond is another one', () => {
    const play = running();
    play.nowMs = 70_000;
    play.see(endOf(990, 70_000));
    play.see(started('web', 70_000));
    play.see(endOf(70_000, 70_000));
    assert.equal(play.states(), 'web STOPPED 1');
  });

  test('ends with the task: a stop while it waits to start leaves its last code', () => {
    const play = running();
    play.nowMs = 70_000;
    play.model = observe(play.plan, play.model, died('web', 9, 70_000), 70_000);
    assert.deepEqual(play.see(stopWanted), []);
    assert.equal(play.states(), 'web STOPPED 9');
  });
});

test('the first reason sticks; out of memory is one', () => {
  const play = new Play([aContainer('web')]);
  play.see(admitted);
  play.up('web');
  play.see({ kind: 'died', container: 'web', exitCode: 137, atMs: 2000, oomKilled: true, watched: true });
  assert.equal(play.model.containers[0]?.reason, 'OutOfMemoryError: Container killed due to memory usage');
  const other = new Play([aContainer('web')]);
  other.see(admitted);
  other.see({ kind: 'image-ready', container: 'web', warning: 'CannotPullContainerError: no registry' });
  other.see(created('web'));
  other.see(started('web'));
  other.see({ kind: 'died', container: 'web', exitCode: 137, atMs: 2000, oomKilled: true, watched: true });
  assert.equal(other.model.containers[0]?.reason, 'CannotPullContainerError: no registry');
});
