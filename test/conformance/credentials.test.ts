import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { WITH_ROLES } from './attributes.ts';
import { StockAgent } from './stock-agent.ts';
import type { StockCredentials } from './wire.ts';
import { World } from './world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let world: World;
let taskRoleArn: string;
let executionRoleArn: string;
let definition: string;
// One each: hours pass in some, and nobody else's heartbeats shall.
beforeEach(async () => {
  world = await World.open();
  taskRoleArn = await world.role('app', { Effect: 'Allow', Action: 'ecs:*TaskProtection', Resource: '*' });
  executionRoleArn = await world.role('execution', { Effect: 'Allow', Action: 'ssm:*', Resource: '*' });
  definition = await world.define('roles', { taskRoleArn, executionRoleArn });
});
afterEach(() => world.end());

const join = (): Promise<StockAgent> => StockAgent.join(world, { attributes: WITH_ROLES });

/** All an agent was given over one socket, oldest first. */
function given(agent: StockAgent): readonly StockCredentials[] {
  return agent.acs.received.flatMap(({ type, message }) => {
    if (type === 'IAMRoleCredentialsMessage') return [message.roleCredentials];
    if (type !== 'PayloadMessage') return [];
    return message.tasks.flatMap(({ roleCredentials, executionRoleCredentials }) =>
      [roleCredentials, executionRoleCredentials].filter((one) => one !== undefined),
    );
  });
}

/** As the agent calls for a task: with the task's own credentials. */
function asTask({ accessKeyId, secretAccessKey, sessionToken }: StockCredentials): StockAgent {
  return new StockAgent(world, { keys: { accessKeyId, secretAccessKey, sessionToken } });
}

async function expire(agent: StockAgent): Promise<void> {
  agent.acs.close();
  await agent.acs.closed;
  await agent.openAcs();
}

test('10.5 payload: credentials of the task role and the execution role, acked one by one', async () => {
  const agent = await join();
  await world.start(agent, definition);
  const { message } = await agent.acs.next('PayloadMessage');
  const [task] = message.tasks;
  assert.equal(task?.roleCredentials?.roleArn, taskRoleArn);
  assert.equal(task?.executionRoleCredentials?.roleArn, executionRoleArn);
  assert.notEqual(task?.roleCredentials?.credentialsId, task?.executionRoleCredentials?.credentialsId);
  assert.match(task?.roleCredentials?.expiration ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  await world.pass(10 * MINUTE_MS);
  assert.equal(given(agent).length, 2, 'acked, so they do not come again');
});

test('10.5 sendCredentials=true: every role of every live task, by its type; ids stay what they were', async () => {
  const agent = await join();
  const [first = '', second = ''] = await world.start(agent, definition, 2);
  await world.settle();
  const ids = new Set(given(agent).map(({ credentialsId }) => credentialsId));
  await agent.report(second, 'STOPPED');
  agent.restart();
  await agent.connect();
  await world.settle();
  const pushed = agent.acs.of('IAMRoleCredentialsMessage').map(({ message }) => message);
  assert.deepEqual(
    new Set(pushed.map(({ taskArn, roleType }) => `${roleType} ${taskArn}`)),
    new Set([`TaskApplication ${first}`, `TaskExecution ${first}`]),
  );
  assert.ok(pushed.every(({ roleCredentials }) => ids.has(roleCredentials.credentialsId)));
});

test('10.5 sendCredentials=false: they come of themselves soon after a reconnect, and are not asked for at once', async () => {
  const agent = await join();
  await world.start(agent, definition);
  await world.settle();
  await expire(agent);
  await agent.acs.next('TaskManifestMessage');
  await world.pass(2 * MINUTE_MS);
  assert.equal(agent.acs.of('IAMRoleCredentialsMessage').length, 2);
});

test('10.5 refresh: for eight hours, with a reconnect every half hour, no task is without good credentials', async () => {
  const agent = await join();
  await world.start(agent, definition);
  await world.settle();
  let latest = given(agent);
  const end = world.clock.now() + 8 * HOUR_MS;
  while (world.clock.now() < end) {
    // Half an hour in long steps: only the heartbeats must not be missed.
    for (let step = 0; step < 60; step += 1) {
      await world.clock.turn(30_000);
      await agent.acs.roundTrip();
      await agent.acs.roundTrip();
    }
    const now = given(agent).slice(-2);
    if (now.length === 2) latest = now;
    for (const { expiration } of latest) assert.ok(Date.parse(expiration) > world.clock.now() + HOUR_MS, expiration);
    await expire(agent);
  }
  assert.ok(agent.acs.open);
});

test('10.5 calls signed with a task’s credentials: its protection, as its policy allows; nothing else', async () => {
  const agent = await join();
  const cluster = 'default';
  await world.ecs.call('CreateService', {
    serviceName: 'shielded',
    taskDefinition: definition,
    desiredCount: 1,
    placementConstraints: [{ type: 'memberOf', expression: `attribute:agent == ${agent.name}` }],
  });
  await world.pass(5_000);
  const { message } = await agent.acs.next('PayloadMessage');
  const [task] = message.tasks;
  const arn = task?.arn ?? '';
  await agent.report(arn, 'RUNNING', {
    containers: [{ containerName: 'web', networkBindings: [], status: 'RUNNING' }],
  });
  const caller = asTask(task?.roleCredentials as StockCredentials);
  const input = { cluster, expiresInMinutes: 60, protectionEnabled: true, tasks: [arn] };
  const shielded = await caller.call('UpdateTaskProtection', input);
  assert.equal(shielded.status, 200, JSON.stringify(shielded.body));
  assert.equal(shielded.body.protectedTasks?.[0]?.protectionEnabled, true);
  const seen = await caller.call('GetTaskProtection', { cluster, tasks: [arn] });
  assert.equal(seen.body.protectedTasks?.[0]?.protectionEnabled, true);
  const others = await caller.call('ListTasks', {});
  assert.deepEqual([others.status, others.body.__type], [400, 'AccessDeniedException']);
  const execution = asTask(task?.executionRoleCredentials as StockCredentials);
  assert.equal(
    (await execution.call('GetTaskProtection', { cluster, tasks: [arn] })).body.__type,
    'AccessDeniedException',
  );
  // Without the token, or when they have expired, they are nobody's.
  const { accessKeyId = '', secretAccessKey = '' } = task?.roleCredentials ?? {};
  const bare = new StockAgent(world, { keys: { accessKeyId, secretAccessKey } });
  assert.equal((await bare.call('GetTaskProtection', { cluster, tasks: [arn] })).status, 400);
  await world.clock.turn(7 * HOUR_MS);
  const late = await caller.call('GetTaskProtection', { cluster, tasks: [arn] });
  assert.deepEqual([late.status, late.body.__type], [400, 'ExpiredTokenException']);
});
