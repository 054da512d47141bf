import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import type { PayloadTask, RoleCredentials } from '@gantry/protocol';
import { LinkError } from '../session/port.ts';
import { aContainer, aTask, eni, taskArn } from '../testing/payloads.ts';
import { AgentWorld, type WorldOptions } from '../testing/world.ts';
import type { MetadataAnswer } from './port.ts';

const ROLE = 'arn:aws:iam::000000000000:role/app';
const given = (number: number, secret = 'secret'): RoleCredentials => ({
  credentialsId: `credentials-${number}`,
  roleArn: ROLE,
  accessKeyId: 'ASIA1',
  secretAccessKey: `${secret} ${number}`,
  sessionToken: 'token',
  expiration: '2026-01-01T06:00:00Z',
});
const withRole = (number: number, more: Partial<PayloadTask> = {}): PayloadTask =>
  aTask(number, [aContainer('web')], { roleCredentials: given(number), ...more });
const awsvpc = (address: string): Partial<PayloadTask> => ({
  networkMode: 'awsvpc',
  elasticNetworkInterfaces: [eni(address)],
});

let world: AgentWorld;
afterEach(() => world.kill());

async function begin(payloads: readonly PayloadTask[], options: WorldOptions = {}): Promise<AgentWorld> {
  world = new AgentWorld({ metadata: true, ...options });
  await world.start();
  for (const payload of payloads) world.plane.payload(payload);
  await world.settle();
  return world;
}

/** A variable of a container, as it was created. */
function variable(number: number, name: string, container = 'web'): string {
  const view = [...(world.agent?.supervisor?.tasks() ?? [])].find(({ plan }) => plan.arn === taskArn(number));
  const id = view?.model.containers.find((one) => one.name === container)?.dockerId ?? '';
  const env = world.engine.spec(nameOf(id))['Env'] as readonly string[];
  return env.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
}
const nameOf = (id: string): string => world.engine.containers().find((one) => one.id === id)?.name ?? '';
/** Where a container of a task asks from. */
function addressOf(number: number, container = 'web'): string {
  const found = world.engine
    .containers()
    .find(
      ({ labels }) =>
        labels['com.amazonaws.ecs.task-arn'] === taskArn(number) &&
        labels['com.amazonaws.ecs.container-name'] === container,
    );
  return found?.addresses?.[0] ?? 'none';
}
const credentialsOf = (number: number): string => `/v2/credentials/credentials-${number}`;
const told = ({ status, body }: MetadataAnswer): readonly [number, unknown] => [status, body];

describe('credentials', () => {
  test('are those of the last payload or push', async () => {
    const { plane, metadata } = await begin([withRole(1)]);
    const first = await metadata.ask(credentialsOf(1), addressOf(1));
    assert.deepEqual(told(first), [
      200,
      {
        RoleArn: ROLE,
        AccessKeyId: 'ASIA1',
        SecretAccessKey: 'secret 1',
        Token: 'token',
        Expiration: '2026-01-01T06:00:00Z',
      },
    ]);
    const message = { messageId: 'm', taskArn: taskArn(1), roleType: 'TaskApplication' };
    plane.send('acs', {
      type: 'IAMRoleCredentialsMessage',
      message: { ...message, roleCredentials: given(1, 'newer') },
    });
    await world.settle();
    const { body } = await metadata.ask('/v1/credentials?id=credentials-1', addressOf(1));
    assert.equal((body as { SecretAccessKey: string }).SecretAccessKey, 'newer 1');
  });

  test('have the errors of the stock agent', async () => {
    const { metadata } = await begin([withRole(1)]);
    const code = async (url: string) => (await metadata.ask(url, addressOf(1))) as { status: number; body: unknown };
    assert.deepEqual(await code('/v2/credentials/'), {
      status: 400,
      body: { code: 'NoIdInRequest', message: 'CredentialsV2Request: No ID in the request', HTTPErrorCode: 400 },
    });
    assert.deepEqual(told((await code('/v2/credentials/other')) as MetadataAnswer), [
      400,
      { code: 'InvalidIdInRequest', message: 'CredentialsV2Request: Credentials not found', HTTPErrorCode: 400 },
    ]);
  });

  test('are not there yet after a restart, under ids that are the same', async () => {
    await begin([withRole(1)]);
    const uri = variable(1, 'ECS_CONTAINER_METADATA_URI_V4');
    assert.equal(variable(1, 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'), credentialsOf(1));
    await world.kill();
    world.plane.giveUp();
    await world.start();
    const { status, body } = await world.metadata.ask(credentialsOf(1), addressOf(1));
    assert.equal(status, 503);
    assert.equal((body as { code: string }).code, 'CredentialsUninitialized');
    assert.equal((await world.metadata.ask(uri, addressOf(1))).status, 200);
    world.plane.send('acs', {
      type: 'IAMRoleCredentialsMessage',
      message: { messageId: 'm', taskArn: taskArn(1), roleType: 'TaskApplication', roleCredentials: given(1) },
    });
    await world.settle();
    assert.equal((await world.metadata.ask(credentialsOf(1), addressOf(1))).status, 200);
  });

  test('end with the task', async () => {
    const { plane, metadata } = await begin([withRole(1, awsvpc('10.0.0.7'))]);
    assert.equal((await metadata.ask(credentialsOf(1), '10.0.0.7')).status, 200);
    plane.payload({ arn: taskArn(1), desiredStatus: 'STOPPED', containers: [] });
    await world.clock.turn(60_000);
    assert.equal((await metadata.ask(credentialsOf(1), '10.0.0.7')).status, 400);
  });
});

test('an id counts from where its task is, and from nowhere else', async () => {
  const { metadata } = await begin([
    withRole(1),
    withRole(2),
    withRole(3, awsvpc('10.0.0.3')),
    withRole(4, awsvpc('10.0.0.4')),
    withRole(5, { networkMode: 'host' }),
    withRole(6, { networkMode: 'none' }),
  ]);
  const places = [addressOf(1), addressOf(2), '10.0.0.3', '10.0.0.4', 'host', '127.0.0.1', ''];
  const homes = [...places.slice(0, 5), undefined];
  for (const [index, home] of homes.entries()) {
    const number = index + 1;
    for (const place of places) {
      const isHome = place === home;
      assert.equal((await metadata.ask(credentialsOf(number), place)).status, isHome ? 200 : 400, `${number} ${place}`);
      if (number === 6) continue;
      const uri = variable(number, 'ECS_CONTAINER_METADATA_URI_V4');
      assert.equal((await metadata.ask(`${uri}/task`, place)).status, isHome ? 200 : 404, `${number} ${place}`);
    }
  }
});

test('an address that the engine gave to another container is no proof any more', async () => {
  const images = { 'app:1': {}, 'again:1': { exit: { code: 1, afterMs: 5_000 } } };
  const restarts = { enabled: true, ignoredExitCodes: [], restartAttemptPeriod: 1 };
  const again = aTask(1, [aContainer('web', { image: 'again:1', restartPolicy: restarts })], {
    roleCredentials: given(1),
  });
  const { metadata, clock } = await begin([again], { images });
  const before = addressOf(1);
  assert.equal((await metadata.ask(credentialsOf(1), before)).status, 200);
  await clock.turn(6_000);
  await world.settle();
  const now = addressOf(1);
  assert.notEqual(now, before);
  assert.equal((await metadata.ask(credentialsOf(1), now)).status, 200);
  assert.equal((await metadata.ask(credentialsOf(1), before)).status, 400);
});

describe('metadata', () => {
  test('of a container and its task, as the stock agent shows them', async () => {
    const container = aContainer('web', {
      portMappings: [{ containerPort: 80, hostPort: 8080, protocol: 'tcp' }],
      hostConfig: { LogConfig: { Type: 'json-file', Config: { 'max-size': '1m' } } },
    });
    const { metadata } = await begin([aTask(1, [container], { serviceName: 'shop', cpu: 0.25, memory: 128 })]);
    const uri = variable(1, 'ECS_CONTAINER_METADATA_URI_V4');
    const { body: task } = await metadata.ask(`${uri}/task`, addressOf(1));
    const { Containers: [own] = [], ...rest } = task as { Containers?: Record<string, unknown>[] };
    assert.deepEqual(rest, {
      Cluster: 'default',
      TaskARN: taskArn(1),
      Family: 'web',
      Revision: '1',
      DesiredStatus: 'RUNNING',
      KnownStatus: 'RUNNING',
      Limits: { CPU: 0.25, Memory: 128 },
      AvailabilityZone: 'us-east-1a',
      LaunchType: 'EC2',
      ServiceName: 'shop',
      FaultInjectionEnabled: false,
    });
    assert.deepEqual((await metadata.ask(uri, addressOf(1))).body, own);
    const { Labels, DockerId, DockerName, ImageID, CreatedAt, StartedAt, ...shown } = own ?? {};
    assert.ok([DockerId, DockerName, ImageID, CreatedAt, StartedAt].every((text) => String(text).length > 10));
    assert.ok(!Object.keys(Labels as object).some((name) => name.startsWith('gantry.')));
    assert.deepEqual(shown, {
      Name: 'web',
      Image: 'app:1',
      Ports: [{ ContainerPort: 80, Protocol: 'tcp', HostPort: 8080, HostIp: '0.0.0.0' }],
      DesiredStatus: 'RUNNING',
      KnownStatus: 'RUNNING',
      Limits: { CPU: 10, Memory: 64 },
      Type: 'NORMAL',
      LogDriver: 'json-file',
      LogOptions: { 'max-size': '1m' },
      ContainerARN: 'arn:aws:ecs:us-east-1:000000000000:container/default/web',
      Networks: [{ NetworkMode: 'bridge', IPv4Addresses: [addressOf(1)] }],
    });
  });

  test('of awsvpc: by address in version 2, with the interface in version 4', async () => {
    const { metadata } = await begin([aTask(1, [aContainer('web')], awsvpc('10.0.0.7'))]);
    const uri = variable(1, 'ECS_CONTAINER_METADATA_URI_V4');
    const networks = async (url: string): Promise<unknown> =>
      ((await metadata.ask(url, '10.0.0.7')).body as { Networks: unknown[] }).Networks[0];
    assert.deepEqual(await networks(uri.replace('/v4/', '/v3/')), {
      NetworkMode: 'awsvpc',
      IPv4Addresses: ['10.0.0.7'],
    });
    assert.deepEqual(await networks(uri), {
      NetworkMode: 'awsvpc',
      IPv4Addresses: ['10.0.0.7'],
      AttachmentIndex: 0,
      MACAddress: '02:00:00:00:00:07',
      IPv4SubnetCIDRBlock: '10.0.0.0/24',
      PrivateDNSName: 'ip-10-0-0-7',
      SubnetGatewayIpv4Address: '10.0.0.1/24',
    });
    const { body } = await metadata.ask('/v2/metadata', '10.0.0.7');
    const { TaskARN, Containers } = body as { TaskARN: string; Containers: { DockerId: string }[] };
    assert.equal(TaskARN, taskArn(1));
    assert.equal((await metadata.ask(`/v2/metadata/${Containers[0]?.DockerId}`, '10.0.0.7')).status, 200);
    assert.equal((await metadata.ask('/v2/metadata', '10.0.0.8')).status, 400);
  });

  test('with tags of the task, and what went wrong', async () => {
    const { metadata, plane } = await begin([withRole(1)]);
    plane.answer = (operation, input) => {
      if (operation !== 'ListTagsForResource') return undefined;
      const { resourceArn } = input as { resourceArn: string };
      if (resourceArn === taskArn(1)) return { tags: [{ key: 'team', value: 'blue' }] };
      return new LinkError('AccessDeniedException', 'no', { status: 400 });
    };
    const uri = variable(1, 'ECS_CONTAINER_METADATA_URI_V4');
    const { body } = await metadata.ask(`${uri}/taskWithTags`, addressOf(1));
    const { TaskTags, ContainerInstanceTags, Errors } = body as Record<string, unknown>;
    assert.deepEqual(TaskTags, { team: 'blue' });
    assert.equal(ContainerInstanceTags, undefined);
    assert.equal((Errors as { ErrorField: string }[])[0]?.ErrorField, 'ContainerInstanceTags');
  });

  test('stats, with the sample before and the rate of the network', async () => {
    const { metadata, clock } = await begin([withRole(1)]);
    const uri = variable(1, 'ECS_CONTAINER_METADATA_URI_V4');
    const first = (await metadata.ask(`${uri}/stats`, addressOf(1))).body as Record<string, unknown>;
    assert.equal(first['network_rate_stats'], null);
    await clock.turn(2_000);
    const { body } = await metadata.ask(`${uri}/task/stats`, addressOf(1));
    const [second] = Object.values(body as Record<string, Record<string, unknown>>);
    assert.deepEqual(second?.['precpu_stats'], first['cpu_stats']);
    assert.deepEqual(second?.['network_rate_stats'], { rx_bytes_per_sec: 500, tx_bytes_per_sec: 250 });
  });

  test('40 requests a second, 60 at once', async () => {
    const { metadata, clock } = await begin([withRole(1)]);
    const burst = async (): Promise<number> => {
      let served = 0;
      for (let i = 0; i < 100; i += 1)
        if ((await metadata.ask(credentialsOf(1), '10.9.9.9')).status !== 429) served += 1;
      return served;
    };
    assert.equal(await burst(), 60);
    await clock.turn(500);
    assert.equal(await burst(), 20);
    assert.equal((await metadata.ask(credentialsOf(1), addressOf(1))).status, 200, 'another address');
  });

  test('what is not there is said', async () => {
    const { metadata } = await begin([withRole(1)]);
    for (const url of [
      '/',
      '/v4',
      '/v4/x/y',
      '/v3/x/task/y',
      '/v5/x',
      '/v2/other',
      '/api/x/fault/v1/network-latency/start',
    ])
      assert.equal((await metadata.ask(url, addressOf(1))).status, 404, url);
    assert.equal((await metadata.ask(credentialsOf(1), addressOf(1), 'POST')).status, 405);
  });
});

describe('task protection', () => {
  const state = (): string => `${variable(1, 'ECS_AGENT_URI')}/task-protection/v1/state`;

  test('is asked for and set with the credentials of the task role', async () => {
    const { metadata, plane } = await begin([withRole(1)]);
    const expirationDate = new Date(Date.UTC(2026, 0, 2));
    plane.answer = (operation, input) =>
      operation === 'UpdateTaskProtection' || operation === 'GetTaskProtection'
        ? {
            protectedTasks: [
              { taskArn: taskArn(1), protectionEnabled: 'expiresInMinutes' in (input as object), expirationDate },
            ],
          }
        : undefined;
    const put = JSON.stringify({ ProtectionEnabled: true, ExpiresInMinutes: 60 });
    const answer = await metadata.ask(state(), addressOf(1), 'PUT', put);
    assert.deepEqual(told(answer), [
      200,
      { protection: { ExpirationDate: '2026-01-02T00:00:00Z', ProtectionEnabled: true, TaskArn: taskArn(1) } },
    ]);
    assert.equal((await metadata.ask(state(), addressOf(1))).status, 200);
    const calls = plane.calls.filter(({ operation }) => operation.endsWith('TaskProtection'));
    assert.deepEqual(calls[0]?.input, {
      cluster: 'arn:aws:ecs:us-east-1:000000000000:cluster/default',
      tasks: [taskArn(1)],
      protectionEnabled: true,
      expiresInMinutes: 60,
    });
    assert.deepEqual(
      calls.map(({ credentials }) => credentials?.secretAccessKey),
      ['secret 1', 'secret 1'],
    );
  });

  test('refusals', async () => {
    const { metadata, plane } = await begin([withRole(1)]);
    const put = async (body: string): Promise<unknown> => {
      const { status, body: answer } = await metadata.ask(state(), addressOf(1), 'PUT', body);
      const { Code, Message } = (answer as { error: { Code: string; Message: string } }).error;
      return `${status} ${Code}: ${Message}`;
    };
    const invalid = '400 InvalidParameterException: ';
    assert.equal(await put('{}'), `${invalid}Invalid request: does not contain 'ProtectionEnabled' field`);
    assert.equal(
      await put('{"ProtectionEnabled":true,"Other":1}'),
      `${invalid}UpdateTaskProtection: failed to decode request: unknown field "Other"`,
    );
    for (const body of ['', '[]', '{"ProtectionEnabled":"yes"}', '{"ProtectionEnabled":true,"ExpiresInMinutes":"1"}'])
      assert.equal(await put(body), `${invalid}UpdateTaskProtection: failed to decode request`);
    plane.answer = () => new LinkError('AccessDeniedException', 'not this role', { status: 400 });
    assert.equal(await put('{"ProtectionEnabled":true}'), '400 AccessDeniedException: not this role');
    plane.answer = () => ({ failures: [{ arn: taskArn(1), reason: 'TASK_NOT_VALID' }] });
    assert.deepEqual((await metadata.ask(state(), addressOf(1))).body, {
      failure: { Arn: taskArn(1), Detail: null, Reason: 'TASK_NOT_VALID' },
    });
  });

  test('a task without a role has none', async () => {
    const { metadata } = await begin([aTask(1, [aContainer('web')])]);
    const { status, body } = await metadata.ask(state(), addressOf(1));
    assert.equal(status, 403);
    assert.match(JSON.stringify(body), /no task IAM role credentials available for task/);
  });
});

describe('what a container is told', () => {
  test('where to ask, its region, and where the API is; what its definition says itself stays', async () => {
    const said = { AWS_DEFAULT_REGION: 'eu-west-1', AWS_ENDPOINT_URL: 'http://mine' };
    await begin([
      aTask(1, [aContainer('web')]),
      aTask(2, [aContainer('web', { environment: said })]),
      aTask(3, [aContainer('web')], { networkMode: 'host' }),
      aTask(4, [aContainer('web')], { networkMode: 'none' }),
    ]);
    const all = (number: number) =>
      ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_ENDPOINT_URL', 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'].map((name) =>
        variable(number, name),
      );
    assert.deepEqual(all(1), ['us-east-1', 'us-east-1', 'http://169.254.170.2:4566', '']);
    assert.deepEqual(all(2), ['', 'eu-west-1', 'http://mine', '']);
    assert.deepEqual(all(3), ['us-east-1', 'us-east-1', 'http://127.0.0.1:4566', '']);
    assert.deepEqual(all(4), ['', '', '', '']);
    assert.match(variable(1, 'ECS_AGENT_URI'), /^http:\/\/169\.254\.170\.2\/api\/[0-9a-f-]{36}$/);
    assert.notEqual(variable(1, 'ECS_CONTAINER_METADATA_URI'), variable(2, 'ECS_CONTAINER_METADATA_URI'));
  });

  test('in bridge mode it gets a MAC address; elsewhere none', async () => {
    await begin([aTask(1, [aContainer('web')]), aTask(2, [aContainer('web')], { networkMode: 'host' })]);
    const specs = world.engine.containers().map(({ name }) => world.engine.spec(name));
    assert.deepEqual(
      specs.map((spec) => spec['MacAddress']),
      ['06:00 of web of 1', undefined],
    );
  });

  test('where nobody can be asked, a task with a role is refused, and others are told nothing', async () => {
    await begin([withRole(1), aTask(2, [aContainer('web')])], { metadata: false });
    assert.equal(world.plane.told(taskArn(1)).at(-1)?.split(' ')[0], 'STOPPED');
    assert.match(world.plane.reports[0]?.reason ?? '', /it has a task role, and containers cannot ask for credentials/);
    assert.equal(variable(2, 'ECS_CONTAINER_METADATA_URI_V4'), '');
    const { input } = world.plane.calls.find(({ operation }) => operation === 'RegisterContainerInstance') ?? {};
    assert.ok(!JSON.stringify(input).includes('task-iam-role'));
  });
});
