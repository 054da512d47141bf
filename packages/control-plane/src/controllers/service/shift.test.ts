import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { epochMs, type DeploymentConfiguration, type HookRun, type TrafficShift } from '@gantry/domain';
import type { DeploymentConfiguration as WireConfiguration } from '@aws-sdk/client-ecs';
import { refused } from '../../api/ecs/testing/world.ts';
import {
  aShop,
  deploy,
  deployment,
  group,
  healthy,
  pair,
  RULE,
  running,
  TEST_RULE,
  traffic,
  turn,
} from '../../api/ecs/testing/shop.ts';
import { beginShift, expireHooks, shiftFailure, STAGE_LIMIT_MS, stepShift, TRAFFIC_SETTLES_MS } from './shift.ts';
import { balancersOf, trafficOrders } from './traffic.ts';

const MINUTE_MS = 60_000;
const PLAIN: DeploymentConfiguration = {
  minimumHealthyPercent: 100,
  maximumPercent: 200,
  deploymentCircuitBreaker: { enable: false, rollback: false },
  strategy: 'BLUE_GREEN',
  bakeTimeInMinutes: 0,
};

/** The moments at which the stage or the traffic changes, as a deployment whose tasks are ready at once goes. */
function course(configuration: DeploymentConfiguration, hasTestTraffic = false): string[] {
  let shift = beginShift('d', configuration, epochMs(0));
  const told: string[] = [];
  for (let now = 0; now <= 300 * MINUTE_MS && shift.stage !== 'CLEAN_UP'; now += 1000) {
    const next = step(shift, configuration, now, hasTestTraffic);
    if (next === shift) continue;
    shift = next;
    told.push(`${now / 1000}s ${shift.stage} ${shift.productionPercent}%${shift.testShifted ? ' test' : ''}`);
  }
  return told;
}

const step = (
  shift: TrafficShift,
  deploymentConfiguration: DeploymentConfiguration,
  now: number,
  hasTestTraffic = false,
  greenReady = true,
): TrafficShift =>
  stepShift({ id: 'd', deploymentConfiguration, shift }, { now: epochMs(now), greenReady, hasTestTraffic });

describe('the course of a deployment that shifts traffic', () => {
  it('blue/green: all at once, then the bake', () => {
    assert.deepEqual(course({ ...PLAIN, bakeTimeInMinutes: 5 }), [
      '0s PRODUCTION_TRAFFIC_SHIFT 100%',
      '2s BAKE_TIME 100%',
      '302s CLEAN_UP 100%',
    ]);
  });
  it('test traffic goes first', () => {
    assert.deepEqual(course(PLAIN, true), [
      '0s TEST_TRAFFIC_SHIFT 0% test',
      '2s PRODUCTION_TRAFFIC_SHIFT 100% test',
      '4s CLEAN_UP 100% test',
    ]);
  });
  it('canary: a little, then all', () => {
    const canaryConfiguration = { canaryPercent: 2.5, canaryBakeTimeInMinutes: 3 };
    assert.deepEqual(course({ ...PLAIN, strategy: 'CANARY', canaryConfiguration }), [
      '0s PRODUCTION_TRAFFIC_SHIFT 2.5%',
      '180s PRODUCTION_TRAFFIC_SHIFT 100%',
      '182s CLEAN_UP 100%',
    ]);
  });
  it('linear: equal steps, the last one shorter, no bake after it', () => {
    const linearConfiguration = { stepPercent: 33.4, stepBakeTimeInMinutes: 1 };
    assert.deepEqual(course({ ...PLAIN, strategy: 'LINEAR', linearConfiguration }), [
      '0s PRODUCTION_TRAFFIC_SHIFT 33.4%',
      '60s PRODUCTION_TRAFFIC_SHIFT 66.8%',
      '120s PRODUCTION_TRAFFIC_SHIFT 100%',
      '122s CLEAN_UP 100%',
    ]);
  });
  it('waits until what it brings is ready', () => {
    const waiting = step(beginShift('d', PLAIN, epochMs(0)), PLAIN, 0, false, false);
    assert.equal(waiting.stage, 'SCALE_UP');
    assert.equal(step(waiting, PLAIN, 5000, false, false), waiting);
    assert.match(
      shiftFailure({ shift: waiting } as never, epochMs(STAGE_LIMIT_MS)) ?? '',
      /stage SCALE_UP did not end within 24 hours/,
    );
  });
  it('applied to its own outcome changes nothing', () => {
    for (const now of [0, 1000, TRAFFIC_SETTLES_MS, 10 * MINUTE_MS]) {
      const once = step(beginShift('d', PLAIN, epochMs(0)), PLAIN, now, true);
      assert.equal(step(once, PLAIN, now, true), once);
    }
  });
});

describe('hooks', () => {
  const configuration: DeploymentConfiguration = {
    ...PLAIN,
    lifecycleHooks: [
      { targetType: 'PAUSE', lifecycleStages: ['PRE_SCALE_UP'], timeoutInMinutes: 10 },
      {
        targetType: 'AWS_LAMBDA',
        hookTargetArn: 'arn:aws:lambda:us-east-1:123456789012:function:check',
        lifecycleStages: ['PRE_SCALE_UP', 'PRODUCTION_TRAFFIC_SHIFT'],
      },
    ],
  };
  const begun = beginShift('d', configuration, epochMs(0));
  const ended = (shift: TrafficShift, status: HookRun['status'], ...indexes: number[]): TrafficShift => ({
    ...shift,
    hooks: shift.hooks.map((hook) => (indexes.includes(hook.index) ? { ...hook, status, callAt: undefined } : hook)),
  });

  it('all of a stage end before the next one', () => {
    assert.deepEqual(
      begun.hooks.map(({ status, callAt }) => [status, callAt]),
      [
        ['AWAITING_ACTION', undefined],
        ['IN_PROGRESS', 0],
      ],
    );
    assert.equal(step(begun, configuration, 1000).stage, 'PRE_SCALE_UP');
    assert.equal(step(ended(begun, 'SUCCEEDED', 0), configuration, 1000).stage, 'PRE_SCALE_UP');
    const next = step(ended(begun, 'SUCCEEDED', 0, 1), configuration, 1000);
    assert.equal(next.stage, 'PRODUCTION_TRAFFIC_SHIFT');
    assert.equal(next.hooks.length, 1);
  });
  it('that run out of time end as they were told to', () => {
    const deployment = { shift: begun, deploymentConfiguration: configuration } as never;
    assert.equal(expireHooks(deployment, epochMs(10 * MINUTE_MS - 1)), begun);
    const expired = expireHooks(deployment, epochMs(10 * MINUTE_MS));
    assert.deepEqual(
      expired?.hooks.map(({ status }) => status),
      ['TIMED_OUT', 'IN_PROGRESS'],
    );
    assert.match(shiftFailure({ shift: expired } as never, epochMs(0)) ?? '', /did not end in its time/);
  });
});

describe('which group', () => {
  const other = balancersOf([pair], [pair], true);
  it('the other one, and back', () => {
    assert.equal(other[0]?.targetGroupArn, group('two'));
    assert.deepEqual(balancersOf([pair], other, true), [pair]);
  });
  it('the same one when nothing is shifted', () => assert.deepEqual(balancersOf([pair], other, false), other));
  it('the first one at first', () => assert.deepEqual(balancersOf([pair], undefined, true), [pair]));
  it('weights are whole numbers, the greater one first', () => {
    const weights = (productionPercent: number) =>
      trafficOrders(other, { productionPercent, testShifted: false })[0]?.targetGroups.map(
        ({ targetGroupArn, weight }) => `${targetGroupArn === group('two') ? 'green' : 'blue'} ${weight}`,
      );
    assert.deepEqual(weights(0), ['blue 100', 'green 0']);
    assert.deepEqual(weights(0.1), ['blue 999', 'green 1']);
    assert.deepEqual(weights(33.4), ['blue 666', 'green 334']);
    assert.deepEqual(weights(100), ['green 100', 'blue 0']);
  });
});

test('blue/green: green grows beside blue, takes the traffic, blue goes after the bake', async () => {
  const world = await aShop({ strategy: 'BLUE_GREEN', bakeTimeInMinutes: 5 }, TEST_RULE);
  assert.deepEqual(running(world), ['1 in one', '1 in one']);
  assert.equal(traffic(world), 'one 100, two 0');
  await turn(world, MINUTE_MS);
  await deploy(world, 'shop:2');
  assert.deepEqual(running(world), ['1 in one', '1 in one', '2 in two', '2 in two']);
  assert.equal((await deployment(world)).lifecycleStage, 'SCALE_UP');
  await turn(world, 5000);
  await healthy(world, (task) => task.revision === 1);
  assert.equal(traffic(world), 'one 100, two 0', 'nothing moves before green is healthy');
  await healthy(world);
  assert.equal((await deployment(world)).lifecycleStage, 'TEST_TRAFFIC_SHIFT');
  assert.equal(traffic(world, TEST_RULE), 'two 100, one 0');
  assert.equal(traffic(world), 'one 100, two 0');
  await turn(world, TRAFFIC_SETTLES_MS);
  assert.equal(traffic(world), 'two 100, one 0');
  await turn(world, TRAFFIC_SETTLES_MS);
  assert.equal((await deployment(world)).lifecycleStage, 'BAKE_TIME');
  assert.equal(running(world).length, 4);
  await turn(world, 5 * MINUTE_MS);
  await healthy(world);
  assert.deepEqual(running(world), ['2 in two', '2 in two']);
  const { status, lifecycleStage } = await deployment(world);
  assert.deepEqual([status, lifecycleStage], ['SUCCESSFUL', 'CLEAN_UP']);
  await turn(world, MINUTE_MS);
  await deploy(world, 'shop:1');
  assert.deepEqual(running(world), ['1 in one', '1 in one', '2 in two', '2 in two'], 'the groups change places');
});

test('what fails of blue or green is replaced in its own revision', async () => {
  const world = await aShop({ strategy: 'BLUE_GREEN', bakeTimeInMinutes: 5 });
  await turn(world, MINUTE_MS);
  await deploy(world, 'shop:2');
  const [victim] = world.tasks().filter(({ revision }) => revision === 1);
  await world.report({ status: 'STOPPED', containers: [] }, (task) => task.id === victim?.id);
  assert.deepEqual(running(world), ['1 in one', '1 in one', '2 in two', '2 in two']);
});

test('a canary takes a part, then all', async () => {
  const canaryConfiguration = { canaryPercent: 10, canaryBakeTimeInMinutes: 1 };
  const world = await aShop({ strategy: 'CANARY', bakeTimeInMinutes: 0, canaryConfiguration });
  await turn(world, MINUTE_MS);
  await deploy(world, 'shop:2');
  await healthy(world);
  assert.equal(traffic(world), 'one 90, two 10');
  await turn(world, MINUTE_MS);
  assert.equal(traffic(world), 'two 100, one 0');
  await turn(world, TRAFFIC_SETTLES_MS);
  await healthy(world);
  assert.deepEqual(running(world), ['2 in two', '2 in two']);
});

test('a pause waits for a word: on, or back', async () => {
  const lifecycleHooks = [
    { targetType: 'PAUSE' as const, lifecycleStages: ['POST_PRODUCTION_TRAFFIC_SHIFT' as const] },
  ];
  const world = await aShop({ strategy: 'BLUE_GREEN', bakeTimeInMinutes: 0, lifecycleHooks });
  await turn(world, MINUTE_MS);
  await deploy(world, 'shop:2');
  await healthy(world);
  await turn(world, TRAFFIC_SETTLES_MS);
  const paused = await deployment(world);
  const [hook] = paused.lifecycleHookDetails ?? [];
  assert.deepEqual([hook?.targetType, hook?.status], ['PAUSE', 'AWAITING_ACTION']);
  assert.equal(traffic(world), 'two 100, one 0');
  const serviceDeploymentArn = paused.serviceDeploymentArn ?? '';
  await refused(
    world.ecs.ContinueServiceDeployment({ serviceDeploymentArn, hookId: 'x' }),
    'InvalidParameterException',
    'is not paused at a lifecycle hook',
  );
  await world.ecs.ContinueServiceDeployment({ serviceDeploymentArn, hookId: hook?.hookId ?? '', action: 'ROLLBACK' });
  await world.settle();
  assert.equal(traffic(world), 'one 100, two 0', 'traffic is back at once');
  assert.equal(running(world).length, 4, 'what had it stays a moment');
  await turn(world, TRAFFIC_SETTLES_MS);
  await healthy(world);
  assert.deepEqual(running(world), ['1 in one', '1 in one']);
  const over = await deployment(world);
  assert.equal(over.status, 'ROLLBACK_SUCCESSFUL');
  assert.match(over.statusReason ?? '', /a user asked for a rollback/);
});

test('StopServiceDeployment takes it back before any traffic has moved', async () => {
  const world = await aShop({ strategy: 'BLUE_GREEN', bakeTimeInMinutes: 0 });
  await turn(world, MINUTE_MS);
  await deploy(world, 'shop:2');
  await world.ecs.StopServiceDeployment({ serviceDeploymentArn: (await deployment(world)).serviceDeploymentArn });
  await world.settle();
  await healthy(world);
  assert.deepEqual(running(world), ['1 in one', '1 in one']);
  assert.equal(traffic(world), 'one 100, two 0');
  assert.equal((await deployment(world)).status, 'ROLLBACK_SUCCESSFUL');
});

test('a newer deployment takes the place of one under way', async () => {
  const world = await aShop({ strategy: 'LINEAR', linearConfiguration: { stepPercent: 50, stepBakeTimeInMinutes: 9 } });
  await turn(world, MINUTE_MS);
  await deploy(world, 'shop:2');
  await healthy(world);
  assert.match(traffic(world), /two 50/);
  await world.ecs.UpdateService({ service: 'shop', forceNewDeployment: true });
  await world.settle();
  assert.equal(traffic(world), 'one 100, two 0');
  await turn(world, TRAFFIC_SETTLES_MS);
  await healthy(world);
  assert.deepEqual(running(world), ['1 in one', '1 in one', '2 in two', '2 in two']);
  assert.match(traffic(world), /two 50/);
});

test('a rule that is gone takes the deployment back', async () => {
  const world = await aShop({ strategy: 'BLUE_GREEN', bakeTimeInMinutes: 0 });
  await turn(world, MINUTE_MS);
  await deploy(world, 'shop:2');
  await world.run((tx) =>
    tx.delete(tx.tables.listenerRules, `123456789012/us-east-1/${RULE.slice(RULE.indexOf('listener-rule'))}`),
  );
  await world.settle();
  await healthy(world);
  assert.deepEqual(running(world), ['1 in one', '1 in one']);
  assert.match((await deployment(world)).statusReason ?? '', /does not exist, or does not forward/);
});

test('what cannot be is refused', async () => {
  const world = await aShop({ strategy: 'BLUE_GREEN', bakeTimeInMinutes: 0 });
  const update = (deploymentConfiguration: WireConfiguration) =>
    world.ecs.UpdateService({ service: 'shop', deploymentConfiguration });
  const INVALID = 'InvalidParameterException';
  await refused(update({ canaryConfiguration: {} }), INVALID, 'canaryConfiguration can not be given');
  await refused(update({ strategy: 'LINEAR', linearConfiguration: { stepPercent: 2 } }), INVALID, 'multiple of 0.1');
  await refused(update({ bakeTimeInMinutes: 1441 }), INVALID, 'bakeTimeInMinutes');
  await refused(
    update({ lifecycleHooks: [{ lifecycleStages: ['PRE_SCALE_UP'] }] }),
    INVALID,
    'hookTargetArn and roleArn',
  );
  await refused(
    world.ecs.CreateService({
      serviceName: 'plain',
      taskDefinition: 'shop',
      desiredCount: 1,
      deploymentConfiguration: { strategy: 'CANARY' },
    }),
    INVALID,
    'needs a load balancer with an advancedConfiguration',
  );
});
