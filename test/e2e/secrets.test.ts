import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ContainerDefinition, Task } from '@aws-sdk/client-ecs';
import { OBJECT, SECRET, secretStoreContract } from '@gantry/agent/secrets/contract.ts';
import { linkStore } from '@gantry/agent/secrets/link-store.ts';
import { HttpLink } from '@gantry/agent/session/transport-http.ts';
import { systemClock, type Credentials } from '@gantry/protocol';
import { ecsClient } from './ecs.ts';
import { command, has, holding, startWorld, until, type World } from './world.ts';

const ACCOUNT = '000000000000';
const TRUST = {
  Effect: 'Allow',
  Principal: { Service: 'ecs-tasks.amazonaws.com', AWS: `arn:aws:iam::${ACCOUNT}:root` },
  Action: 'sts:AssumeRole',
};
const policy = (...Statement: readonly object[]): string => JSON.stringify({ Version: '2012-10-17', Statement });
const roleArn = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`;
const parameterArn = (region: string, name: string): string => `arn:aws:ssm:${region}:${ACCOUNT}:parameter${name}`;
/** What nobody but the containers may see. */
const VALUES = { password: 'hunter2-of-the-database', far: 'hemligt-i-stockholm', token: 'token-for-the-logs' };
const SUBNET = 'subnet-00000000000000001';
const skip = has('aws') ? false : 'SKIPPED: the AWS CLI is not on this machine';

let world: World;
let ecs: ReturnType<typeof ecsClient>;
let secretArn: string;

async function makeRole(name: string, ...statements: readonly object[]): Promise<void> {
  const trust = ['--assume-role-policy-document', policy(TRUST)];
  await world.aws('iam', 'create-role', '--role-name', name, ...trust);
  if (statements.length === 0) return;
  const document = ['--policy-name', 'p', '--policy-document', policy(...statements)];
  await world.aws('iam', 'put-role-policy', '--role-name', name, ...document);
}

const put = (name: string, value: string, ...more: string[]): Promise<unknown> =>
  world.aws('ssm', 'put-parameter', '--type', 'SecureString', '--name', name, '--value', value, ...more);

/** Every role of a task is in the world before its first test: parameters, secrets, and who may read them. */
async function furnish(): Promise<void> {
  await put('/app/a', 'old');
  await put('/app/a', 'one', '--overwrite');
  await put('/app/b', 'two');
  await put('/db/password', VALUES.password);
  await put('/db/password', VALUES.far, '--region', 'eu-north-1');
  await put('/log/labels', VALUES.token);
  const create = ['secretsmanager', 'create-secret', '--name', 'app/db', '--secret-string', SECRET.previous];
  secretArn = (await world.aws<{ ARN: string }>(...create)).ARN;
  await world.aws('secretsmanager', 'put-secret-value', '--secret-id', 'app/db', '--secret-string', SECRET.current);
  await world.aws('secretsmanager', 'create-secret', '--name', 'app/bytes', '--secret-binary', 'AQID');
  await world.aws('s3api', 'create-bucket', '--bucket', OBJECT.ask.bucket);
  const file = join(world.dataDir, 'app.env');
  writeFileSync(file, OBJECT.text);
  const at = ['--bucket', OBJECT.ask.bucket, '--key', OBJECT.ask.key];
  await world.aws('s3api', 'put-object', ...at, '--body', file);
  const Resource = '*';
  await makeRole('reader', {
    Effect: 'Allow',
    Action: ['ssm:GetParameters', 'secretsmanager:GetSecretValue', 's3:GetObject', 's3:ListBucket'],
    Resource,
  });
  await makeRole('stranger', { Effect: 'Allow', Action: 'ssm:DescribeParameters', Resource });
}

let families = 0;
async function define(container: Partial<ContainerDefinition>, more: object = {}): Promise<string> {
  const family = `secrets-${(families += 1)}`;
  const main = { name: 'main', image: 'gantry/hello', memory: 32, ...container };
  const executionRoleArn = roleArn('reader');
  await ecs.call('RegisterTaskDefinition', { family, executionRoleArn, containerDefinitions: [main], ...more });
  return family;
}

async function run(container: Partial<ContainerDefinition>, more: object = {}, runMore: object = {}): Promise<string> {
  const taskDefinition = await define(container, more);
  const { tasks, failures } = await ecs.call('RunTask', { taskDefinition, ...runMore });
  assert.deepEqual(failures, []);
  return tasks?.[0]?.taskArn as string;
}

const reaches = (arn: string, status: string): Promise<Task> =>
  until(`${arn} is ${status}`, async () => {
    const task = (await ecs.call('DescribeTasks', { tasks: [arn] })).tasks?.[0] as Task;
    if (task.lastStatus === 'STOPPED' && status !== 'STOPPED') assert.fail(`it stopped: ${task.stoppedReason}`);
    return task.lastStatus === status ? task : undefined;
  });

interface Inspected {
  readonly Config: { readonly Env: readonly string[] };
  readonly HostConfig: {
    readonly LogConfig: { readonly Type: string; readonly Config: Readonly<Record<string, string>> };
  };
}

async function inspect(arn: string): Promise<Inspected | undefined> {
  const ids = await command('docker', ['ps', '-aq', '--filter', `label=com.amazonaws.ecs.task-arn=${arn}`]);
  if (ids.trim() === '') return undefined;
  const found = JSON.parse(await command('docker', ['inspect', ...ids.trim().split('\n')])) as (Inspected & {
    readonly Config: { readonly Labels: Readonly<Record<string, string>> };
  })[];
  return found.find(({ Config }) => Config.Labels['com.amazonaws.ecs.container-name'] === 'main');
}

describe('secrets of tasks', { skip }, () => {
  before(async () => {
    world = await startWorld();
    ecs = ecsClient(world);
    await furnish();
  });
  after(async () => {
    await world?.down();
  });

  secretStoreContract('a running Gantry', async () => {
    const assume = async (name: string): Promise<Credentials> => {
      const words = ['sts', 'assume-role', '--role-arn', roleArn(name), '--role-session-name', 'session'];
      const { Credentials: held } = await world.aws<{ Credentials: Record<string, string> }>(...words);
      const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = held;
      return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
    };
    const own = (): Credentials => assert.fail('called as the agent');
    const { endpoint } = world;
    const options = { endpoint, region: 'us-east-1', credentials: own, clock: systemClock, userAgent: 'test' };
    return {
      store: linkStore(new HttpLink(options)),
      where: { region: 'us-east-1', credentials: await assume('reader') },
      stranger: { region: 'us-east-1', credentials: await assume('stranger') },
      arns: { parameter: parameterArn('us-east-1', '/app/a'), secret: secretArn },
      close: () => Promise.resolve(),
    };
  });

  for (const launchType of ['EC2', 'FARGATE'] as const) {
    it(`are in the environment and in log options, and in nothing that is written (${launchType})`, async () => {
      const fargate = {
        requiresCompatibilities: ['FARGATE'],
        networkMode: 'awsvpc',
        cpu: '256',
        memory: '512',
      };
      const secrets = [
        { name: 'PASSWORD', valueFrom: '/db/password' },
        { name: 'FAR', valueFrom: parameterArn('eu-north-1', '/db/password') },
        { name: 'FIRST', valueFrom: `${secretArn}:password:AWSPREVIOUS:` },
        { name: 'SECOND', valueFrom: `${secretArn}:password::` },
        { name: 'WHOLE', valueFrom: secretArn },
      ];
      const secretOptions = [{ name: 'labels', valueFrom: parameterArn('us-east-1', '/log/labels') }];
      const arn = await run(
        launchType === 'EC2' ? { secrets, logConfiguration: { logDriver: 'json-file', secretOptions } } : { secrets },
        launchType === 'EC2' ? {} : fargate,
        {
          launchType,
          ...(launchType === 'EC2' ? {} : { networkConfiguration: { awsvpcConfiguration: { subnets: [SUBNET] } } }),
        },
      );
      await reaches(arn, 'RUNNING');
      const { Config, HostConfig } = (await inspect(arn)) as Inspected;
      const env = Object.fromEntries(Config.Env.map((entry) => [entry.split('=')[0], entry.replace(/^[^=]*=/, '')]));
      assert.equal(env['PASSWORD'], VALUES.password);
      assert.equal(env['FAR'], VALUES.far);
      assert.deepEqual([env['FIRST'], env['SECOND'], env['WHOLE']], ['first', 'second', SECRET.current]);
      if (launchType === 'EC2') assert.equal(HostConfig.LogConfig.Config['labels'], VALUES.token);
      const said = [
        await world.gantry('why', arn),
        JSON.stringify(await ecs.call('DescribeTasks', { tasks: [arn], include: ['TAGS'] })),
      ].join('\n');
      for (const value of Object.values(VALUES)) {
        assert.ok(!said.includes(value));
        assert.deepEqual(holding(world.dataDir, value), []);
      }
      assert.notDeepEqual(holding(world.dataDir, '/db/password'), [], 'the search finds what is there');
    });
  }

  it('that the execution role may not read stop the task, and count as failures of its service', async () => {
    const secrets = [{ name: 'PASSWORD', valueFrom: '/db/password' }];
    const executionRoleArn = roleArn('stranger');
    const arn = await run({ secrets }, { executionRoleArn });
    const task = await reaches(arn, 'STOPPED');
    assert.equal(task.stopCode, 'TaskFailedToStart');
    const id = arn.slice(arn.lastIndexOf('/') + 1);
    const reason =
      'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: ' +
      'unable to retrieve secrets from ssm: service call has been retried 1 time(s): AccessDeniedException: ' +
      `User: arn:aws:sts::${ACCOUNT}:assumed-role/stranger/${id} is not authorized to perform: ssm:GetParameters on ` +
      `resource: ${parameterArn('us-east-1', '/db/password')}`;
    assert.ok(task.stoppedReason?.startsWith(reason), task.stoppedReason);
    assert.equal(await inspect(arn), undefined, 'no container was made');
    assert.match(await world.gantry('why', arn), /ssm:GetParameters/);

    const taskDefinition = await define({ secrets }, { executionRoleArn });
    await ecs.call('CreateService', { serviceName: 'denied', taskDefinition, desiredCount: 1 });
    await until('its tasks fail', async () => {
      const [service] = (await ecs.call('DescribeServices', { services: ['denied'] })).services ?? [];
      return (service?.deployments?.[0]?.failedTasks ?? 0) >= 3;
    });
    assert.match(await world.gantry('why', 'denied'), /unable to pull secrets/);
    await ecs.call('DeleteService', { service: 'denied', force: true });
  });

  const absent: readonly (readonly [string, () => string, object, string])[] = [
    ['a parameter', () => '/db/none', {}, 'invalid parameters in us-east-1: /db/none'],
    [
      'a secret',
      () => secretArn.replace('app/db', 'app/none'),
      {},
      "from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret.",
    ],
    ['a key of a secret', () => `${secretArn}:none::`, {}, 'did not contain json key none'],
  ];
  for (const [what, valueFrom, more, text] of absent) {
    it(`stop the task when ${what} is not there`, async () => {
      const arn = await run({ secrets: [{ name: 'A', valueFrom: valueFrom() }] }, more);
      const { stopCode, stoppedReason = '' } = await reaches(arn, 'STOPPED');
      assert.equal(stopCode, 'TaskFailedToStart');
      assert.match(stoppedReason, /^ResourceInitializationError: unable to pull secrets or registry auth: /);
      assert.ok(stoppedReason.includes(text), stoppedReason);
    });
  }

  it('stop the task when its execution role is not there', async () => {
    const secrets = [{ name: 'A', valueFrom: '/db/password' }];
    const arn = await run({ secrets }, { executionRoleArn: roleArn('nobody') });
    const { stopCode, stoppedReason = '' } = await reaches(arn, 'STOPPED');
    assert.equal(stopCode, 'TaskFailedToStart');
    assert.ok(stoppedReason.startsWith(`ECS was unable to assume the role '${roleArn('nobody')}'`), stoppedReason);
  });
});
