import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PayloadAssociation } from '@gantry/protocol';
import type { Input } from '../session/port.ts';
import { aContainer, aTask, stopOf } from '../testing/payloads.ts';
import { AgentWorld } from '../testing/world.ts';
import { gpuMembers } from './gpus.ts';

const gpu = (id: string, container: string): PayloadAssociation => ({
  name: id,
  type: 'gpu',
  containers: [container],
  content: { encoding: 'identity', value: id },
});
const GPUS = { gpus: { driverVersion: '535.104.05', ids: ['GPU-a', 'GPU-b'] } };

type Spec = { readonly Env: readonly string[]; readonly HostConfig: Readonly<Record<string, unknown>> };
const specOf = (world: AgentWorld, container: string): Spec => {
  const made = world.engine.containers().find((c) => c.labels['com.amazonaws.ecs.container-name'] === container);
  return world.engine.spec(made?.id ?? '') as unknown as Spec;
};
const registered = (world: AgentWorld) =>
  world.plane.calls.find(({ operation }) => operation === 'RegisterContainerInstance')
    ?.input as Input<'RegisterContainerInstance'>;
const visible = ({ Env }: Spec) => Env.filter((one) => one.startsWith('NVIDIA_'));

describe('GPUs of a task', () => {
  test('a container has those it was given, its neighbour none', async () => {
    const world = new AgentWorld({ config: GPUS });
    await world.start();
    const associations = [gpu('GPU-b', 'train'), gpu('GPU-a', 'train')];
    world.plane.payload(aTask(1, [aContainer('train'), aContainer('log')], { associations }));
    await world.settle();
    const train = specOf(world, 'train');
    assert.deepEqual(train.HostConfig['DeviceRequests'], [
      { Driver: 'nvidia', DeviceIDs: ['GPU-b', 'GPU-a'], Capabilities: [['gpu']] },
    ]);
    assert.deepEqual(visible(train), ['NVIDIA_VISIBLE_DEVICES=GPU-b,GPU-a']);
    const log = specOf(world, 'log');
    assert.equal(log.HostConfig['DeviceRequests'], undefined);
    assert.deepEqual(visible(log), ['NVIDIA_VISIBLE_DEVICES=void']);
  });

  test('a GPU that a task still has is waited for, over a restart of the agent, too', async () => {
    const world = new AgentWorld({ config: GPUS });
    await world.start();
    world.plane.payload(aTask(1, [aContainer('web')], { associations: [gpu('GPU-a', 'web')] }));
    await world.settle();
    await world.kill();
    await world.start();
    world.plane.payload(aTask(2, [aContainer('next')], { associations: [gpu('GPU-a', 'next')] }));
    await world.settle();
    assert.deepEqual(world.containers(), ['web running']);
    world.plane.payload(stopOf(1));
    await world.settle();
    assert.deepEqual(world.containers(), ['web exited', 'next running']);
  });

  test('one that is not here stops the task, and says so', async () => {
    const world = new AgentWorld({ config: GPUS });
    await world.start();
    world.plane.payload(aTask(1, [aContainer('web')], { associations: [gpu('GPU-z', 'web')] }));
    await world.settle();
    const report = world.plane.reports.find(({ status }) => status === 'STOPPED');
    assert.match(report?.reason ?? '', /its GPU GPU-z is not on this instance/);
  });

  test('the instance registers them as the stock agent does', async () => {
    const world = new AgentWorld({ config: GPUS });
    await world.start();
    const { platformDevices, attributes = [] } = registered(world);
    assert.deepEqual(platformDevices, [
      { id: 'GPU-a', type: 'GPU' },
      { id: 'GPU-b', type: 'GPU' },
    ]);
    const values = new Map(attributes.map(({ name, value }) => [name, value]));
    assert.equal(values.get('ecs.capability.gpu-driver-version'), '535.104.05');
    assert.ok(values.has('ecs.capability.nvidia-driver-version.535.104.05'));
  });

  test('without GPUs nothing of the kind is said or registered', async () => {
    const world = new AgentWorld();
    await world.start();
    world.plane.payload(aTask(1, [aContainer('web')]));
    await world.settle();
    assert.deepEqual(visible(specOf(world, 'web')), []);
    assert.equal(registered(world).platformDevices, undefined);
  });

  test('what the definition says of the variable itself is left', () => {
    assert.deepEqual(gpuMembers([], { NVIDIA_VISIBLE_DEVICES: 'all' }, true).environment, {});
  });
});
