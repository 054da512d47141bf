import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterArn, type InstanceId, type Task } from '@gantry/domain';
import { EXEC_ATTRIBUTE } from '@gantry/protocol';
import { aTask } from '../../controllers/testing/builders.ts';
import { numbered, putTask } from '../../controllers/testing/world.ts';
import { instanceKey } from '../../state/keys.ts';
import { anApi, refused } from './testing/world.ts';

const INVALID = 'InvalidParameterException';

test('ExecuteCommand: every check of ECS, in the end its answer for a task that was run without', async () => {
  const { ecs, run } = await anApi();
  const container = aTask().containers[0];
  assert.ok(container);
  const running = { ...container, lastStatus: 'RUNNING' } as const;
  const put = (n: number, more: Partial<Task>) =>
    run((tx) => putTask(tx, aTask({ id: numbered(n), lastStatus: 'RUNNING', containers: [running], ...more })));
  await put(1, {});
  await put(2, { lastStatus: 'PENDING' });
  await put(3, { desiredStatus: 'STOPPED' });
  await put(4, { containers: [running, { ...running, name: 'side' }, { ...container, name: 'late' }] });
  await put(5, { enableExecuteCommand: true });
  const exec = (n: number, more: object = {}) =>
    ecs.ExecuteCommand({ task: numbered(n), command: 'sh', interactive: true, ...more });
  const disabled = 'The execute command failed because execute command was not enabled when the task was run';
  await refused(exec(1, { command: '' }), INVALID, 'command can not be blank.');
  await refused(exec(1, { interactive: false }), INVALID, "'interactive' must be true");
  await refused(exec(1, { cluster: 'nope' }), 'ClusterNotFoundException', 'Cluster not found.');
  await refused(exec(9), INVALID, 'The referenced task was not found.');
  await refused(exec(2), INVALID, 'it is PENDING');
  await refused(exec(3), INVALID, 'not RUNNING');
  await refused(exec(4), INVALID, 'It has: app, side, late.');
  await refused(exec(4, { container: 'nope' }), INVALID, "no container 'nope'");
  await refused(exec(4, { container: 'late' }), INVALID, "The container 'late' is not RUNNING");
  await refused(exec(4, { container: 'side' }), INVALID, disabled);
  await refused(exec(1), INVALID, disabled);
  await refused(exec(5), INVALID, disabled);
});

test('ExecuteCommand: a session, where there is an agent that serves it', async () => {
  const { ecs, run, addInstance } = await anApi();
  const container = aTask().containers[0];
  assert.ok(container);
  const containers = [{ ...container, lastStatus: 'RUNNING' } as const];
  const attributes = [{ name: EXEC_ATTRIBUTE }];
  await addInstance(1, { attributes });
  await addInstance(2, { attributes, agentConnected: false });
  await addInstance(3, { attributes: [{ name: 'ecs.capability.execute-command' }] });
  for (const n of [1, 2, 3]) {
    const instanceId = String(numbered(n)) as InstanceId;
    const task = aTask({ id: numbered(n), lastStatus: 'RUNNING', containers, enableExecuteCommand: true, instanceId });
    await run((tx) => putTask(tx, { ...task, instanceKey: instanceKey({ ...task, id: instanceId }) }));
  }
  const exec = (n: number) => ecs.ExecuteCommand({ task: numbered(n), command: 'sh', interactive: true });
  const answer = await exec(1);
  const { session, ...about } = answer;
  assert.deepEqual(about, {
    clusterArn: clusterArn(aTask().scope, 'default'),
    taskArn: aTask({ id: numbered(1) }).taskArn,
    containerArn: container.containerArn,
    containerName: 'app',
    interactive: true,
  });
  assert.match(session?.sessionId ?? '', /^ecs-execute-command-[0-9a-f]{32}$/);
  assert.match(
    session?.streamUrl ?? '',
    /^ws:\/\/.*\/v1\/data-channel\/ecs-execute-command-[0-9a-f]{32}\?role=publish_subscribe$/,
  );
  assert.match(session?.tokenValue ?? '', /^[\w-]{43}$/);
  const another = (await exec(1)).session;
  assert.notEqual(another?.sessionId, session?.sessionId);
  assert.notEqual(another?.tokenValue, session?.tokenValue);
  await refused(exec(2), 'TargetNotConnectedException', 'the container agent of the task is not connected');
  await refused(exec(3), INVALID, 'the execute command agent isn’t running');
});

test('UpdateContainerAgent: the agent is released with the control plane', async () => {
  const { ecs, addInstance } = await anApi();
  const versionInfo = { agentVersion: '1.90.0' };
  await addInstance(1, { versionInfo });
  await addInstance(2, {});
  await addInstance(3, { versionInfo, agentConnected: false });
  await addInstance(4, { versionInfo, attributes: [{ name: 'ecs.capability.external', value: '' }] });
  await addInstance(5, { versionInfo, status: 'INACTIVE' });
  const update = (n: number, more: object = {}) =>
    ecs.UpdateContainerAgent({ containerInstance: numbered(n), ...more });
  const none = 'There is no update available for your container agent.';
  await refused(update(1), 'NoUpdateAvailableException', none);
  await refused(update(2), 'MissingVersionException', 'The version of the container agent is not known');
  await refused(update(3), 'ClientException', 'is not connected');
  await refused(update(4), INVALID, 'external instance');
  await refused(update(5), 'ClientException', 'was not found');
  await refused(update(6), 'ClientException', 'was not found');
  await refused(update(1, { cluster: 'nope' }), 'ClusterNotFoundException', 'Cluster not found.');
});
