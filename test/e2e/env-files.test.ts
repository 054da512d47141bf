import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ContainerDefinition, RunTaskRequest, Task } from '@aws-sdk/client-ecs';
import { ecsClient } from './ecs.ts';
import { command, has, holding, startWorld, until, type World } from './world.ts';

const ACCOUNT = '000000000000';
const skip = has('aws') ? false : 'SKIPPED: the AWS CLI is not on this machine';
const policy = (...Statement: readonly object[]): string => JSON.stringify({ Version: '2012-10-17', Statement });
const roleArn = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`;
const file = (key: string) => ({ type: 's3' as const, value: `arn:aws:s3:::cfg/${key}` });
/** Long enough to be found nowhere by chance. */
const PASSWORD = 'hunter2-of-the-environment-file';
const SUBNET = 'subnet-00000000000000001';

let world: World;
let ecs: ReturnType<typeof ecsClient>;
let families = 0;

async function makeRole(name: string, ...Action: readonly string[]): Promise<void> {
  const trust = policy({
    Effect: 'Allow',
    Principal: { Service: 'ecs-tasks.amazonaws.com' },
    Action: 'sts:AssumeRole',
  });
  await world.aws('iam', 'create-role', '--role-name', name, '--assume-role-policy-document', trust);
  const document = policy({ Effect: 'Allow', Action, Resource: ['arn:aws:s3:::cfg', 'arn:aws:s3:::cfg/*'] });
  await world.aws('iam', 'put-role-policy', '--role-name', name, '--policy-name', 'p', '--policy-document', document);
}

async function copy(text: string, key: string): Promise<void> {
  const from = join(world.dataDir, 'from.env');
  writeFileSync(from, text);
  await command('aws', ['s3', 'cp', from, `s3://cfg/${key}`, '--quiet'], world.env);
}

/** A task that prints its environment to its log group and ends. */
async function run(
  container: Partial<ContainerDefinition>,
  more: object = {},
  call: Partial<RunTaskRequest> = {},
): Promise<Task> {
  const family = `files-${(families += 1)}`;
  const options = {
    'awslogs-group': family,
    'awslogs-region': 'us-east-1',
    'awslogs-create-group': 'true',
    'awslogs-stream-prefix': 'x',
  };
  await ecs.call('RegisterTaskDefinition', {
    family,
    executionRoleArn: roleArn('reader'),
    containerDefinitions: [
      {
        name: 'main',
        image: 'gantry/hello',
        memory: 32,
        entryPoint: ['/bin/sh', '-c'],
        command: ['env'],
        logConfiguration: { logDriver: 'awslogs', options },
        ...container,
      },
    ],
    ...more,
  });
  const { tasks, failures } = await ecs.call('RunTask', { taskDefinition: family, ...call });
  assert.deepEqual(failures, []);
  return tasks?.[0] as Task;
}

const stopped = (task: Task): Promise<Task> =>
  until(`${task.taskArn} is STOPPED`, async () => {
    const now = (await ecs.call('DescribeTasks', { tasks: [task.taskArn as string] })).tasks?.[0] as Task;
    return now.lastStatus === 'STOPPED' ? now : undefined;
  });

async function printed({ taskDefinitionArn = '' }: Task): Promise<readonly string[]> {
  const group = /task-definition\/([^:]+)/.exec(taskDefinitionArn)?.[1] ?? '';
  const { events } = await world.aws<{ events: { message: string }[] }>(
    'logs',
    'filter-log-events',
    '--log-group-name',
    group,
  );
  return events
    .map(({ message }) => message)
    .filter((line) => /^(SHARED|PLAIN|QUOTED|PASSWORD|OVER)=/.test(line))
    .toSorted();
}

describe('environment files of tasks', { skip }, () => {
  before(async () => {
    world = await startWorld();
    ecs = ecsClient(world);
    await command('aws', ['s3', 'mb', 's3://cfg'], world.env);
    await copy(`# the first\nSHARED=first\nPLAIN=from-the-file\nQUOTED="a b" $HOME\nPASSWORD=${PASSWORD}\n`, 'app.env');
    await copy('SHARED=second\r\nOVER=second\r\n', 'more/team.env');
    await makeRole('reader', 's3:GetObject', 's3:GetBucketLocation', 's3:ListBucket');
    await makeRole('stranger', 's3:GetBucketLocation');
  });
  after(async () => {
    await world?.down();
  });

  for (const launchType of ['EC2', 'FARGATE'] as const) {
    it(`are in the container’s environment, under what the definition says itself (${launchType})`, async () => {
      const container = {
        environmentFiles: [file('app.env'), file('more/team.env')],
        environment: [{ name: 'PLAIN', value: 'own' }],
      };
      const fargate = { requiresCompatibilities: ['FARGATE'], networkMode: 'awsvpc', cpu: '256', memory: '512' };
      const task = await run(container, launchType === 'EC2' ? {} : fargate, {
        launchType,
        ...(launchType === 'EC2' ? {} : { networkConfiguration: { awsvpcConfiguration: { subnets: [SUBNET] } } }),
      });
      const end = await stopped(task);
      assert.equal(end.containers?.[0]?.exitCode, 0, end.stoppedReason);
      assert.deepEqual(await printed(task), [
        'OVER=second',
        `PASSWORD=${PASSWORD}`,
        'PLAIN=own',
        'QUOTED="a b" $HOME',
        'SHARED=first',
      ]);
    });
  }

  it('can be other ones for a run; what a container does not print is in no file but the object’s own', async () => {
    const task = await run(
      { environmentFiles: [file('none.env')], command: ['env | grep OVER'] },
      {},
      {
        overrides: { containerOverrides: [{ name: 'main', environmentFiles: [file('more/team.env')] }] },
      },
    );
    await stopped(task);
    assert.deepEqual(await printed(task), ['OVER=second']);
    const quiet = await run({ environmentFiles: [file('app.env')], command: ['true'] });
    assert.equal((await stopped(quiet)).containers?.[0]?.exitCode, 0);
    const where = holding(world.dataDir, PASSWORD).filter((path) => !/\/(objects|logs)\/|\/from\.env$/.test(path));
    assert.deepEqual(where, []);
  });

  const why =
    'ResourceInitializationError: failed to download env files: file download command: non empty error stream: ';
  it('that are not there stop the task with the reason', async () => {
    const end = await stopped(await run({ environmentFiles: [file('none.env')] }));
    assert.equal(end.stopCode, 'TaskFailedToStart');
    const told =
      'unable to download env file with key none.env from bucket cfg, error: NoSuchKey: The specified key does not exist.';
    assert.equal(end.stoppedReason, `${why}service call has been retried 1 time(s): ${told}`);
  });

  it('that the execution role may not read stop it as well, and say who may not', async () => {
    const executionRoleArn = roleArn('stranger');
    const end = await stopped(await run({ environmentFiles: [file('app.env')] }, { executionRoleArn }));
    assert.ok(end.stoppedReason?.startsWith(why), end.stoppedReason);
    assert.match(
      end.stoppedReason ?? '',
      /AccessDenied: User: .*role\/stranger\/.* is not authorized to perform: s3:GetObject/,
    );
  });

  it('are refused without an execution role', async () => {
    const given = { executionRoleArn: undefined };
    await assert.rejects(
      run({ environmentFiles: [file('app.env')] }, given),
      /must also specify a value for 'executionRoleArn'/,
    );
  });
});
