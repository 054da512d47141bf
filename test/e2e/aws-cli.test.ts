import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CommandFailed, has, startWorld, until, type World } from './world.ts';

const skip = has('aws') ? false : 'the AWS CLI is not installed';
let world: World;

before(async () => {
  if (skip === false) world = await startWorld('--healthy-after', '2s');
});
after(async () => {
  await world?.down();
});

const hello = (...more: object[]): string =>
  JSON.stringify([
    { name: 'web', image: 'gantry/hello', memory: 32, essential: true, portMappings: [{ containerPort: 80 }] },
    ...more,
  ]);

interface TaskShape {
  readonly taskArn: string;
  readonly lastStatus: string;
  readonly desiredStatus: string;
  readonly stopCode?: string;
  readonly stoppedReason?: string;
  readonly startedAt?: string;
  readonly createdAt?: string;
  readonly containers: readonly {
    readonly name: string;
    readonly exitCode?: number;
    readonly networkBindings: readonly { readonly hostPort: number }[];
  }[];
  readonly attachments: readonly { readonly details: readonly { readonly name: string; readonly value: string }[] }[];
}
interface Tasks {
  readonly tasks: readonly TaskShape[];
  readonly failures: readonly unknown[];
}

test('the stock CLI takes a task from RunTask to STOPPED on EC2', { skip }, async () => {
  await world.aws('ecs', 'create-cluster', '--cluster-name', 'blue');
  const { clusters } = await world.aws<{ clusters: { status: string }[] }>(
    'ecs',
    'describe-clusters',
    '--clusters',
    'blue',
  );
  assert.equal(clusters[0]?.status, 'ACTIVE');
  await world.aws('ecs', 'register-task-definition', '--family', 'hello', '--container-definitions', hello());
  const run = await world.aws<Tasks>('ecs', 'run-task', '--task-definition', 'hello', '--count', '2');
  assert.deepEqual(run.failures, []);
  const arns = run.tasks.map((t) => t.taskArn);
  await world.aws('ecs', 'wait', 'tasks-running', '--tasks', ...arns);
  const running = await world.aws<Tasks>('ecs', 'describe-tasks', '--tasks', ...arns);
  for (const task of running.tasks) {
    const port = task.containers[0]?.networkBindings[0]?.hostPort;
    assert.ok(task.startedAt !== undefined && task.createdAt !== undefined);
    const answer = await until('the sample answers', async () => (await fetch(`http://127.0.0.1:${port}/`)).text());
    assert.match(answer, /gantry/i);
  }
  const listed = await world.aws<{ taskArns: string[] }>('ecs', 'list-tasks', '--family', 'hello');
  assert.deepEqual([...listed.taskArns].sort(), [...arns].sort());
  for (const arn of arns) await world.aws('ecs', 'stop-task', '--task', arn, '--reason', 'seen enough');
  await world.aws('ecs', 'wait', 'tasks-stopped', '--tasks', ...arns);
  const stopped = await world.aws<Tasks>('ecs', 'describe-tasks', '--tasks', ...arns);
  assert.deepEqual(
    stopped.tasks.map((t) => [t.lastStatus, t.desiredStatus, t.stopCode, t.stoppedReason]),
    arns.map(() => ['STOPPED', 'STOPPED', 'UserInitiated', 'seen enough']),
  );
});

test('a FARGATE task gets an address of its own', { skip }, async () => {
  await world.aws(
    'ecs',
    'register-task-definition',
    '--family',
    'far',
    '--network-mode',
    'awsvpc',
    '--requires-compatibilities',
    'FARGATE',
    '--cpu',
    '256',
    '--memory',
    '512',
    '--container-definitions',
    JSON.stringify([{ name: 'web', image: 'gantry/hello', essential: true, portMappings: [{ containerPort: 80 }] }]),
  );
  const { subnetId } = await anySubnet();
  const run = await world.aws<Tasks>(
    'ecs',
    'run-task',
    '--task-definition',
    'far',
    '--launch-type',
    'FARGATE',
    '--count',
    '2',
    '--network-configuration',
    JSON.stringify({ awsvpcConfiguration: { subnets: [subnetId] } }),
  );
  const arns = run.tasks.map((t) => t.taskArn);
  assert.deepEqual(
    run.tasks.map((t) => t.lastStatus),
    ['PROVISIONING', 'PROVISIONING'],
  );
  await world.aws('ecs', 'wait', 'tasks-running', '--tasks', ...arns);
  const { tasks } = await world.aws<Tasks>('ecs', 'describe-tasks', '--tasks', ...arns);
  const addresses = tasks.map((t) => t.attachments[0]?.details.find((d) => d.name === 'privateIPv4Address')?.value);
  assert.equal(new Set(addresses).size, 2);
  for (const address of addresses) {
    assert.match(await until('it answers', async () => (await fetch(`http://${address}/`)).text()), /gantry/i);
  }
  for (const arn of arns) await world.aws('ecs', 'stop-task', '--task', arn);
  await world.aws('ecs', 'wait', 'tasks-stopped', '--tasks', ...arns);
});

async function anySubnet(): Promise<{ subnetId: string }> {
  const status = await world.gantry('status', '--json');
  const { subnets } = JSON.parse(status) as { subnets: { subnetId: string }[] };
  assert.ok(subnets[0] !== undefined);
  return subnets[0];
}

test('a service keeps its count, rolls to a new revision and goes', { skip }, async () => {
  await world.aws('ecs', 'register-task-definition', '--family', 'svc', '--container-definitions', hello());
  const created = await world.aws<{ service: { status: string; deployments: { status: string }[] } }>(
    'ecs',
    'create-service',
    '--service-name',
    'shop',
    '--task-definition',
    'svc',
    '--desired-count',
    '2',
  );
  assert.equal(created.service.status, 'ACTIVE');
  await world.aws('ecs', 'wait', 'services-stable', '--services', 'shop');
  const before = await world.aws<{ taskArns: string[] }>('ecs', 'list-tasks', '--service-name', 'shop');
  assert.equal(before.taskArns.length, 2);

  await world.aws(
    'ecs',
    'register-task-definition',
    '--family',
    'svc',
    '--container-definitions',
    hello().replace('"memory":32', '"memory":48'),
  );
  await world.aws('ecs', 'update-service', '--service', 'shop', '--task-definition', 'svc:2', '--desired-count', '3');
  await world.aws('ecs', 'wait', 'services-stable', '--services', 'shop');
  const { services } = await world.aws<{
    services: { runningCount: number; taskDefinition: string; deployments: unknown[]; events: { message: string }[] }[];
  }>('ecs', 'describe-services', '--services', 'shop');
  assert.equal(services[0]?.runningCount, 3);
  assert.equal(services[0]?.deployments.length, 1);
  assert.match(services[0]?.taskDefinition ?? '', /svc:2$/);
  const messages = services[0]?.events.map((e) => e.message) ?? [];
  assert.ok(
    messages.some((m) =>
      /^\(service shop\) has started 2 tasks: \(task [0-9a-f]{32}\) \(task [0-9a-f]{32}\)\.$/.test(m),
    ),
    messages.join('\n'),
  );
  assert.ok(messages.includes('(service shop) has reached a steady state.'), messages.join('\n'));

  await assert.rejects(world.aws('ecs', 'delete-service', '--service', 'shop'), (error: CommandFailed) =>
    /The service cannot be stopped while it is scaled above 0\./.test(error.stderr),
  );
  await world.aws('ecs', 'update-service', '--service', 'shop', '--desired-count', '0');
  await world.aws('ecs', 'delete-service', '--service', 'shop');
  await world.aws('ecs', 'wait', 'services-inactive', '--services', 'shop');
});

test('awslogs output is read through the CloudWatch Logs API', { skip }, async () => {
  const container = {
    name: 'talk',
    image: 'gantry/hello',
    memory: 16,
    essential: true,
    entryPoint: ['/bin/sh', '-c'],
    command: ['for i in 1 2 3; do echo "line $i"; done; echo oops >&2; exit 3'],
    logConfiguration: {
      logDriver: 'awslogs',
      options: {
        'awslogs-group': '/e2e/talk',
        'awslogs-region': 'us-east-1',
        'awslogs-stream-prefix': 'e2e',
        'awslogs-create-group': 'true',
      },
    },
  };
  await world.aws(
    'ecs',
    'register-task-definition',
    '--family',
    'talk',
    '--container-definitions',
    JSON.stringify([container]),
  );
  const run = await world.aws<Tasks>('ecs', 'run-task', '--task-definition', 'talk');
  const arn = run.tasks[0]?.taskArn ?? '';
  await world.aws('ecs', 'wait', 'tasks-stopped', '--tasks', arn);
  const { tasks } = await world.aws<Tasks>('ecs', 'describe-tasks', '--tasks', arn);
  assert.equal(tasks[0]?.stopCode, 'EssentialContainerExited');
  assert.equal(tasks[0]?.stoppedReason, 'Essential container in task exited');
  assert.equal(tasks[0]?.containers[0]?.exitCode, 3);
  const events = await until('all four lines', async () => {
    const found = await world.aws<{ events: { message: string; logStreamName: string }[] }>(
      'logs',
      'filter-log-events',
      '--log-group-name',
      '/e2e/talk',
    );
    return found.events.length >= 4 ? found.events : undefined;
  });
  assert.deepEqual(events.map((e) => e.message).sort(), ['line 1', 'line 2', 'line 3', 'oops']);
  assert.equal(events[0]?.logStreamName, `e2e/talk/${arn.split('/').at(-1)}`);
});

test('a refusal names its reason', { skip }, async () => {
  await world.aws(
    'ecs',
    'register-task-definition',
    '--family',
    'huge',
    '--container-definitions',
    JSON.stringify([{ name: 'x', image: 'gantry/hello', memory: 9_000_000 }]),
  );
  const refused = await world.aws<{ tasks: unknown[]; failures: { reason: string; arn: string }[] }>(
    'ecs',
    'run-task',
    '--task-definition',
    'huge',
  );
  assert.deepEqual(refused.tasks, []);
  assert.equal(refused.failures[0]?.reason, 'RESOURCE:MEMORY');
  await assert.rejects(
    world.aws('ecs', 'run-task', '--task-definition', 'nothing-of-the-kind'),
    (error: CommandFailed) => /ClientException/.test(error.stderr),
  );
  await assert.rejects(
    world.aws('ecs', 'run-task', '--task-definition', 'huge', '--cluster', 'nowhere'),
    (error: CommandFailed) => /ClusterNotFoundException.*Cluster not found\./.test(error.stderr),
  );
});
