import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { startLoad } from './load.ts';
import { openShop } from './shop.ts';
import { has, startWorld, until, type World } from './world.ts';

const skip = has('aws') && existsSync('/usr/sbin/haproxy') ? false : 'the AWS CLI or haproxy is not installed';

describe('services behind load balancers', { skip }, () => {
  let world: World;

  before(async () => {
    world = await startWorld('--healthy-after', '1s', '--deployment-hook', 'refuse=exec:/bin/false');
  });
  after(() => world.down());

  for (const networkMode of ['bridge', 'awsvpc'] as const)
    test(`${networkMode}: deployments and scaling fail no request`, async () => {
      const shop = await openShop(world, networkMode, { networkMode });
      const health = await world.aws<{ TargetHealthDescriptions: { TargetHealth: { State: string } }[] }>(
        'elbv2',
        'describe-target-health',
        '--target-group-arn',
        shop.group,
      );
      assert.deepEqual(
        health.TargetHealthDescriptions.map(({ TargetHealth }) => TargetHealth.State),
        ['healthy', 'healthy'],
      );
      const load = startLoad(shop.port, 4);
      for (let round = 0; round < 2; round += 1) {
        await shop.update('--force-new-deployment');
        await shop.stable();
      }
      for (const count of ['4', '1', '2']) await shop.update('--desired-count', count);
      await shop.stable();
      await load.stop();
      const { done, failed } = load.told();
      assert.deepEqual(failed, []);
      assert.ok(done > 50, `${done} requests`);
      const said = ((await shop.describe()).events ?? []).map(({ message }) => message).join('\n');
      assert.match(said, /registered 1 targets in \(target-group arn:/);
      assert.match(said, /deregistered \d targets in \(target-group arn:/);
      assert.match(said, /has begun draining connections on \d tasks\./);
    });

  const STRATEGIES = {
    'blue-green': ['awsvpc', { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 0 }],
    canary: ['bridge', { strategy: 'CANARY', canaryConfiguration: { canaryPercent: 10, canaryBakeTimeInMinutes: 0 } }],
    linear: ['awsvpc', { strategy: 'LINEAR', linearConfiguration: { stepPercent: 50, stepBakeTimeInMinutes: 0 } }],
  } as const;
  for (const [name, [networkMode, deploymentConfiguration]] of Object.entries(STRATEGIES))
    test(`${name}: traffic is shifted and fails no request`, async () => {
      const shop = await openShop(world, name, { networkMode, deploymentConfiguration });
      const load = startLoad(shop.port, 4);
      await shop.update('--force-new-deployment');
      await shop.stable();
      const { status, lifecycleStage } = await shop.deployment();
      assert.deepEqual([status, lifecycleStage], ['SUCCESSFUL', 'CLEAN_UP']);
      await load.stop();
      assert.deepEqual(load.told().failed, []);
      assert.ok(load.told().done > 50);
    });

  test('a shift that is stopped, and one whose hook says no, go back and fail no request', async () => {
    const deploymentConfiguration = { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 60 };
    const shop = await openShop(world, 'back', { networkMode: 'awsvpc', deploymentConfiguration });
    const load = startLoad(shop.port, 4);
    await shop.update('--force-new-deployment');
    const baking = await until('the bake', async () => {
      const deployment = await shop.deployment();
      return deployment.lifecycleStage === 'BAKE_TIME' ? deployment : undefined;
    });
    await world.aws('ecs', 'stop-service-deployment', '--service-deployment-arn', baking.serviceDeploymentArn ?? '');
    await shop.stable();
    assert.equal((await shop.deployment()).status, 'ROLLBACK_SUCCESSFUL');
    const hook = {
      hookTargetArn: 'arn:aws:lambda:us-east-1:000000000000:function:refuse',
      roleArn: 'arn:aws:iam::000000000000:role/infrastructure',
      lifecycleStages: ['POST_PRODUCTION_TRAFFIC_SHIFT'],
    };
    const how = { ...deploymentConfiguration, lifecycleHooks: [hook] };
    await shop.update('--force-new-deployment', '--deployment-configuration', JSON.stringify(how));
    await shop.stable();
    const refusal = await shop.deployment();
    assert.equal(refusal.status, 'ROLLBACK_SUCCESSFUL');
    assert.match(refusal.statusReason ?? '', /lifecycle hook .* failed: .*\/bin\/false ended with exit code 1/);
    await load.stop();
    assert.deepEqual(load.told().failed, []);
  });
});
