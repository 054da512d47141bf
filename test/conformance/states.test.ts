import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { StockAgent } from './stock-agent.ts';
import { STRANGER, World } from './world.ts';

let world: World;
let agent: StockAgent;
let pair: string;
before(async () => {
  world = await World.open();
  agent = await StockAgent.join(world);
  pair = await world.define('pair', {
    containerDefinitions: [
      { name: 'web', image: 'web:1', memory: 8, essential: true, portMappings: [{ containerPort: 80 }] },
      { name: 'side', image: 'side:1', memory: 8, essential: false },
    ],
  });
});
after(() => world.end());

async function started(): Promise<string> {
  const [arn = ''] = await world.start(agent, pair);
  await world.settle();
  return arn;
}

async function described(task: string) {
  const { tasks = [] } = await world.ecs.call('DescribeTasks', { tasks: [task] });
  const [found] = tasks;
  if (found === undefined) throw new Error(`no task ${task}`);
  const container = (name: string) => found.containers?.find((one) => one.name === name);
  return { task: found, web: container('web'), side: container('side') };
}

const running = (containerName: string, over: object = {}): object => ({
  containerName,
  networkBindings: [],
  runtimeId: `${containerName}-0123456789abcdef`,
  status: 'RUNNING',
  ...over,
});
const stopped = (containerName: string, over: object = {}): object => ({
  containerName,
  networkBindings: [],
  status: 'STOPPED',
  ...over,
});

test('10.8 PENDING with RUNNING containers: the flush of lone events moves the containers, not the task', async () => {
  const arn = await started();
  const digest = `sha256:${'a'.repeat(64)}`;
  const { status, body } = await agent.report(arn, 'PENDING', {
    containers: [{ containerName: 'web', imageDigest: digest, networkBindings: [], status: 'PENDING' }],
  });
  assert.deepEqual([status, body], [200, { acknowledgment: 'ACK' }]);
  await agent.report(arn, 'PENDING', { containers: [running('web', { imageDigest: digest })] });
  const seen = await described(arn);
  assert.deepEqual(
    [seen.task.lastStatus, seen.web?.lastStatus, seen.side?.lastStatus],
    ['PENDING', 'RUNNING', 'PENDING'],
  );
  assert.equal(seen.web?.imageDigest, digest);
  assert.equal(seen.web?.runtimeId, 'web-0123456789abcdef');
  await agent.report(arn, 'RUNNING', { containers: [running('side')] });
  const whole = await described(arn);
  assert.deepEqual([whole.task.lastStatus, whole.side?.lastStatus], ['RUNNING', 'RUNNING']);
});

test('10.8 RUNNING: bindings, ranges and moments as the agent writes them', async () => {
  const arn = await started();
  const now = world.clock.now() / 1000;
  await agent.report(arn, 'RUNNING', {
    containers: [
      running('web', {
        networkBindings: [
          { bindIP: '0.0.0.0', containerPort: 80, hostPort: 49153, protocol: 'tcp' },
          { bindIP: '0.0.0.0', containerPortRange: '8000-8003', hostPortRange: '49160-49163', protocol: 'tcp' },
        ],
      }),
      running('side'),
    ],
    pullStartedAt: now - 3.123,
    pullStoppedAt: now - 1.5,
  });
  const { task, web } = await described(arn);
  assert.deepEqual(web?.networkBindings, [
    { bindIP: '0.0.0.0', containerPort: 80, hostPort: 49153, protocol: 'tcp' },
    { bindIP: '0.0.0.0', containerPortRange: '8000-8003', hostPortRange: '49160-49163', protocol: 'tcp' },
  ]);
  assert.equal(task.pullStartedAt?.getTime(), Math.round((now - 3.123) * 1000));
  assert.equal(task.pullStoppedAt?.getTime(), (now - 1.5) * 1000);
  assert.equal(task.startedAt?.getTime(), world.clock.now());
  assert.equal(task.connectivity, 'CONNECTED');
});

test('10.8 combined events: RUNNING and STOPPED of one container in one report, in their order', async () => {
  const arn = await started();
  await agent.report(arn, 'STOPPED', {
    containers: [running('web'), stopped('web', { exitCode: 3 }), running('side'), stopped('side', { exitCode: 137 })],
    executionStoppedAt: world.clock.now() / 1000,
  });
  const { task, web, side } = await described(arn);
  assert.deepEqual([task.lastStatus, web?.exitCode, side?.exitCode], ['STOPPED', 3, 137]);
  assert.equal(task.stopCode, 'EssentialContainerExited');
  assert.equal(task.stoppedReason, 'Essential container in task exited');
  assert.ok(task.startedAt !== undefined, 'it ran');
});

const straight: readonly (readonly [string, readonly object[], string, string])[] = [
  [
    'a pull that failed',
    [stopped('web', { reason: 'CannotPullContainerError: no such image' }), stopped('side')],
    'TaskFailedToStart',
    'CannotPullContainerError: no such image',
  ],
  [
    'a container that could not be made',
    [stopped('web', { reason: 'CannotCreateContainerError: conflict' }), stopped('side')],
    'TaskFailedToStart',
    'CannotCreateContainerError: conflict',
  ],
  [
    'called off by its dependency (143)',
    [
      stopped('side', { reason: 'CannotStartContainerError: boom', exitCode: 1 }),
      stopped('web', { reason: 'CannotStartContainerError: dependency graph: side', exitCode: 143 }),
    ],
    'TaskFailedToStart',
    'CannotStartContainerError: boom',
  ],
  [
    'so quick that nobody saw it run',
    [stopped('web', { exitCode: 0 }), stopped('side', { exitCode: 0 })],
    'EssentialContainerExited',
    'Essential container in task exited',
  ],
  [
    'vanished',
    [stopped('web', { reason: 'ContainerVanishedError: Could not find' }), stopped('side')],
    'EssentialContainerExited',
    'Essential container in task exited',
  ],
];
for (const [name, containers, stopCode, stoppedReason] of straight) {
  test(`10.8 STOPPED without RUNNING: ${name}`, async () => {
    const arn = await started();
    await agent.report(arn, 'STOPPED', { containers });
    const { task } = await described(arn);
    assert.deepEqual([task.lastStatus, task.stopCode, task.stoppedReason], ['STOPPED', stopCode, stoppedReason]);
  });
}

test('10.8 the reason of an ordinary stop is empty: who stopped it says why', async () => {
  const arn = await started();
  await agent.report(arn, 'RUNNING', { containers: [running('web'), running('side')] });
  await world.ecs.call('StopTask', { task: arn, reason: 'enough' });
  await agent.report(arn, 'STOPPED', { containers: [stopped('web', { exitCode: 143 }), stopped('side')] });
  const { task, web } = await described(arn);
  assert.deepEqual([task.stopCode, task.stoppedReason, web?.exitCode], ['UserInitiated', 'enough', 143]);
});

test('10.8 the first error sticks: a pull error on a healthy container, and no later one in its place', async () => {
  const arn = await started();
  const reason = 'CannotPullContainerError: used the cached image';
  await agent.report(arn, 'RUNNING', { containers: [running('web', { reason }), running('side')] });
  const up = await described(arn);
  assert.deepEqual([up.task.lastStatus, up.web?.lastStatus, up.web?.reason], ['RUNNING', 'RUNNING', reason]);
  const oom = 'OutOfMemoryError: Container killed due to memory usage';
  await agent.report(arn, 'STOPPED', { containers: [stopped('web', { exitCode: 137, reason: oom }), stopped('side')] });
  const down = await described(arn);
  assert.deepEqual([down.web?.exitCode, down.web?.reason], [137, reason]);
  assert.equal(down.task.stopCode, 'EssentialContainerExited', 'it ran: the old pull error is not why it stopped');
});

test('10.8 doubled and late reports are acknowledged and change nothing', async () => {
  const arn = await started();
  const up = { containers: [running('web'), running('side')] };
  await agent.report(arn, 'RUNNING', up);
  const before = world.task(arn);
  for (const [status, over] of [
    ['RUNNING', up],
    ['PENDING', {}],
    ['PENDING', { containers: [{ containerName: 'web', status: 'PENDING', networkBindings: [] }] }],
  ] as const) {
    assert.equal((await agent.report(arn, status, over)).status, 200);
  }
  assert.deepEqual(world.task(arn), before);
  await agent.report(arn, 'STOPPED', { containers: [stopped('web', { exitCode: 1 }), stopped('side')] });
  const over = world.task(arn);
  for (const status of ['RUNNING', 'STOPPED', 'PENDING'] as const) {
    assert.equal((await agent.report(arn, status, { containers: [stopped('web', { exitCode: 9 })] })).status, 200);
  }
  assert.deepEqual(world.task(arn), over);
});

test('10.8 managed agents ride along, also alone', async () => {
  const arn = await started();
  const managedAgents = [
    {
      containerName: 'web',
      managedAgentName: 'ExecuteCommandAgent',
      reason: 'ExecuteCommandAgent started',
      status: 'RUNNING',
    },
  ];
  const { status, body } = await agent.report(arn, 'PENDING', { managedAgents });
  assert.deepEqual([status, body], [200, { acknowledgment: 'ACK' }]);
  assert.equal(world.task(arn).lastStatus, 'PENDING');
});

test('10.8 attachments: reported without any status, of tasks and of instances', async () => {
  const arn = await started();
  const attachments = [
    { attachmentArn: 'arn:aws:ecs:us-east-1:000000000000:attachment/11111111-2222', status: 'ATTACHED' },
  ];
  const ofTask = await agent.call('SubmitTaskStateChange', { attachments, cluster: 'default', task: arn });
  assert.deepEqual([ofTask.status, ofTask.body], [200, { acknowledgment: 'ACK' }]);
  const ofInstance = await agent.call('SubmitAttachmentStateChanges', { attachments, cluster: 'default' });
  assert.deepEqual([ofInstance.status, ofInstance.body], [200, { acknowledgment: 'ACK' }]);
  assert.equal(world.task(arn).lastStatus, 'PENDING');
});

test('10.8 SubmitContainerStateChange: the way of agents of years ago', async () => {
  const arn = await started();
  const { status } = await agent.call('SubmitContainerStateChange', {
    cluster: 'default',
    containerName: 'web',
    runtimeId: 'web-1',
    status: 'RUNNING',
    task: arn,
  });
  assert.equal(status, 200);
  assert.equal((await described(arn)).web?.lastStatus, 'RUNNING');
});

test('10.8 what nobody knows is acknowledged, or it would come again for a day; no odd report is an InvalidParameter', async () => {
  const arn = await started();
  const nobody = `arn:aws:ecs:us-east-1:000000000000:task/default/${'7'.repeat(32)}`;
  for (const input of [
    { status: 'STOPPED', task: nobody },
    { status: 'RUNNING', task: 'not-an-arn' },
    { status: '', task: arn },
    { status: 'ZOMBIE', task: arn, containers: [{ containerName: 'web', status: 'DEAD' }] },
    { status: 'RUNNING', task: arn, containers: [{ containerName: 'no-such-container', status: 'RUNNING' }] },
    { status: 'STOPPED', task: arn, reason: 'x'.repeat(5_000), containers: null },
  ]) {
    const answer = await agent.call('SubmitTaskStateChange', { cluster: 'default', ...input });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  }
  assert.ok((world.task(arn).stoppedReason ?? '').length <= 1024);
});

test('10.8 reports of another account are refused, and nothing happens', async () => {
  const arn = await started();
  const thief = new StockAgent(world, { keys: STRANGER });
  const answer = await thief.report(arn, 'STOPPED');
  assert.deepEqual([answer.status, answer.body.__type], [400, 'AccessDeniedException']);
  assert.equal(world.task(arn).lastStatus, 'PENDING');
});

test('10.8 task protection, tags and draining: what an agent asks for beside its tasks', async () => {
  const arn = await started();
  const tags = await agent.call('ListTagsForResource', { resourceArn: agent.arn });
  assert.deepEqual([tags.status, tags.body.tags], [200, []]);
  assert.equal((await agent.call('ListTagsForResource', { resourceArn: arn })).status, 200);
  const own = await StockAgent.join(world);
  const drained = await own.call('UpdateContainerInstancesState', {
    cluster: 'default',
    containerInstances: [own.arn],
    status: 'DRAINING',
  });
  assert.equal(drained.status, 200);
});
