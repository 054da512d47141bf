import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeApi } from '../api/fake.ts';
import { FakeHost } from '../host/fake.ts';
import { down } from './down.ts';
import { logs } from './logs.ts';
import { ps } from './ps.ts';
import { status } from './status.ts';
import { stop } from './stop.ts';
import { why } from './why.ts';

const ID = '0123456789abcdef0123456789abcdef';
const OTHER = 'ffff456789abcdef0123456789abcdef';
const arn = (id: string): string => `arn:aws:ecs:us-east-1:000000000000:task/default/${id}`;
const CREATED = new Date(Date.UTC(2026, 0, 1) - 30_000);
const running = {
  taskArn: arn(ID),
  taskDefinitionArn: 'arn:aws:ecs:us-east-1:0:task-definition/web:3',
  group: 'service:shop',
  lastStatus: 'RUNNING',
  desiredStatus: 'RUNNING',
  healthStatus: 'HEALTHY',
  createdAt: CREATED,
  containers: [{ name: 'web', networkBindings: [{ hostPort: 49_153, containerPort: 80, protocol: 'tcp' }] }],
};
const stopped = {
  ...running,
  taskArn: arn(OTHER),
  group: 'family:web',
  lastStatus: 'STOPPED',
  desiredStatus: 'STOPPED',
  stoppedReason: 'Essential container in task exited',
  containers: [{ name: 'web', exitCode: 1 }],
};
const tasks = [running, stopped];
const definition = {
  networkMode: 'bridge',
  containerDefinitions: [
    {
      name: 'web',
      logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': '/g', 'awslogs-stream-prefix': 'p' } },
    },
  ],
};
const world = (more: Readonly<Record<string, (input: Record<string, unknown>) => unknown>> = {}): FakeApi =>
  new FakeApi({
    Status: () => ({ account: '000000000000', region: 'us-east-1', worlds: [] }),
    ListClusters: () => ({ clusterArns: ['arn:aws:ecs:us-east-1:0:cluster/default'] }),
    ListTasks: ({ desiredStatus }) => ({
      taskArns: tasks.filter((t) => t.desiredStatus === desiredStatus).map((t) => t.taskArn),
    }),
    DescribeTasks: (input) => {
      const asked = (input['tasks'] as string[]).map((text) => text.split('/').at(-1));
      return { tasks: tasks.filter((t) => asked.includes(t.taskArn.split('/').at(-1))) };
    },
    DescribeTaskDefinition: () => ({ taskDefinition: definition }),
    DescribeServices: ({ services }) => ({
      services: (services as string[])[0] === 'shop' ? [{ serviceName: 'shop', status: 'ACTIVE' }] : [],
    }),
    ...more,
  });

test('ps shows what runs, and with --all what stopped and why', async () => {
  const host = new FakeHost();
  await ps(host, world(), { all: false, quiet: false });
  assert.deepEqual(host.said, [
    'TASK          SERVICE  DEFINITION  STATUS   HEALTH   AGE  ADDRESS',
    '0123456789ab  shop     web:3       RUNNING  HEALTHY  30s  localhost:49153->80/tcp',
  ]);
  const all = new FakeHost();
  await ps(all, world(), { all: true, quiet: false });
  assert.match(all.said[2] ?? '', /^ffff456789ab .*STOPPED .*Essential container in task exited; web: exit code 1$/);
  const quiet = new FakeHost();
  await ps(quiet, world(), { all: true, quiet: true });
  assert.deepEqual(quiet.said, [ID, OTHER]);
});

const subjects: readonly (readonly [string, readonly string[]])[] = [
  [ID, [`p/web/${ID}`]],
  [arn(ID), [`p/web/${ID}`]],
  ['ffff', [`p/web/${OTHER}`]],
  ['shop', [`p/web/${ID}`, `p/web/${OTHER}`]],
  ['web', [`p/web/${ID}`, `p/web/${OTHER}`]],
];
for (const [text, streams] of subjects) {
  test(`logs finds what is meant by ${text}`, async () => {
    const api = world({ GetLogEvents: ({ nextToken }) => ({ events: [], nextForwardToken: nextToken ?? 't' }) });
    await logs(new FakeHost(), api, text, { cluster: 'default', follow: false, timestamps: false });
    assert.deepEqual([...new Set(api.inputs('GetLogEvents').map((input) => input['logStreamName']))], streams);
  });
}

test('logs of several tasks are merged by time, with the task before each line', async () => {
  const host = new FakeHost();
  const api = world({
    GetLogEvents: ({ logStreamName, nextToken }) =>
      nextToken !== undefined
        ? { events: [], nextForwardToken: nextToken }
        : {
            events: String(logStreamName).endsWith(ID)
              ? [
                  { timestamp: 1, message: 'a' },
                  { timestamp: 3, message: 'c' },
                ]
              : [{ timestamp: 2, message: 'b' }],
            nextForwardToken: 't',
          },
  });
  await logs(host, api, 'shop', { cluster: 'default', follow: false, timestamps: true });
  assert.deepEqual(host.said, [
    '01234567 | 1970-01-01 00:00:00 a',
    'ffff4567 | 1970-01-01 00:00:00 b',
    '01234567 | 1970-01-01 00:00:00 c',
  ]);
});

test('logs says where the output is that Gantry does not keep', async () => {
  const options = { cluster: 'default', follow: false, timestamps: false };
  const routed = { logDriver: 'awsfirelens', options: { Name: 'kinesis' } };
  const containerDefinitions = [
    { name: 'web', logConfiguration: routed },
    { name: 'log', firelensConfiguration: { type: 'fluentbit' } },
  ];
  const api = world({ DescribeTaskDefinition: () => ({ taskDefinition: { ...definition, containerDefinitions } }) });
  const places = [
    'web: the log router log of the task, which sends it to the output kinesis; what the router says itself is in its own log',
    "log: the engine's own log on its instance; read it there with: docker logs CONTAINER-ID",
  ];
  await assert.rejects(logs(new FakeHost(), api, ID, options), {
    message: /writes no log that Gantry keeps/,
    details: places,
  });
  const both = world({
    GetLogEvents: ({ nextToken }) => ({ events: [], nextForwardToken: nextToken ?? 't' }),
    DescribeTaskDefinition: () => ({
      taskDefinition: {
        ...definition,
        containerDefinitions: [...definition.containerDefinitions, containerDefinitions[1]],
      },
    }),
  });
  const host = new FakeHost();
  await logs(host, both, ID, options);
  assert.equal(host.said.length, 1);
  assert.match(host.said[0] ?? '', /^not here: log: the engine's own log/);
});

test('what nobody knows is named, with a way out', async () => {
  const options = { cluster: 'default', follow: false, timestamps: false };
  const api = world({ ListTasks: () => ({ taskArns: [] }) });
  await assert.rejects(logs(new FakeHost(), api, 'nope', options), {
    message: "there is no task or service 'nope' in cluster default.",
    wayOut: /gantry ps --all/,
  });
  await assert.rejects(logs(new FakeHost(), world(), 'shop', { ...options, since: 'x' }), { exitCode: 2 });
});

test('stop stops a task, scales a service down, or deletes it', async () => {
  const options = { cluster: 'default', rm: false, wait: false, timeoutMs: 1_000, reason: 'enough' };
  const api = world({ StopTask: () => ({}), UpdateService: () => ({}), DeleteService: () => ({}) });
  const host = new FakeHost();
  await stop(host, api, [ID, 'shop', OTHER], options);
  await stop(host, api, ['shop'], { ...options, rm: true });
  assert.deepEqual(api.inputs('StopTask'), [{ cluster: 'default', task: arn(ID), reason: 'enough' }]);
  assert.deepEqual(api.inputs('UpdateService'), [{ cluster: 'default', service: 'shop', desiredCount: 0 }]);
  assert.deepEqual(api.inputs('DeleteService'), [{ cluster: 'default', service: 'shop', force: true }]);
  assert.match(
    host.said.join('\n'),
    /its service will start another one[\s\S]*scaling service shop to 0[\s\S]*stopped already/,
  );
});

test('stop --wait gives up at its deadline and names who is left', async () => {
  const options = { cluster: 'default', rm: false, wait: true, timeoutMs: 1_000, reason: 'enough' };
  await assert.rejects(stop(new FakeHost(), world({ StopTask: () => ({}) }), [ID], options), {
    message: `1 tasks have not stopped after 1 s: ${ID}.`,
  });
});

test('why says the sentence first, then the history', async () => {
  const host = new FakeHost();
  const answer = {
    subject: arn(ID),
    kind: 'task',
    status: 'STOPPED',
    because: 'essential-exited',
    text: 'an essential container exited',
    details: { 'exit code': '1' },
    history: [{ at: new Date(0), type: 'task.created', because: 'run-task', text: 'a user asked for it', by: 'ann' }],
  };
  await why(host, world({ Why: () => answer }), ID, { cluster: 'default', json: false });
  assert.equal(host.said[0], `task default/${ID} is STOPPED: an essential container exited`);
  assert.match(
    host.said.at(-1) ?? '',
    /1970-01-01 00:00:00 {2}task.created {2}run-task {2}a user asked for it \(by ann\)/,
  );
});

test('status tells when nobody answers', async () => {
  const host = new FakeHost();
  const connection = {
    where: { endpoint: 'http://127.0.0.1:1', region: 'r' },
    keys: { accessKeyId: '', secretAccessKey: '' },
    dataDir: '/d',
  };
  assert.equal(await status(host, new FakeApi({}), connection, { json: false }), 3);
  assert.match(host.said.join('\n'), /no answer[\s\S]*control-plane {2}does not run[\s\S]*engine {9}does not answer/);
});

const TORN_DOWN = { containers: 2, volumes: 1, network: 'gantry3', problems: [] as string[] };

/** A machine on which control plane and agent run; `tornDown` is what the agent's teardown tells. */
async function upAndRunning(tornDown = TORN_DOWN): Promise<FakeHost> {
  const host = new FakeHost();
  host.files.set('/d/run/endpoint.json', '{"endpoint":"http://127.0.0.1:1","region":"us-east-1"}');
  host.files.set('/d/credentials.json', '{"administrator":{"accessKeyId":"A","secretAccessKey":"S"}}');
  host.files.set('/d/run/agent.json', '{}');
  host.files.set('/d/network.json', '{"bridge":"gantry3","cidr":"10.213.48.0/20"}');
  host.files.set('/run/gantry/networks/gantry3', '/d');
  for (const name of ['control-plane', 'agent']) {
    const { pid } = await host.start({ command: 'node', args: [], logFile: `/d/run/${name}.log` });
    host.files.set(`/d/run/${name}.pid`, JSON.stringify({ pid, identity: await host.processIdentity(pid) }));
  }
  host.onRun = (_command, args) =>
    args.includes('--teardown')
      ? { code: tornDown.problems.length === 0 ? 0 : 1, stdout: `${JSON.stringify(tornDown)}\n` }
      : undefined;
  return host;
}

const DOWN = { dataDir: '/d', tasks: true, force: false, purge: false as const, engine: false, timeoutMs: 1_000 };
const idle = (): FakeApi => world({ ListServices: () => ({ serviceArns: [] }), ListTasks: () => ({ taskArns: [] }) });

test('down --tasks ends services and tasks, waits for the engine, removes what is left, and stops the processes', async () => {
  const host = await upAndRunning();
  let ended = false;
  const api = world({
    ListClusters: ({ nextToken }) =>
      nextToken === undefined
        ? { clusterArns: ['arn:aws:ecs:us-east-1:0:cluster/default'], nextToken: 'more' }
        : { clusterArns: ['arn:aws:ecs:us-east-1:0:cluster/other'] },
    ListServices: ({ cluster }) => ({
      serviceArns: String(cluster).endsWith('other') ? [] : ['arn:aws:ecs:us-east-1:0:service/default/shop'],
    }),
    DeleteService: () => ({}),
    StopTask: () => {
      ended = true;
      return {};
    },
    DescribeTasks: () => ({ tasks: [{ ...running, lastStatus: ended ? 'STOPPED' : 'RUNNING' }] }),
  });
  await down(host, { ...DOWN, connect: () => Promise.resolve(api) });
  assert.equal(api.inputs('DeleteService').length, 1);
  assert.equal(api.inputs('StopTask').length, 1);
  assert.deepEqual(api.inputs('ListClusters').length, 2);
  assert.equal(host.processes.size, 0);
  const [first, second = '', third, ...more] = host.did.slice(2);
  assert.deepEqual([first, third, more], ['SIGTERM 102', 'SIGTERM 101', []]);
  assert.match(second, /^run .*packages\/agent\/src\/main\.ts --config \/d\/run\/agent\.json --teardown$/);
  const said = host.said.join('\n');
  assert.match(said, /Removed: 2 containers, 1 volume, the task network gantry3\.\nStopped: agent, control-plane\./);
  assert.equal(host.files.has('/run/gantry/networks/gantry3'), false);
  assert.equal(host.files.has('/d/network.json'), true);
  const before = host.did.length;
  await down(host, { ...DOWN, connect: () => assert.fail() });
  assert.equal(host.did.length, before, 'the network may be of another by now');
});

test('down --tasks ends the tasks of every region and account, each with its key', async () => {
  const host = await upAndRunning();
  const inWorld = (account: string, region: string) => ({ account, region, tasksCount: 1, activeServicesCount: 1 });
  const worlds = [
    inWorld('000000000000', 'us-east-1'),
    inWorld('000000000000', 'eu-west-1'),
    inWorld('111111111111', 'eu-west-1'),
  ];
  const deleted: string[] = [];
  const connect = ({ region }: { region: string }, { accessKeyId }: { accessKeyId: string }) =>
    Promise.resolve(
      world({
        Status: () => ({ account: '000000000000', region, worlds }),
        ListServices: () => ({ serviceArns: ['arn:aws:ecs:r:0:service/default/shop'] }),
        DeleteService: () => deleted.push(`${region} ${accessKeyId}`),
        ListTasks: () => ({ taskArns: [] }),
      }),
    );
  await down(host, { ...DOWN, connect });
  assert.equal(deleted.length, 3);
  const [home = '', ...others] = deleted;
  const administrator = home.split(' ')[1] ?? '';
  assert.deepEqual(others, [`eu-west-1 ${administrator}`, 'eu-west-1 111111111111']);
});

test('down --tasks spares a network that another has claimed meanwhile', async () => {
  const host = await upAndRunning();
  host.files.set('/run/gantry/networks/gantry3', '/other');
  await down(host, { ...DOWN, connect: () => Promise.resolve(idle()) });
  assert.ok(host.did.some((did) => did.endsWith('--teardown --keep-network')));
  assert.equal(host.files.get('/run/gantry/networks/gantry3'), '/other');
});

test('down leaves tasks and their network alone', async () => {
  const host = await upAndRunning();
  await down(host, { ...DOWN, tasks: false, connect: () => assert.fail() });
  assert.deepEqual(host.did.slice(2), ['SIGTERM 102', 'SIGTERM 101']);
  assert.equal(host.files.has('/run/gantry/networks/gantry3'), true);
  assert.match(host.said.join('\n'), /Stopped: agent, control-plane\. Running tasks stay\./);
});

for (const name of ['agent', 'control-plane']) {
  test(`down --tasks needs the ${name}, and says how to get on without`, async () => {
    const host = await upAndRunning();
    host.die(name === 'agent' ? 102 : 101);
    await assert.rejects(down(host, { ...DOWN, connect: () => assert.fail() }), {
      message: `the ${name} does not run, so tasks cannot be stopped.`,
      wayOut: /gantry up --detach.*--force/,
    });
    await down(host, { ...DOWN, force: true, connect: () => assert.fail() });
    assert.ok(host.did.some((did) => did.endsWith('--teardown --force')));
    assert.equal(host.processes.size, 0);
  });
}

test('down --tasks says what could not be removed, keeps the claim, and stops all the same', async () => {
  const host = await upAndRunning({ ...TORN_DOWN, problems: ['container x could not be removed: busy'] });
  await assert.rejects(down(host, { ...DOWN, connect: () => Promise.resolve(idle()) }), {
    message: 'not all that the tasks left on this host could be removed.',
    details: ['container x could not be removed: busy'],
  });
  assert.equal(host.processes.size, 0);
  assert.equal(host.files.has('/run/gantry/networks/gantry3'), true);
});

test('down --tasks after down looks whether tasks still run; where nothing ever ran there is nothing to do', async () => {
  const host = await upAndRunning();
  await down(host, { ...DOWN, tasks: false, connect: () => assert.fail() });
  await down(host, { ...DOWN, connect: () => assert.fail() });
  assert.ok(host.did.at(-1)?.endsWith('--teardown'));
  const fresh = new FakeHost();
  await down(fresh, { ...DOWN, connect: () => assert.fail() });
  assert.deepEqual(fresh.did, []);
  assert.match(fresh.said.join('\n'), /Nothing of Gantry ran/);
});

test('down spares a stranger that has the pid of a process of ours', async () => {
  const host = new FakeHost();
  const { pid } = await host.start({ command: 'somebody', args: [], logFile: '/l' });
  host.files.set('/d/run/agent.pid', JSON.stringify({ pid, identity: 'boot:before' }));
  await down(host, { ...DOWN, tasks: false, connect: () => assert.fail() });
  assert.equal(host.processes.size, 1);
  assert.match(host.said.join('\n'), /Nothing of Gantry ran/);
});

test("down --purge asks first, then removes what is Gantry's in the data directory and nothing else", async () => {
  const asked = { ...DOWN, purge: { yes: false }, connect: () => Promise.resolve(idle()) };
  const host = await upAndRunning();
  await assert.rejects(down(host, asked), { exitCode: 5, message: /not a terminal/, wayOut: /--yes/ });
  host.interactive = true;
  host.answers = ['', 'yes'];
  await assert.rejects(down(host, asked), { exitCode: 5, message: 'nothing was done.' });
  assert.equal(host.processes.size, 2);
  const { onRun } = host;
  host.onRun = (command, args) => (command === 'rmdir' ? { code: 1 } : onRun(command, args));
  await down(host, asked);
  assert.match(host.did.at(-2) ?? '', /^run rm -rf -- \/d\/state\.db .* \/d\/network\.json$/);
  assert.equal(host.did.at(-1), 'run rmdir -- /d');
  assert.match(host.said.at(-1) ?? '', /there is more in it, which stays\.$/);
});

test('down --purge leaves the key file alone, and says so', async () => {
  const host = await upAndRunning();
  host.files.set('/etc/gantry/seal.key', '0f'.repeat(32));
  await down(host, { ...DOWN, purge: { yes: true }, connect: () => Promise.resolve(idle()) });
  assert.equal(
    host.said.at(-1),
    'Removed /d. The key file /etc/gantry/seal.key stays: other data directories may need it.',
  );
  assert.ok(!host.did.some((line) => line.includes('seal.key')));
});

test('down --purge spares what is no data directory of Gantry, and one its engine runs from', async () => {
  const purge = { yes: true };
  const connect = () => Promise.resolve(idle());
  const fresh = new FakeHost();
  await assert.rejects(down(fresh, { ...DOWN, purge, connect }), { message: /\/d is not a data directory/ });
  const host = await upAndRunning();
  const { pid } = await host.start({ command: 'dockerd', args: [], logFile: '/d/run/dockerd.log' });
  host.files.set('/d/run/dockerd.pid', JSON.stringify({ pid, identity: await host.processIdentity(pid) }));
  await assert.rejects(down(host, { ...DOWN, purge, connect }), { exitCode: 2, wayOut: /--engine/ });
  assert.equal(host.processes.size, 3);
});
