import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { InvalidConfig, readConfig } from './config.ts';

const FILE = {
  endpoint: 'http://127.0.0.1:4566',
  region: 'us-east-1',
  credentialsFile: '/d/credentials.json',
  dataDir: '/d/agent',
  engineSocket: 'unix:///run/docker.sock',
  instances: [
    {
      name: 'local-ec2',
      pool: 'ec2',
      cluster: 'default',
      cpuUnits: 2048,
      memoryMiB: 4096,
      availabilityZone: 'a',
      instanceType: 't',
    },
    { name: 'local-fargate', pool: 'fargate', cluster: 'pool' },
  ],
};
const HOST = { architecture: 'x64' };

describe('configuration', () => {
  test('instances of one process', () => {
    const config = readConfig(FILE, {}, HOST);
    assert.equal(config.engineSocket, '/run/docker.sock');
    assert.deepEqual(
      config.instances.map(({ name, config: { cluster, identity } }) => [name, cluster, identity.pool]),
      [
        ['local-ec2', 'default', 'ec2'],
        ['local-fargate', 'pool', 'fargate'],
      ],
    );
    const first = config.instances[0]?.config;
    assert.equal(first?.pullBehaviour, 'prefer-cached');
    assert.equal(first?.cleanUpDelayMs, 600_000);
    assert.deepEqual(first?.capacity.tcpPorts, [22, 2375, 2376, 51678, 51679]);
  });

  test('the variables of ecs.config', () => {
    const { cluster: _cluster, ...instance } = FILE.instances[0] as Record<string, unknown>;
    const env = {
      ECS_CLUSTER: 'blue',
      ECS_RESERVED_MEMORY: '256',
      ECS_INSTANCE_ATTRIBUTES: '{"rack":"7"}',
      ECS_IMAGE_PULL_BEHAVIOR: 'always',
      ECS_CONTAINER_STOP_TIMEOUT: '1m30s',
      ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION: '3h',
      ECS_RESERVED_PORTS: '[80]',
    };
    const config = readConfig({ ...FILE, instances: [instance] }, env, HOST).instances[0]?.config;
    assert.equal(config?.cluster, 'blue');
    assert.equal(config?.reservedMemoryMiB, 256);
    assert.deepEqual(config?.identity.attributes, { rack: '7' });
    assert.equal(config?.pullBehaviour, 'always');
    assert.equal(config?.stopTimeoutS, 90);
    assert.equal(config?.cleanUpDelayMs, 3 * 3_600_000);
    assert.deepEqual(config?.capacity.tcpPorts, [80]);
  });

  test('GPUs: what the driver shows, unless told otherwise', () => {
    const [instance] = FILE.instances;
    const read = (env: Record<string, string>, more = {}) =>
      readConfig({ ...FILE, instances: [{ ...instance, ...more }] }, env, HOST);
    assert.equal(read({}).gpuSupport, 'auto');
    assert.equal(read({ ECS_ENABLE_GPU_SUPPORT: 'true' }).gpuSupport, 'on');
    assert.equal(read({ ECS_ENABLE_GPU_SUPPORT: 'false' }).gpuSupport, 'off');
    assert.equal(read({}).instances[0]?.gpuIds, undefined);
    assert.deepEqual(read({}, { gpuIds: ['GPU-1'] }).instances[0]?.gpuIds, ['GPU-1']);
    assert.throws(
      () => read({ ECS_ENABLE_GPU_SUPPORT: 'maybe' }, { gpuIds: 'all' }),
      /maybe[^]*gpuIds|gpuIds[^]*maybe/,
    );
  });

  test('the metadata file and introspection', () => {
    const read = (env: Record<string, string>, more = {}) => readConfig({ ...FILE, ...more }, env, HOST);
    assert.deepEqual([read({}).containerMetadata, read({}).introspectionPort], [false, 51_678]);
    assert.equal(read({ ECS_ENABLE_CONTAINER_METADATA: 'true' }).containerMetadata, true);
    assert.equal(read({}, { introspectionPort: 0 }).introspectionPort, 0);
    assert.equal(read({ GANTRY_INTROSPECTION_PORT: '5000' }, { introspectionPort: 0 }).introspectionPort, 5000);
  });

  test('image clean-up: the stock agent’s variables; images stay where they are preferred, unless asked for', () => {
    const read = (env: Record<string, string>) => readConfig(FILE, env, HOST);
    assert.equal(read({}).imageCleanUp, undefined);
    const usual = { intervalMs: 1_800_000, minimumAgeMs: 3_600_000, mostPerCycle: 5, excluded: [] };
    assert.deepEqual(read({ ECS_DISABLE_IMAGE_CLEANUP: 'false' }).imageCleanUp, usual);
    assert.deepEqual(read({ ECS_IMAGE_PULL_BEHAVIOR: 'default' }).imageCleanUp, usual);
    assert.equal(
      read({ ECS_IMAGE_PULL_BEHAVIOR: 'default', ECS_DISABLE_IMAGE_CLEANUP: 'true' }).imageCleanUp,
      undefined,
    );
    const env = {
      ECS_IMAGE_PULL_BEHAVIOR: 'once',
      ECS_IMAGE_CLEANUP_INTERVAL: '10m',
      ECS_IMAGE_MINIMUM_CLEANUP_AGE: '2h',
      ECS_NUM_IMAGES_DELETE_PER_CYCLE: '9',
      ECS_EXCLUDE_UNTRACKED_IMAGE: 'a:1, b',
    };
    const rules = { intervalMs: 600_000, minimumAgeMs: 7_200_000, mostPerCycle: 9, excluded: ['a:1', 'b'] };
    assert.deepEqual(read(env).imageCleanUp, rules);
    assert.throws(() => read({ ECS_ENABLE_UNTRACKED_IMAGE_CLEANUP: 'true' }), /no task pulled are never removed/);
    assert.throws(() => read({ ECS_NUM_IMAGES_DELETE_PER_CYCLE: '0' }), /ECS_NUM_IMAGES_DELETE_PER_CYCLE/);
    const waits = {
      ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION_JITTER: '1m',
      ECS_IMAGE_PULL_INACTIVITY_TIMEOUT: '90s',
    };
    const config = read(waits).instances[0]?.config;
    assert.deepEqual([config?.cleanUpJitterMs, config?.pullInactivityMs], [60_000, 90_000]);
  });

  test('all problems are told together', () => {
    const bad = {
      ...FILE,
      endpoint: 'here',
      region: 7,
      dataDir: '',
      instances: [{ name: 'a b', pool: 'x', cpuUnits: -1 }, { name: 'a b' }],
    };
    const env = {
      ECS_CONTAINER_STOP_TIMEOUT: 'soon',
      ECS_RESERVED_PORTS: '{',
      ECS_IMAGE_PULL_BEHAVIOR: 'never',
      ECS_RESERVED_MEMORY: 'x',
    };
    assert.throws(
      () => readConfig(bad, env, HOST),
      (error: unknown) => {
        assert.ok(error instanceof InvalidConfig);
        for (const text of [
          'endpoint must be',
          'region must be a text',
          'dataDir is missing',
          'is not a name',
          'pool must be',
          'cpuUnits must be',
          'same name',
          'ECS_CONTAINER_STOP_TIMEOUT',
          'ECS_RESERVED_PORTS',
          'pull behaviour',
          'ECS_RESERVED_MEMORY',
        ]) {
          assert.ok(error.message.includes(text), text);
        }
        return true;
      },
    );
    for (const nothing of [null, 3, [], {}]) assert.throws(() => readConfig(nothing, {}, HOST), InvalidConfig);
  });
});
