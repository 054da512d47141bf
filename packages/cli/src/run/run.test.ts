import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceError } from '@gantry/protocol/errors.ts';
import { FakeApi } from '../api/fake.ts';
import { FakeHost } from '../host/fake.ts';
import { planRun, type RunFlags } from './definition.ts';
import { run } from './run.ts';

const ARN = 'arn:aws:ecs:us-east-1:000000000000:task/default/0123456789abcdef0123456789abcdef';
const DEFINITION = 'arn:aws:ecs:us-east-1:000000000000:task-definition/hello:1';
const OPTIONS = { wait: true, follow: false, timeoutMs: 10_000 };
const plan = (given: Partial<RunFlags> = {}) =>
  planRun(
    { image: 'gantry/hello', command: [], publish: [], env: [], cluster: 'default', subnets: [], ...given },
    { region: 'us-east-1', env: {} },
  );
const base = {
  CreateLogGroup: () => ({}),
  RegisterTaskDefinition: () => ({ taskDefinition: { taskDefinitionArn: DEFINITION } }),
  DescribeTaskDefinition: () => ({
    taskDefinition: { containerDefinitions: [{ name: 'hello', portMappings: [{ containerPort: 80 }] }] },
  }),
  RunTask: () => ({ tasks: [{ taskArn: ARN }] }),
};

test('runs a task, waits until it runs and says where it answers', async () => {
  const host = new FakeHost();
  const states = ['PENDING', 'PENDING', 'RUNNING'];
  const networkBindings = [
    { hostPort: 8080, containerPort: 80, bindIP: '0.0.0.0' },
    { hostPort: 8080, containerPort: 80, bindIP: '::' },
  ];
  const api = new FakeApi({
    ...base,
    DescribeTasks: () => ({
      tasks: [
        { taskArn: ARN, taskDefinitionArn: DEFINITION, lastStatus: states.shift(), containers: [{ networkBindings }] },
      ],
    }),
  });
  assert.equal(await run(host, api, plan({ publish: ['8080:80'] }), OPTIONS), 0);
  assert.deepEqual(host.said, [
    'task 0123456789abcdef0123456789abcdef (hello) in cluster default',
    '0123456789abcdef0123456789abcdef is RUNNING at localhost:8080->80/tcp',
    '  curl http://localhost:8080/',
  ]);
});

test('a log group that is there already is no error', async () => {
  const api = new FakeApi({
    ...base,
    CreateLogGroup: () => {
      throw new ServiceError('ResourceAlreadyExistsException', 'it is there');
    },
  });
  assert.equal(await run(new FakeHost(), api, plan(), { ...OPTIONS, wait: false }), 0);
});

test('a task with an address of its own gets the subnets there are', async () => {
  const api = new FakeApi({ ...base, Status: () => ({ subnets: [{ subnetId: 'subnet-1' }] }) });
  await run(new FakeHost(), api, plan({ launchType: 'FARGATE' }), { ...OPTIONS, wait: false });
  assert.deepEqual(api.inputs('RunTask')[0]?.['networkConfiguration'], {
    awsvpcConfiguration: { subnets: ['subnet-1'] },
  });
});

test('many tasks are asked for ten at a time', async () => {
  const api = new FakeApi({
    ...base,
    RunTask: ({ count }) => ({ tasks: Array.from({ length: count as number }, () => ({ taskArn: ARN })) }),
  });
  await run(new FakeHost(), api, plan({ count: '23' }), { ...OPTIONS, wait: false });
  assert.deepEqual(
    api.inputs('RunTask').map((input) => input['count']),
    [10, 10, 3],
  );
});

test('a task that finds no place is told with the reason', async () => {
  const api = new FakeApi({ ...base, RunTask: () => ({ tasks: [], failures: [{ reason: 'RESOURCE:MEMORY' }] }) });
  await assert.rejects(run(new FakeHost(), api, plan(), OPTIONS), {
    message: 'no task of hello could be placed: RESOURCE:MEMORY.',
  });
});

test('a task that stops with an error before it was seen running fails the command', async () => {
  const host = new FakeHost();
  const stopped = {
    taskArn: ARN,
    lastStatus: 'STOPPED',
    stoppedReason: 'Essential container in task exited',
    containers: [{ name: 'hello', exitCode: 3 }],
  };
  const api = new FakeApi({ ...base, DescribeTasks: () => ({ tasks: [stopped] }) });
  assert.equal(await run(host, api, plan(), OPTIONS), 1);
  assert.match(host.said.join('\n'), /has stopped: Essential container in task exited; hello: exit code 3/);
});

test('a task that does not start in time is explained', async () => {
  const api = new FakeApi({
    ...base,
    DescribeTasks: () => ({ tasks: [{ taskArn: ARN, lastStatus: 'PROVISIONING' }] }),
    Why: () => ({ text: 'the Fargate pool has no room for this size' }),
  });
  await assert.rejects(run(new FakeHost(), api, plan(), OPTIONS), (error: Error & { details: readonly string[] }) => {
    assert.match(error.message, /does not run after 10 s: task 0123456789abcdef0123456789abcdef is PROVISIONING/);
    assert.deepEqual(error.details, ['the Fargate pool has no room for this size']);
    return true;
  });
});

test('following shows the output and answers with the exit code', async () => {
  const host = new FakeHost();
  const seen = ['RUNNING', 'RUNNING', 'STOPPED'];
  const lines = ['one', 'two'];
  const api = new FakeApi({
    ...base,
    DescribeTaskDefinition: () => ({ taskDefinition: plan().registration }),
    DescribeTasks: () => ({
      tasks: [
        {
          taskArn: ARN,
          lastStatus: seen.length > 1 ? seen.shift() : seen[0],
          containers: [{ name: 'hello', exitCode: 7 }],
        },
      ],
    }),
    GetLogEvents: ({ nextToken }) => {
      const line = lines.shift();
      const at = Number(nextToken ?? 0);
      return {
        events: line === undefined ? [] : [{ timestamp: at, message: line }],
        nextForwardToken: String(line === undefined ? at : at + 1),
      };
    },
  });
  assert.equal(await run(host, api, plan(), { ...OPTIONS, follow: true }), 7);
  assert.deepEqual(host.said.slice(1, 3), ['one', 'two']);
  assert.equal(api.inputs('GetLogEvents')[0]?.['logStreamName'], 'run/hello/0123456789abcdef0123456789abcdef');
});

test('a service is created once and updated afterwards', async () => {
  for (const [there, operation] of [
    [false, 'CreateService'],
    [true, 'UpdateService'],
  ] as const) {
    const services: object[] = there ? [{ status: 'ACTIVE', serviceName: 'hello' }] : [];
    const change = (): object => {
      services[0] = {
        status: 'ACTIVE',
        deployments: [{ status: 'PRIMARY', taskDefinition: DEFINITION, runningCount: 2 }],
      };
      return {};
    };
    const api = new FakeApi({
      ...base,
      DescribeServices: () => ({ services: [...services] }),
      CreateService: change,
      UpdateService: change,
      ListTasks: () => ({ taskArns: [] }),
    });
    assert.equal(await run(new FakeHost(), api, plan({ service: true, count: '2', publish: ['8080:80'] }), OPTIONS), 0);
    const [input] = api.inputs(operation);
    assert.equal(input?.['desiredCount'], 2);
    assert.deepEqual(input?.['deploymentConfiguration'], { minimumHealthyPercent: 0, maximumPercent: 100 });
  }
});
