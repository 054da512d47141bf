import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ecsClient } from './ecs.ts';
import { makeProbeImage, PROBE_IMAGE, removeProbeImage } from './probe-image.ts';
import { command, startWorld, until, type World } from './world.ts';

const SUBNET = 'subnet-00000000000000001';
const POLICY = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: ['ecs:ListTasks', 'ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'], Resource: '*' },
  ],
};
const TRUST = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
};

let world: World;
let ecs: ReturnType<typeof ecsClient>;
let roleArn: string;

before(async () => {
  [world] = await Promise.all([startWorld(), makeProbeImage()]);
  ecs = ecsClient(world);
  const trust = ['--assume-role-policy-document', JSON.stringify(TRUST)];
  const { Role } = await world.aws<{ Role: { Arn: string } }>('iam', 'create-role', '--role-name', 'app', ...trust);
  roleArn = Role.Arn;
  const name = ['--role-name', 'app', '--policy-name', 'lists'];
  await world.aws('iam', 'put-role-policy', ...name, '--policy-document', JSON.stringify(POLICY));
});
after(async () => {
  await world?.down();
  await removeProbeImage();
});

interface Answer {
  readonly status?: number;
  readonly error?: string;
  readonly body: Record<string, unknown>;
}

/** A container of a task, and what it sees. */
interface Inside {
  readonly taskArn: string;
  readonly dockerId: string;
  readonly env: Readonly<Record<string, string>>;
  get(url: string): Promise<Answer>;
  put(url: string, body: unknown): Promise<Answer>;
  sdk(): Promise<{ accessKeyId: string; taskArns: string[]; refused: string }>;
}

async function inside(taskArn: string): Promise<Inside> {
  await until(`${taskArn} is RUNNING`, async () => {
    const [task] = (await ecs.call('DescribeTasks', { tasks: [taskArn] })).tasks ?? [];
    assert.notEqual(task?.lastStatus, 'STOPPED', task?.stoppedReason);
    return task?.lastStatus === 'RUNNING';
  });
  const filter = ['--filter', `label=com.amazonaws.ecs.task-arn=${taskArn}`];
  const dockerId = (await command('docker', ['ps', '-q', '--no-trunc', ...filter])).trim();
  const probe = async <T>(...args: string[]): Promise<T> =>
    JSON.parse(await command('docker', ['exec', dockerId, '/node', '/probe.mjs', ...args])) as T;
  return {
    taskArn,
    dockerId,
    env: await probe('env'),
    get: (url) => probe('get', url),
    put: (url, body) => probe('put', url, JSON.stringify(body)),
    sdk: () => probe('sdk'),
  };
}

const definition = (family: string, more: object = {}) => ({
  family,
  taskRoleArn: roleArn,
  containerDefinitions: [{ name: 'main', image: PROBE_IMAGE, memory: 256, essential: true }],
  ...more,
});

async function run(family: string, more: object = {}, runMore: object = {}): Promise<Inside> {
  await ecs.call('RegisterTaskDefinition', definition(family, more) as never);
  const { tasks, failures } = await ecs.call('RunTask', { taskDefinition: family, ...runMore } as never);
  assert.deepEqual(failures, []);
  return inside(tasks?.[0]?.taskArn ?? '');
}

const FARGATE = { networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'], cpu: '256', memory: '512' };
const IN_SUBNET = { networkConfiguration: { awsvpcConfiguration: { subnets: [SUBNET] } } };
const starts: Readonly<Record<string, () => Promise<Inside>>> = {
  bridge: () => run('bridge', { networkMode: 'bridge' }),
  host: () => run('host', { networkMode: 'host' }),
  awsvpc: () => run('awsvpc', { networkMode: 'awsvpc' }, IN_SUBNET),
  FARGATE: () => run('far', FARGATE, { launchType: 'FARGATE', ...IN_SUBNET }),
};
const credentialsUrl = ({ env }: Inside): string =>
  `http://169.254.170.2${env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI']}`;
const tasks = new Map<string, Inside>();

for (const [name, start] of Object.entries(starts)) {
  describe(name, () => {
    let task: Inside;
    before(async () => {
      task = await start();
      tasks.set(name, task);
    });

    test('metadata of versions 3 and 4', async () => {
      for (const [version, base] of [
        [3, task.env['ECS_CONTAINER_METADATA_URI']],
        [4, task.env['ECS_CONTAINER_METADATA_URI_V4']],
      ] as const) {
        const own = await task.get(base ?? '');
        assert.equal(own.status, 200, JSON.stringify(own));
        assert.equal(own.body['DockerId'], task.dockerId);
        assert.equal(own.body['Name'], 'main');
        assert.equal(own.body['KnownStatus'], 'RUNNING');
        assert.equal('ContainerARN' in own.body, version === 4);
        const { body } = await task.get(`${base}/task`);
        assert.equal(body['TaskARN'], task.taskArn);
        assert.equal((body['Containers'] as unknown[]).length, 1);
        assert.equal(body['LaunchType'], version === 3 ? undefined : name === 'FARGATE' ? 'FARGATE' : 'EC2');
      }
    });

    test('stats', async () => {
      const base = task.env['ECS_CONTAINER_METADATA_URI_V4'];
      const { body } = await task.get(`${base}/stats`);
      assert.ok('cpu_stats' in body && 'memory_stats' in body, JSON.stringify(body));
      const all = await task.get(`${base}/task/stats`);
      assert.deepEqual(Object.keys(all.body), [task.dockerId]);
    });

    test('credentials of the task role', async () => {
      const { status, body } = await task.get(credentialsUrl(task));
      assert.equal(status, 200);
      assert.deepEqual(Object.keys(body), ['RoleArn', 'AccessKeyId', 'SecretAccessKey', 'Token', 'Expiration']);
      assert.equal(body['RoleArn'], roleArn);
      const leftMs = Date.parse(String(body['Expiration'])) - Date.now();
      assert.ok(leftMs > 5 * 3_600_000 && leftMs <= 6 * 3_600_000);
    });

    test('an unmodified SDK calls ECS as the task role: what it may, and not what it may not', async () => {
      const { accessKeyId, taskArns, refused } = await task.sdk();
      assert.match(accessKeyId, /^ASIA/);
      assert.ok(taskArns.includes(task.taskArn));
      assert.match(refused, /^AccessDeniedException: User: arn:aws:sts::\d{12}:assumed-role\/app\/[0-9a-f]{32} is not/);
    });
  });
}

test('no task gets what belongs to another, with its ids neither', async () => {
  for (const [name, thief] of tasks) {
    for (const [other, victim] of tasks) {
      if (name === other) continue;
      const stolen = await thief.get(credentialsUrl(victim));
      assert.equal(stolen.status, 400, `${name} asks for the credentials of ${other}`);
      assert.equal(stolen.body['code'], 'InvalidIdInRequest');
      const seen = await thief.get(victim.env['ECS_CONTAINER_METADATA_URI_V4'] ?? '');
      assert.equal(seen.status, 404, `${name} asks for the metadata of ${other}`);
    }
  }
});

test('a container that is none of ours reaches nothing', async () => {
  const url = credentialsUrl(tasks.get('bridge') as Inside);
  const out = await command('docker', ['run', '--rm', '--entrypoint', '/node', PROBE_IMAGE, '/probe.mjs', 'get', url]);
  assert.deepEqual(JSON.parse(out), { error: 'ECONNREFUSED' });
});

test('a task of a service protects itself, as its role', async () => {
  await ecs.call('RegisterTaskDefinition', definition('served') as never);
  await ecs.call('CreateService', { serviceName: 'served', taskDefinition: 'served', desiredCount: 1 });
  const arn = await until('the service has a task', async () => {
    return (await ecs.call('ListTasks', { serviceName: 'served' })).taskArns?.[0];
  });
  const task = await inside(arn);
  const url = `${task.env['ECS_AGENT_URI']}/task-protection/v1/state`;
  const none = await task.get(url);
  assert.deepEqual(none, {
    status: 200,
    body: { protection: { ExpirationDate: null, ProtectionEnabled: false, TaskArn: arn } },
  });
  const { body } = await task.put(url, { ProtectionEnabled: true, ExpiresInMinutes: 60 });
  const { ProtectionEnabled, ExpirationDate } = body['protection'] as Record<string, unknown>;
  assert.equal(ProtectionEnabled, true);
  assert.ok(Date.parse(String(ExpirationDate)) > Date.now() + 59 * 60_000);
  const { protectedTasks } = await ecs.call('GetTaskProtection', { cluster: 'default', tasks: [arn] });
  assert.equal(protectedTasks?.[0]?.protectionEnabled, true);
  assert.equal((await task.put(url, { Protection: true })).status, 400);
});

test('after kill -9 of the agent everything is there again', async () => {
  process.kill(world.pid('agent'), 'SIGKILL');
  await world.up();
  for (const [name, task] of tasks) {
    await until(`${name} has its credentials`, async () => (await task.get(credentialsUrl(task))).status === 200);
    const { body } = await task.get(task.env['ECS_CONTAINER_METADATA_URI_V4'] ?? '');
    assert.equal(body['DockerId'], task.dockerId);
    assert.ok((await task.sdk()).taskArns.includes(task.taskArn));
  }
});

test('a role that cannot be assumed stops the task with the words of ECS', async () => {
  const taskRoleArn = roleArn.replace(/app$/, 'nobody');
  await ecs.call('RegisterTaskDefinition', { ...definition('none'), taskRoleArn } as never);
  const { tasks: [task] = [] } = await ecs.call('RunTask', { taskDefinition: 'none' });
  const stopped = await until('the task has stopped', async () => {
    const [now] = (await ecs.call('DescribeTasks', { tasks: [task?.taskArn ?? ''] })).tasks ?? [];
    return now?.lastStatus === 'STOPPED' ? now : undefined;
  });
  assert.equal(stopped.stopCode, 'TaskFailedToStart');
  assert.match(
    stopped.stoppedReason ?? '',
    /^ECS was unable to assume the role 'arn:aws:iam::\d+:role\/nobody' that was/,
  );
});

test('gantry down leaves no rule of it, also where the agent was killed', async () => {
  const { bridge } = JSON.parse(readFileSync(join(world.dataDir, 'network.json'), 'utf8')) as { bridge: string };
  const tables = (): Promise<string> => command('nft', ['list', 'tables']);
  assert.ok((await tables()).includes(`gantrymeta-${bridge}\n`));
  process.kill(world.pid('agent'), 'SIGKILL');
  await world.gantry('down', '--tasks', '--force');
  assert.ok(!(await tables()).includes(`gantrymeta-${bridge}\n`));
  assert.ok(!existsSync(`/run/gantry/metadata/${bridge}`));
});
