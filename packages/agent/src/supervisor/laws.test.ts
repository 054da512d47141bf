import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PayloadContainer } from '@gantry/protocol';
import { aContainer, aTask } from '../testing/payloads.ts';
import { containerOf, isQuiet, type TaskModel } from './model.ts';
import { observe, type Fact } from './observe.ts';
import { newModel, planOf, type TaskPlan } from './plan.ts';
import { step, type Action } from './step.ts';

const CONDITIONS = ['START', 'COMPLETE', 'SUCCESS', 'HEALTHY'] as const;

/** Containers that depend on earlier ones only: no cycles by construction. */
const anyContainers: fc.Arbitrary<readonly PayloadContainer[]> = fc
  .array(
    fc.record({
      essential: fc.boolean(),
      restart: fc.boolean(),
      startTimeout: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
      dependsOn: fc.array(fc.tuple(fc.nat(), fc.constantFrom(...CONDITIONS)), { maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((shapes) =>
    shapes.map(({ essential, restart, startTimeout, dependsOn }, index) =>
      aContainer(`c${index}`, {
        essential: essential || index === shapes.length - 1,
        startTimeout,
        restartPolicy: restart ? { enabled: true, ignoredExitCodes: [], restartAttemptPeriod: 60 } : undefined,
        dependsOn:
          index === 0 ? [] : dependsOn.map(([n, condition]) => ({ containerName: `c${n % index}`, condition })),
      }),
    ),
  );

/** What the engine answers, and what happens by itself, decided by a stream of numbers. */
function answer(action: Action, dice: number, nowMs: number): Fact | undefined {
  if (action.kind === 'make') return { kind: 'resource-ready', resource: action.resource };
  if (action.kind === 'release') return { kind: 'resource-released', resource: action.resource };
  if (action.kind === 'clean-up') return { kind: 'cleaned' };
  const { container } = action;
  const bad = dice % 7 === 0;
  switch (action.kind) {
    case 'prepare-image':
      if (dice % 11 === 0) return { kind: 'call-delayed', container };
      return bad
        ? { kind: 'call-failed', container, reason: 'CannotPullContainerError: x' }
        : { kind: 'image-ready', container };
    case 'create':
      if (dice % 11 === 0) return { kind: 'image-gone', container };
      return bad
        ? { kind: 'call-failed', container, reason: 'CannotCreateContainerError: x' }
        : { kind: 'created', container, dockerId: container };
    case 'start':
      if (dice % 11 === 0) return { kind: 'call-delayed', container };
      return bad
        ? { kind: 'call-failed', container, reason: 'CannotStartContainerError: x' }
        : { kind: 'started', container, atMs: nowMs };
    case 'stop':
      if (bad) return { kind: 'stop-failed', container, reason: 'CannotStopContainerError: x', engineAway: false };
      return { kind: 'died', container, exitCode: 143, atMs: nowMs, oomKilled: false, watched: true };
    case 'cancel-pull':
      return { kind: 'pull-cancelled', container };
  }
}

class Run {
  readonly plan: TaskPlan;
  readonly payload: readonly PayloadContainer[];
  model: TaskModel;
  nowMs = 0;
  /** Calls that were made and not answered yet. */
  open: Action[] = [];
  wakeAtMs: number | undefined;
  /** The truth: what runs in the engine, and since when. */
  readonly up = new Map<string, number>();
  lastDeath: Fact | undefined;

  constructor(containers: readonly PayloadContainer[]) {
    this.payload = containers;
    this.plan = planOf(aTask(1, containers, { cpu: 1 }), { stopTimeoutS: 30 });
    this.model = newModel(this.plan, 0, 'RUNNING');
    this.take({ kind: 'admitted' });
  }

  take(...facts: readonly Fact[]): void {
    for (const fact of facts) this.model = observe(this.plan, this.model, fact, this.nowMs);
    const { model, actions, wakeAtMs } = step(this.plan, this.model, this.nowMs);
    this.model = model;
    this.wakeAtMs = wakeAtMs;
    for (const action of actions) this.check(action, model);
    this.open.push(...actions);
    assert.deepEqual(step(this.plan, model, this.nowMs).actions, [], 'a step leaves nothing to do at the same moment');
    for (const name of this.up.keys())
      assert.notEqual(containerOf(model, name)?.known, 'STOPPED', `${name} runs and is taken for stopped`);
  }

  /** Laws about each single call. */
  check(action: Action, model: TaskModel): void {
    if (!('container' in action)) return;
    const same = this.open.filter(
      (other) => 'container' in other && other.container === action.container && other.kind !== 'cancel-pull',
    );
    if (action.kind !== 'cancel-pull') assert.deepEqual(same, [], 'one call per container at a time');
    if (action.kind === 'start' || action.kind === 'create') {
      assert.equal(this.model.desired, 'RUNNING', 'nothing is begun on the way down');
      for (const { containerName, condition } of this.payload.find((c) => c.name === action.container)?.dependsOn ??
        []) {
        const other = containerOf(model, containerName);
        const ran = other?.startedAtMs !== undefined || other?.known === 'STOPPED';
        assert.ok(ran, `${action.container} before ${containerName} (${condition})`);
        if (condition === 'SUCCESS') assert.equal(other?.exitCode, 0);
      }
    }
    if (action.kind === 'stop') {
      for (const other of this.plan.containers) {
        if (!other.dependencies.some(({ on }) => on === action.container)) continue;
        assert.equal(containerOf(model, other.name)?.known, 'STOPPED', `${action.container} stops after ${other.name}`);
      }
    }
  }

  /** Answers one open call, lets something die or turn healthy, or lets time pass. */
  move(dice: number): void {
    this.nowMs += dice % 40_000;
    const running = this.model.containers.filter(({ known, applied }) => known === 'RUNNING' && applied === 'RUNNING');
    const one = running[dice % Math.max(1, running.length)];
    if (dice % 5 === 0 && one !== undefined) {
      return this.die(one.name, dice % 3, dice % 2 === 0);
    }
    if (dice % 5 === 1 && one !== undefined) {
      return this.take({
        kind: 'health',
        container: one.name,
        health: dice % 2 === 0 ? 'healthy' : 'unhealthy',
        atMs: this.nowMs,
      });
    }
    this.answerOne(dice);
  }

  die(container: string, exitCode: number, watched: boolean): void {
    const runStartedAtMs = this.up.get(container);
    const death: Fact = {
      kind: 'died',
      container,
      exitCode,
      atMs: this.nowMs,
      oomKilled: false,
      watched,
      runStartedAtMs,
    };
    this.up.delete(container);
    this.lastDeath = death;
    this.take(death);
  }

  answerOne(dice: number): void {
    const [action] = this.open.splice(dice % Math.max(1, this.open.length), 1);
    if (action === undefined) return this.take();
    const fact = answer(action, dice, this.nowMs);
    if (action.kind === 'cancel-pull')
      this.open = this.open.filter((o) => !(o.kind === 'prepare-image' && o.container === action.container));
    this.note(fact);
    this.take(...(fact === undefined ? [] : [fact]));
  }

  note(fact: Fact | undefined): void {
    if (fact?.kind === 'started') this.up.set(fact.container, fact.atMs);
    // What cannot be stopped is removed by force with the last attempt.
    if (fact?.kind === 'died' || fact?.kind === 'stop-failed') this.up.delete(fact.container);
  }
}

const anyDice = fc.array(fc.nat(1_000_000), { maxLength: 60 });

test('whatever happens: no call is made too early, too late or twice; the essential rule holds', () => {
  const law = fc.property(anyContainers, anyDice, (containers, dice) => {
    const run = new Run(containers);
    for (const number of dice) {
      run.move(number);
      const essentialStopped = run.plan.containers.some(
        ({ name, essential }) => essential && containerOf(run.model, name)?.known === 'STOPPED',
      );
      if (essentialStopped) assert.equal(run.model.desired, 'STOPPED');
    }
  });
  fc.assert(law, { numRuns: 500 });
});

test('a task that shall stop comes to rest, whatever state it is in, and nothing of it runs', () => {
  const law = fc.property(anyContainers, anyDice, (containers, dice) => {
    const run = new Run(containers);
    for (const number of dice) run.move(number);
    run.take({ kind: 'stop-wanted' });
    for (let moves = 0; !isQuiet(run.model); moves += 1) {
      assert.ok(moves < 200, `it never comes to rest: ${JSON.stringify(run.model)}`);
      if (run.open.length === 0) run.nowMs = Math.max(run.nowMs, run.wakeAtMs ?? run.nowMs);
      // Answers that are neither failures nor delays.
      run.answerOne(run.open.length === 0 ? 1 : 1 + run.open.length * 77);
    }
    assert.ok(run.model.containers.every(({ known }) => known === 'STOPPED'));
  });
  fc.assert(law, { numRuns: 500 });
});

test('what runs is not taken for stopped, however late and often a death is told', () => {
  const restartPolicy = { enabled: true, ignoredExitCodes: [], restartAttemptPeriod: 60 };
  const anyMoves = fc.array(fc.tuple(fc.constantFrom('dies', 'is told again', 'answers'), fc.nat(200_000)));
  const law = fc.property(anyMoves, (moves) => {
    const run = new Run([aContainer('web', { restartPolicy })]);
    while (run.open.length > 0) run.answerOne(1);
    for (const [move, number] of moves) {
      run.nowMs += number;
      if (move === 'answers') run.answerOne(1);
      else if (move === 'dies' && run.up.has('web')) run.die('web', 1, true);
      else if (move === 'is told again' && run.lastDeath !== undefined) run.take(run.lastDeath);
    }
  });
  fc.assert(law, { numRuns: 500 });
});
