import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  ClusterNotFoundException,
  CreateServiceCommand,
  DeleteServiceCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  paginateListTaskDefinitions,
  paginateListTasks,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
  UpdateTaskProtectionCommand,
  waitUntilServicesInactive,
  waitUntilServicesStable,
  waitUntilTasksRunning,
  waitUntilTasksStopped,
} from '@aws-sdk/client-ecs';
import { CreateSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, ParameterNotFound, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  IAMClient,
  NoSuchEntityException,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { ListSchedulesCommand, SchedulerClient, ValidationException } from '@aws-sdk/client-scheduler';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { startWorld, type World } from './world.ts';

const WAIT = { maxWaitTime: 60, minDelay: 1, maxDelay: 2 };
const RUNS = { entryPoint: ['/bin/sh', '-c'], command: ["trap 'exit 0' TERM; while :; do sleep 1; done"] };

/** As a user's program has it: endpoint and keys, nothing else. */
interface Config {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly maxAttempts: 1;
}

let world: World;
let config: Config;
let ecs: ECSClient;

before(async () => {
  world = await startWorld('--healthy-after', '1s');
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = world.env;
  const credentials = { accessKeyId, secretAccessKey };
  config = { endpoint: world.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 };
  ecs = new ECSClient(config);
});
after(async () => {
  ecs?.destroy();
  await world?.down();
});

async function define(family: string): Promise<string> {
  const main = { name: 'main', image: 'gantry/hello', memory: 8, essential: true, ...RUNS };
  const { taskDefinition } = await ecs.send(
    new RegisterTaskDefinitionCommand({ family, containerDefinitions: [main] }),
  );
  return taskDefinition?.taskDefinitionArn ?? assert.fail('no definition');
}

describe('the AWS SDK for JavaScript', () => {
  it('runs tasks, waits for them, pages through them and stops them', async () => {
    const definition = await define('js');
    const { tasks: started = [] } = await ecs.send(new RunTaskCommand({ taskDefinition: 'js', count: 5 }));
    const tasks = started.map(({ taskArn }) => taskArn as string);
    await waitUntilTasksRunning({ client: ecs, ...WAIT }, { tasks });
    const pages: string[][] = [];
    for await (const { taskArns } of paginateListTasks({ client: ecs, pageSize: 2 }, { family: 'js' }))
      pages.push(taskArns ?? []);
    assert.deepEqual([pages.map(({ length }) => length), pages.flat().toSorted()], [[2, 2, 1], tasks.toSorted()]);
    for await (const { taskDefinitionArns } of paginateListTaskDefinitions({ client: ecs }, { familyPrefix: 'js' }))
      assert.deepEqual(taskDefinitionArns, [definition]);
    await Promise.all(tasks.map((task) => ecs.send(new StopTaskCommand({ task, reason: 'enough' }))));
    await waitUntilTasksStopped({ client: ecs, ...WAIT }, { tasks });
    const { tasks: stopped = [] } = await ecs.send(new DescribeTasksCommand({ tasks }));
    for (const { stoppedReason, stopCode, stoppedAt } of stopped)
      assert.deepEqual([stoppedReason, stopCode, stoppedAt instanceof Date], ['enough', 'UserInitiated', true]);
  });

  it('keeps a service, protects a task of it, and lets it go', async () => {
    await define('kept');
    await ecs.send(new CreateServiceCommand({ serviceName: 'kept', taskDefinition: 'kept', desiredCount: 2 }));
    await waitUntilServicesStable({ client: ecs, ...WAIT }, { services: ['kept'] });
    const { taskArns: tasks = [] } = await ecs.send(new ListTasksCommand({ serviceName: 'kept' }));
    const protect = new UpdateTaskProtectionCommand({ cluster: 'default', tasks, protectionEnabled: true });
    const { protectedTasks = [], failures } = await ecs.send(protect);
    assert.deepEqual([protectedTasks.length, failures], [2, []]);
    assert.ok((protectedTasks[0]?.expirationDate?.getTime() ?? 0) > Date.now() + 60 * 60_000);
    await ecs.send(new DeleteServiceCommand({ service: 'kept', force: true }));
    await waitUntilServicesInactive({ client: ecs, ...WAIT }, { services: ['kept'] });
    const { services = [] } = await ecs.send(new DescribeServicesCommand({ services: ['kept'] }));
    assert.equal(services[0]?.status, 'INACTIVE');
  });

  it('knows refusals by their classes', async () => {
    await assert.rejects(ecs.send(new ListTasksCommand({ cluster: 'nowhere' })), ClusterNotFoundException);
    const nobody = new ECSClient({ ...config, credentials: { accessKeyId: 'AKIANOBODY', secretAccessKey: 'x' } });
    await assert.rejects(nobody.send(new ListTasksCommand({})), { name: 'UnrecognizedClientException' });
    const ssm = new SSMClient(config);
    await assert.rejects(ssm.send(new GetParameterCommand({ Name: '/none' })), ParameterNotFound);
    const iam = new IAMClient(config);
    await assert.rejects(iam.send(new DeleteRoleCommand({ RoleName: 'none' })), NoSuchEntityException);
    const scheduler = new SchedulerClient(config);
    await assert.rejects(scheduler.send(new ListSchedulesCommand({})), (error: unknown) => {
      assert.ok(error instanceof ValidationException);
      assert.match(error.message, /^ListSchedules is not served by Gantry yet\./);
      return true;
    });
    const sts = new STSClient({ ...config, credentials: { ...config.credentials, secretAccessKey: 'wrong' } });
    await assert.rejects(sts.send(new GetCallerIdentityCommand({})), { name: 'SignatureDoesNotMatch' });
  });

  it('keeps parameters and secrets, and assumes a role that may do one thing', async () => {
    const [ssm, secrets, iam] = [new SSMClient(config), new SecretsManagerClient(config), new IAMClient(config)];
    await ssm.send(new PutParameterCommand({ Name: '/shop/key', Value: 'hunter2', Type: 'SecureString' }));
    const get = new GetParameterCommand({ Name: '/shop/key', WithDecryption: true });
    assert.equal((await ssm.send(get)).Parameter?.Value, 'hunter2');
    await secrets.send(new CreateSecretCommand({ Name: 'db', SecretBinary: Buffer.from([1, 2, 255]) }));
    const { SecretBinary } = await secrets.send(new GetSecretValueCommand({ SecretId: 'db' }));
    assert.deepEqual(SecretBinary, new Uint8Array([1, 2, 255]));
    const { Account } = await new STSClient(config).send(new GetCallerIdentityCommand({}));
    const trust = { Effect: 'Allow', Principal: { AWS: Account }, Action: 'sts:AssumeRole' };
    const only = { Effect: 'Allow', Action: 'ecs:ListTasks', Resource: '*' };
    const document = (statement: object): string => JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    const role = { RoleName: 'lister', AssumeRolePolicyDocument: document(trust) };
    const { Role } = await iam.send(new CreateRoleCommand(role));
    const policy = { RoleName: 'lister', PolicyName: 'only', PolicyDocument: document(only) };
    await iam.send(new PutRolePolicyCommand(policy));
    const assume = new AssumeRoleCommand({ RoleArn: Role?.Arn, RoleSessionName: 'js' });
    const { Credentials } = await new STSClient(config).send(assume);
    const credentials = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    };
    const lister = new ECSClient({ ...config, credentials });
    assert.ok(Array.isArray((await lister.send(new ListTasksCommand({}))).taskArns));
    await assert.rejects(lister.send(new RunTaskCommand({ taskDefinition: 'js' })), {
      name: 'AccessDeniedException',
      message: /assumed-role\/lister\/js is not authorized to perform: ecs:RunTask on resource: \S*task-definition\/js/,
    });
    await iam.send(new DeleteRolePolicyCommand({ RoleName: 'lister', PolicyName: 'only' }));
    await iam.send(new DeleteRoleCommand({ RoleName: 'lister' }));
    await assert.rejects(lister.send(new ListTasksCommand({})));
  });
});
