import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aTask } from '../../controllers/testing/builders.ts';
import { numbered, putTask } from '../../controllers/testing/world.ts';
import { anApi, refused } from './testing/world.ts';

const INVALID = 'InvalidParameterException';
const ARN = 'arn:aws:ecs:us-east-1:123456789012:container-instance/default/';

test('describe: what is left, what runs, and health when asked for', async () => {
  const { ecs, addInstance, run } = await anApi();
  const instanceKey = await addInstance(1, { tags: [{ key: 'a', value: 'b' }] });
  const reservation = { cpuUnits: 1000, memoryMiB: 2000, tcpPorts: [80], udpPorts: [53], gpuCount: 0, eniCount: 0 };
  await run((tx) => {
    putTask(tx, aTask({ id: numbered(1), instanceKey, reservation, lastStatus: 'RUNNING' }));
    putTask(tx, aTask({ id: numbered(2), instanceKey }));
    putTask(tx, aTask({ id: numbered(3), instanceKey, lastStatus: 'STOPPED', desiredStatus: 'STOPPED' }));
  });
  const { containerInstances, failures } = await ecs.DescribeContainerInstances({
    containerInstances: [numbered(1), 'nope'],
    include: ['TAGS', 'CONTAINER_INSTANCE_HEALTH'],
  });
  const [instance] = containerInstances ?? [];
  const of = (list: NonNullable<typeof instance>['remainingResources'], name: string) =>
    list?.find((one) => one.name === name);
  assert.ok(instance !== undefined);
  assert.equal(of(instance.registeredResources, 'CPU')?.integerValue, 4096);
  assert.equal(of(instance.remainingResources, 'CPU')?.integerValue, 4096 - 1000 - 128);
  assert.equal(of(instance.remainingResources, 'MEMORY')?.integerValue, 8192 - 2000 - 64);
  assert.deepEqual(of(instance.remainingResources, 'PORTS')?.stringSetValue, ['22', '80']);
  assert.deepEqual(of(instance.remainingResources, 'PORTS_UDP')?.stringSetValue, ['53']);
  assert.deepEqual([instance.runningTasksCount, instance.pendingTasksCount], [1, 1]);
  assert.equal(instance.healthStatus?.overallStatus, 'INSUFFICIENT_DATA');
  assert.deepEqual(instance.tags, [{ key: 'a', value: 'b' }]);
  assert.deepEqual(failures, [{ arn: `${ARN}nope`, reason: 'MISSING' }]);
  const call = ecs.DescribeContainerInstances({ containerInstances: [] });
  await refused(call, INVALID, 'Container Instances cannot be empty.');
});

test('list: by status and by query', async () => {
  const { ecs, addInstance } = await anApi();
  await addInstance(1, { attributes: [{ name: 'rack', value: 'a' }] });
  await addInstance(2, { status: 'DRAINING', attributes: [{ name: 'rack', value: 'b' }] });
  await addInstance(3, { status: 'INACTIVE' });
  const ids = async (input: Parameters<typeof ecs.ListContainerInstances>[0]) =>
    (await ecs.ListContainerInstances(input)).containerInstanceArns?.map((arn) => Number(arn.slice(-1)));
  assert.deepEqual(await ids({}), [1, 2]);
  assert.deepEqual(await ids({ status: 'DRAINING' }), [2]);
  assert.deepEqual(await ids({ filter: 'attribute:rack == a' }), [1]);
  assert.deepEqual(await ids({ filter: 'runningTasksCount == 0 and agentConnected == true', maxResults: 1 }), [1]);
  await refused(ecs.ListContainerInstances({ filter: 'rack is a' }), INVALID, 'Invalid filter');
});

test('draining and back; failures for what is gone', async () => {
  const { ecs, addInstance, state } = await anApi();
  const key = await addInstance(1);
  const set = (status: 'ACTIVE' | 'DRAINING', ...containerInstances: string[]) =>
    ecs.UpdateContainerInstancesState({ containerInstances, status });
  const { containerInstances, failures } = await set('DRAINING', numbered(1), numbered(2));
  assert.equal(containerInstances?.[0]?.status, 'DRAINING');
  assert.deepEqual(failures, [{ arn: `${ARN}${numbered(2)}`, reason: 'MISSING' }]);
  assert.equal(state.tables.instances.get(key)?.version, 2);
  await set('DRAINING', numbered(1));
  assert.equal(state.tables.instances.get(key)?.version, 2);
  assert.equal((await set('ACTIVE', `${ARN}${numbered(1)}`)).containerInstances?.[0]?.status, 'ACTIVE');
  const wrong = ecs.UpdateContainerInstancesState({ containerInstances: [numbered(1)], status: 'REGISTERING' });
  await refused(wrong, INVALID, 'Container instance status should be one of [ACTIVE, DRAINING]');
});

test('deregistering: not with tasks, by force gives them up', async () => {
  const { ecs, addInstance, run } = await anApi();
  const instanceKey = await addInstance(1);
  await run((tx) => putTask(tx, aTask({ instanceKey, lastStatus: 'RUNNING' })));
  const deregister = (force: boolean) => ecs.DeregisterContainerInstance({ containerInstance: numbered(1), force });
  await refused(deregister(false), INVALID, 'Found running tasks on the instance.');
  const { containerInstance } = await deregister(true);
  assert.deepEqual([containerInstance?.status, containerInstance?.agentConnected], ['INACTIVE', false]);
  const { tasks } = await ecs.DescribeTasks({ tasks: ['1'.repeat(32)] });
  assert.deepEqual(
    [tasks?.[0]?.lastStatus, tasks?.[0]?.stoppedReason],
    ['STOPPED', 'Container instance deregistration forced by user'],
  );
  assert.equal((await deregister(false)).containerInstance?.status, 'INACTIVE');
  await refused(ecs.DeregisterContainerInstance({ containerInstance: 'nope' }), INVALID, 'was not found');
});

test('attributes: put, list, delete, and their limits', async () => {
  const { ecs, addInstance } = await anApi();
  await addInstance(1, { attributes: [{ name: 'ecs.os-type', value: 'linux' }] });
  const targetId = `${ARN}${numbered(1)}`;
  const put = (attributes: { name: string; value?: string; targetId?: string }[]) =>
    ecs.PutAttributes({ attributes: attributes.map((one) => ({ targetId, ...one })) });
  assert.deepEqual(await put([{ name: 'rack', value: 'a' }]), {
    attributes: [{ name: 'rack', value: 'a', targetType: 'container-instance', targetId }],
  });
  await put([{ name: 'rack', value: 'b' }, { name: 'ssd' }]);
  const listed = await ecs.ListAttributes({ targetType: 'container-instance' });
  assert.deepEqual(
    listed.attributes?.map(({ name, value }) => [name, value]),
    [
      ['ecs.os-type', 'linux'],
      ['rack', 'b'],
      ['ssd', undefined],
    ],
  );
  const one = await ecs.ListAttributes({
    targetType: 'container-instance',
    attributeName: 'rack',
    attributeValue: 'x',
  });
  assert.deepEqual(one.attributes, []);
  const removed = await ecs.DeleteAttributes({
    attributes: [
      { name: 'ssd', targetId },
      { name: 'nope', targetId },
    ],
  });
  assert.deepEqual(
    removed.attributes?.map(({ name }) => name),
    ['ssd'],
  );
  await refused(put([{ name: 'ecs.capability.x' }]), INVALID, 'reserved');
  await refused(put([{ name: 'a b' }]), INVALID, 'Invalid attribute name');
  await refused(put([{ name: 'a', value: ' b' }]), INVALID, 'Invalid value');
  await refused(put([{ name: 'a', targetId: numbered(1) }]), INVALID, 'targetType is required');
  await refused(put([{ name: 'a', targetId: `${ARN}${numbered(2)}` }]), 'TargetNotFoundException', 'Could not find');
  await refused(put([]), INVALID, 'can not be empty');
  const ten = Array.from({ length: 10 }, (_, n) => ({ name: `n${n}` }));
  await refused(put(ten), 'AttributeLimitExceededException', '11 custom attributes');
  await refused(ecs.DeleteAttributes({ attributes: [{ name: 'ecs.os-type', targetId }] }), INVALID, 'stays');
});
