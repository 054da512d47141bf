import assert from 'node:assert/strict';
import { test } from 'node:test';
import { iamKey, type TaskDefinition } from '@gantry/domain';
import { aDefinition, aRole, SCOPE, trusting } from '../testing/documents.ts';
import { ScriptedAgent } from '../testing/scripted-agent.ts';
import { DispatchWorld, taskKey } from '../testing/world.ts';

const HOUR_MS = 3_600_000;
const arnOf = (name: string): string => `arn:aws:iam::${SCOPE.account}:role/${name}`;
interface Play {
  readonly world: DispatchWorld;
  readonly agent: ScriptedAgent;
  readonly arn: string;
}

async function play(definition: Partial<TaskDefinition> = { taskRoleArn: arnOf('app') }): Promise<Play> {
  const world = await DispatchWorld.start();
  await world.transact((tx) => {
    tx.put(tx.tables.taskDefinitions, `${SCOPE.account}/${SCOPE.region}/web:7`, aDefinition(definition));
    for (const name of ['app', 'execution']) tx.put(tx.tables.iamRoles, iamKey(SCOPE.account, name), aRole(name));
  });
  const arn = await world.register();
  return { world, arn, agent: new ScriptedAgent(world, arn) };
}

/** A task as `newTask` makes one with a role. */
const place = ({ world, arn }: Play, number: number) =>
  world.place(number, arn, {
    credentialsSeed: world.platform.seal.seal('seed', `task/${taskKey(number)}/credentials`),
  });

test('the payload has the credentials of both roles, and they are known at the front door', async () => {
  const one = await play({ taskRoleArn: arnOf('app'), executionRoleArn: arnOf('execution') });
  one.agent.connect();
  const task = await place(one, 1);
  await one.world.settle();
  const [sent] = one.agent.payloads()[0]?.tasks ?? [];
  assert.equal(sent?.roleCredentials?.roleArn, arnOf('app'));
  assert.equal(sent?.executionRoleCredentials?.roleArn, arnOf('execution'));
  assert.notEqual(sent?.roleCredentials?.credentialsId, sent?.executionRoleCredentials?.credentialsId);
  assert.match(sent?.roleCredentials?.credentialsId ?? '', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.ok(sent?.roleCredentials !== undefined);
  const { accessKeyId, sessionToken, expiration } = sent.roleCredentials;
  const holder = one.world.identity.sessions.holder(accessKeyId, sessionToken);
  assert.equal(holder?.principalArn, `arn:aws:sts::${SCOPE.account}:assumed-role/app/${task.id}`);
  assert.equal(Date.parse(expiration), one.world.clock.now() + 6 * HOUR_MS);
});

test('no document, event or line of the log has a secret of theirs, or the id', async () => {
  const one = await play();
  one.agent.connect();
  await one.world.settle();
  await place(one, 1);
  await one.world.settle();
  const [given] = one.agent.credentials;
  const kept = [
    ...(await one.world.journal.load()),
    ...one.world.logged,
    ...(await one.world.journal.history((one.world.task(1) as { taskArn: string }).taskArn, 50)),
  ];
  const text = JSON.stringify(kept);
  for (const secret of [given?.secretAccessKey, given?.sessionToken, given?.accessKeyId, given?.credentialsId]) {
    assert.ok(secret !== undefined && secret.length > 10);
    assert.ok(!text.includes(secret));
  }
});

test('an hour after they were acked there are new ones, under the old id; for as long as the task runs', async () => {
  const one = await play();
  one.agent.connect();
  await one.world.settle();
  await place(one, 1);
  await one.world.settle();
  const times: number[] = [];
  const start = one.world.clock.now();
  for (let minute = 0, seen = 0; minute <= 190; minute += 1) {
    await one.world.clock.turnTo(start + minute * 60_000);
    if (one.agent.credentials.length > seen) times.push(minute);
    seen = one.agent.credentials.length;
  }
  assert.deepEqual(times, [0, 60, 120, 180]);
  assert.equal(new Set(one.agent.credentials.map(({ credentialsId }) => credentialsId)).size, 1);
  assert.equal(new Set(one.agent.credentials.map(({ secretAccessKey }) => secretAccessKey)).size, 4);
  const left = one.agent.credentials.map(({ expiration }) => (Date.parse(expiration) - start) / HOUR_MS);
  assert.deepEqual(left, [6, 7, 8, 9]);
  await one.world.requestStop(1);
  await one.world.clock.turn(2 * HOUR_MS);
  assert.equal(one.agent.credentials.length, 4);
});

test('a fresh agent process gets them at once; a reconnected one within a minute', async () => {
  const one = await play();
  one.agent.connect();
  await one.world.settle();
  await place(one, 1);
  await one.world.settle();
  one.agent.crash();
  one.agent.connect();
  await one.world.settle();
  const pushed = one.agent.get('IAMRoleCredentialsMessage').map(({ message }) => message);
  assert.equal(pushed.length, 1);
  assert.equal(pushed[0]?.roleType, 'TaskApplication');
  assert.equal(pushed[0]?.roleCredentials.credentialsId, one.agent.credentials[0]?.credentialsId);
  one.agent.pair?.cut();
  one.agent.connect();
  await one.world.settle();
  assert.equal(one.agent.get('IAMRoleCredentialsMessage').length, 1);
  await one.world.clock.turn(60_000);
  assert.equal(one.agent.get('IAMRoleCredentialsMessage').length, 2);
});

test('what is not acked goes again with a back-off', async () => {
  const one = await play();
  one.agent.acksCredentials = false;
  one.agent.connect();
  await one.world.settle();
  await place(one, 1);
  await one.world.settle();
  const start = one.world.clock.now();
  const times: number[] = [];
  for (let second = 0, seen = 1; second <= 75; second += 1) {
    await one.world.clock.turnTo(start + second * 1000);
    if (one.agent.credentials.length > seen) times.push(second);
    seen = one.agent.credentials.length;
  }
  assert.deepEqual(times, [10, 30, 70]);
});

const REFUSED: readonly (readonly [string, string])[] = [
  ['of a role that is not there', arnOf('nobody')],
  ['of a role of another account', 'arn:aws:iam::111111111111:role/app'],
  ['of a role for instances', arnOf('instances')],
  ['of a role for tasks of another account', arnOf('elsewhere')],
  ['of a role with another path', `arn:aws:iam::${SCOPE.account}:role/path/app`],
];
for (const [name, taskRoleArn] of REFUSED) {
  test(`a task ${name} stops with ECS's words`, async () => {
    const one = await play({ taskRoleArn });
    const elsewhere = trusting('ecs-tasks.amazonaws.com', {
      Condition: { StringEquals: { 'aws:SourceAccount': '111111111111' } },
    });
    await one.world.transact((tx) => {
      for (const role of [aRole('instances', trusting('ec2.amazonaws.com')), aRole('elsewhere', elsewhere)])
        tx.put(tx.tables.iamRoles, iamKey(SCOPE.account, role.roleName), role);
    });
    one.agent.connect();
    await place(one, 1);
    await one.world.settle();
    const task = one.world.task(1);
    assert.equal(task?.desiredStatus, 'STOPPED');
    assert.equal(task?.stopCode, 'TaskFailedToStart');
    assert.equal(
      task?.stoppedReason,
      `ECS was unable to assume the role '${taskRoleArn}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`,
    );
    assert.ok(one.agent.payloads().every(({ tasks }) => tasks[0]?.desiredStatus === 'STOPPED'));
  });
}

test('a definition may give the name of a role alone', async () => {
  const one = await play({ taskRoleArn: 'app' });
  one.agent.connect();
  await one.world.settle();
  await place(one, 1);
  await one.world.settle();
  assert.equal(one.agent.credentials[0]?.roleArn, arnOf('app'));
});

test('a trust policy may ask whose task it is', async () => {
  const one = await play();
  const Condition = {
    StringEquals: { 'aws:SourceAccount': SCOPE.account },
    ArnLike: { 'aws:SourceArn': `arn:aws:ecs:us-east-1:${SCOPE.account}:*` },
  };
  await one.world.transact((tx) =>
    tx.put(
      tx.tables.iamRoles,
      iamKey(SCOPE.account, 'app'),
      aRole('app', trusting('ecs-tasks.amazonaws.com', { Condition })),
    ),
  );
  one.agent.connect();
  await one.world.settle();
  await place(one, 1);
  await one.world.settle();
  assert.equal(one.agent.credentials.length, 1);
});

test("the run's own role goes before the definition's; an execution role that is not there is left out", async () => {
  const one = await play({ taskRoleArn: arnOf('nobody'), executionRoleArn: arnOf('nobody') });
  one.agent.connect();
  await one.world.place(1, one.arn, {
    overrides: { containerOverrides: [], taskRoleArn: arnOf('app') },
    credentialsSeed: one.world.platform.seal.seal('seed', `task/${taskKey(1)}/credentials`),
  });
  await one.world.settle();
  const [sent] = one.agent.payloads()[0]?.tasks ?? [];
  assert.equal(sent?.desiredStatus, 'RUNNING');
  assert.equal(sent?.roleCredentials?.roleArn, arnOf('app'));
  assert.equal('executionRoleCredentials' in (sent ?? {}), false);
});

for (const [what, more] of [
  ['secrets', { secrets: [{ name: 'A', valueFrom: '/a' }] }],
  [
    'secret log options',
    { logConfiguration: { logDriver: 'syslog', secretOptions: [{ name: 'a', valueFrom: '/a' }] } },
  ],
  ['a private image', { repositoryCredentials: { credentialsParameter: 's' } }],
] as const) {
  test(`an execution role that is not there stops a task with ${what}, in ECS's words`, async () => {
    const [container] = aDefinition({}).containerDefinitions;
    assert.ok(container !== undefined);
    const containerDefinitions = [{ ...container, ...more }];
    const one = await play({ executionRoleArn: arnOf('nobody'), containerDefinitions } as Partial<TaskDefinition>);
    one.agent.connect();
    await place(one, 1);
    await one.world.settle();
    const task = one.world.task(1);
    assert.equal(task?.stopCode, 'TaskFailedToStart');
    const reason = `ECS was unable to assume the role '${arnOf('nobody')}' that was provided for this task.`;
    assert.ok(task?.stoppedReason?.startsWith(reason), task?.stoppedReason);
  });
}

test('a role deleted under a running task: no new credentials, the task goes on; back again, they are back', async () => {
  const one = await play();
  one.agent.connect();
  await one.world.settle();
  await place(one, 1);
  await one.world.settle();
  await one.world.transact((tx) => tx.delete(tx.tables.iamRoles, iamKey(SCOPE.account, 'app')));
  await one.world.clock.turn(HOUR_MS);
  assert.equal(one.agent.credentials.length, 1);
  assert.equal(one.world.task(1)?.desiredStatus, 'RUNNING');
  await one.world.transact((tx) => tx.put(tx.tables.iamRoles, iamKey(SCOPE.account, 'app'), aRole('app')));
  await one.world.clock.turn(HOUR_MS);
  assert.equal(one.agent.credentials.length, 2);
});
