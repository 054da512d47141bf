import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { aContainer, aTask, stopOf, taskArn } from '../testing/payloads.ts';
import { AgentWorld, type WorldOptions } from '../testing/world.ts';

const ID = taskArn(1).slice(-32);
const TOKEN = 'a-token-of-ours';
const SECRET = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:token-AbCdEf';

const app = aContainer('app', {
  secrets: [
    { name: 'token', valueFrom: SECRET, region: 'us-east-1', provider: 'asm', type: 'BOOTSTRAP', target: 'LOG_DRIVER' },
  ],
  hostConfig: { LogConfig: { Type: 'awsfirelens', Config: { Name: 'http' } } },
});
const router = aContainer('log', { firelensConfiguration: { type: 'fluentbit', options: {} } });
const ROLE = {
  executionRoleCredentials: {
    credentialsId: 'id-1',
    roleArn: 'arn:aws:iam::000000000000:role/execution',
    accessKeyId: 'ASIAEXECUTION',
    secretAccessKey: 'key',
    sessionToken: 'session',
    expiration: '2026-01-01T00:00:00Z',
  },
};
const routedTask = aTask(1, [app, router], ROLE);

async function begin(options: WorldOptions = {}): Promise<AgentWorld> {
  const world = new AgentWorld(options);
  world.plane.secrets.putSecret('us-east-1', SECRET, TOKEN);
  await world.start();
  return world;
}

function specOf(world: AgentWorld, name: string) {
  const state = world.engine
    .containers()
    .find(({ labels }) => labels['com.amazonaws.ecs.container-name'] === name && 'gantry.agent' in labels);
  const spec = world.engine.spec(state?.id ?? '') as {
    readonly Env: readonly string[];
    readonly HostConfig: { readonly Binds: readonly string[]; readonly LogConfig?: { readonly Type: string } };
  };
  return { state, spec };
}

describe('a task with a log router', () => {
  test('starts the router first and stops it last; its files go with it', async () => {
    const world = await begin();
    const order: string[] = [];
    const { engine } = world;
    const nameOf = (id: string): string =>
      engine.containers().find((state) => state.id === id)?.labels['com.amazonaws.ecs.container-name'] ?? '';
    const start = engine.startContainer.bind(engine);
    engine.startContainer = (id) => {
      order.push(`start ${nameOf(id)}`);
      return start(id);
    };
    const stop = engine.stopContainer.bind(engine);
    engine.stopContainer = (id, options) => {
      order.push(`stop ${nameOf(id)}`);
      return stop(id, options);
    };
    world.plane.payload(routedTask);
    await world.settle();
    assert.equal(world.plane.told(taskArn(1)).at(-1), 'RUNNING app:RUNNING log:RUNNING');
    assert.match(world.routerFiles.configs.get(ID) ?? '', /token \$\{token_0\}/);
    world.plane.payload(stopOf(1));
    await world.settle();
    assert.deepEqual(order, ['start log', 'start app', 'stop app', 'stop log']);
    assert.ok(world.routerFiles.configs.has(ID), 'until the task is cleaned up');
    await world.clock.turn(11 * 60_000);
    await world.settle();
    assert.equal(world.routerFiles.configs.size, 0);
    await world.kill();
  });

  test('its secret is the router’s alone: in no file, checkpoint, report or log', async () => {
    const world = await begin();
    world.plane.payload(routedTask);
    await world.settle();
    const log = specOf(world, 'log');
    assert.deepEqual(log.spec.Env, [`token_0=${TOKEN}`]);
    assert.deepEqual(log.spec.HostConfig.Binds, [
      `/firelens/${ID}/fluent.conf:/fluent-bit/etc/fluent-bit.conf`,
      `/firelens/${ID}/run:/var/run/`,
    ]);
    const { spec } = specOf(world, 'app');
    assert.deepEqual(spec.Env, [`FLUENT_HOST=${log.state?.addresses?.[0]}`, 'FLUENT_PORT=24224']);
    assert.equal(spec.HostConfig.LogConfig?.Type, 'fluentd');
    const elsewhere = [
      spec,
      [...world.routerFiles.configs],
      [...world.disk.durable],
      world.plane.reports,
      world.logged,
    ];
    assert.ok(!JSON.stringify(elsewhere).includes(TOKEN));
    await world.kill();
  });

  test('has the rest of its configuration from S3, as the execution role; without it nothing is made', async () => {
    const world = await begin();
    world.plane.secrets.putObject('cfg', 'log/rest.conf', '[OUTPUT]\n    Name null\n');
    const from = (key: string) => ({
      ...router,
      firelensConfiguration: {
        type: 'fluentbit' as const,
        options: { 'config-file-type': 's3', 'config-file-value': `arn:aws:s3:::cfg/${key}` },
      },
    });
    world.plane.payload(aTask(1, [app, from('log/rest.conf')], ROLE));
    await world.settle();
    assert.match(world.routerFiles.configs.get(ID) ?? '', /^@INCLUDE \/fluent-bit\/etc\/external\.conf$/m);
    assert.equal(world.routerFiles.included.get(ID), '[OUTPUT]\n    Name null\n');
    const { Binds } = specOf(world, 'log').spec.HostConfig;
    assert.ok(Binds.includes(`/firelens/${ID}/external.conf:/fluent-bit/etc/external.conf`));

    world.plane.payload(aTask(2, [app, from('absent.conf')], ROLE));
    await world.settle();
    const end = world.plane.reports.findLast(({ task }) => task === taskArn(2));
    assert.equal(end?.status, 'STOPPED');
    assert.match(
      end?.reason ?? '',
      /^ResourceInitializationError: failed to download firelens config: .*unable to download config with key absent\.conf from bucket cfg/,
    );
    assert.equal(world.routerFiles.configs.size, 1);
    await world.kill();
  });

  test('whose files cannot be written is told so, and nothing runs', async () => {
    const world = await begin();
    world.routerFiles.problem = 'no space left on device';
    world.plane.payload(routedTask);
    await world.settle();
    const end = world.plane.reports.findLast(({ task }) => task === taskArn(1));
    assert.equal(end?.status, 'STOPPED');
    assert.equal(
      end?.containers?.find(({ containerName }) => containerName === 'log')?.reason,
      'CannotCreateContainerError: the configuration of log router log cannot be written: no space left on device',
    );
    assert.deepEqual(world.containers(), []);
    await world.kill();
  });
});
