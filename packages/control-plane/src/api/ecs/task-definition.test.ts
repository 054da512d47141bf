import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anApi, refused, type ApiWorld } from './testing/world.ts';

const ARN = 'arn:aws:ecs:us-east-1:123456789012:task-definition/';
const register = (ecs: ApiWorld['ecs'], family: string, more: object = {}) =>
  ecs.RegisterTaskDefinition({ family, containerDefinitions: [{ name: 'app', image: 'x', memory: 8 }], ...more });

test('the echo has everything ECS fills in', async () => {
  const { ecs } = await anApi();
  const { taskDefinition, tags } = await ecs.RegisterTaskDefinition({
    family: 'echo',
    tags: [{ key: 'team', value: 'a' }],
    volumes: [{ name: 'scratch' }, { name: 'data', dockerVolumeConfiguration: {} }],
    containerDefinitions: [
      {
        name: 'app',
        image: 'x',
        memory: 8,
        portMappings: [{ containerPort: 80 }],
        healthCheck: { command: ['CMD-SHELL', 'true'] },
        logConfiguration: { logDriver: 'json-file' },
      },
    ],
  });
  assert.equal(taskDefinition?.taskDefinitionArn, `${ARN}echo:1`);
  assert.equal(taskDefinition?.status, 'ACTIVE');
  assert.equal(taskDefinition?.networkMode, 'bridge');
  assert.equal(taskDefinition?.requiresCompatibilities, undefined);
  assert.deepEqual(taskDefinition?.compatibilities, ['EXTERNAL', 'EC2']);
  assert.deepEqual(taskDefinition?.placementConstraints, []);
  assert.deepEqual(taskDefinition?.volumes, [
    { name: 'scratch', host: {} },
    { name: 'data', dockerVolumeConfiguration: { scope: 'task' } },
  ]);
  assert.deepEqual(taskDefinition?.containerDefinitions?.[0], {
    name: 'app',
    image: 'x',
    memory: 8,
    cpu: 0,
    essential: true,
    portMappings: [{ containerPort: 80, hostPort: 0, protocol: 'tcp' }],
    environment: [],
    mountPoints: [],
    volumesFrom: [],
    systemControls: [],
    logConfiguration: { logDriver: 'json-file' },
    healthCheck: { command: ['CMD-SHELL', 'true'], interval: 30, timeout: 5, retries: 3 },
  });
  assert.deepEqual(
    taskDefinition?.requiresAttributes?.map(({ name }) => name),
    [
      'com.amazonaws.ecs.capability.docker-remote-api.1.19',
      'com.amazonaws.ecs.capability.docker-remote-api.1.21',
      'com.amazonaws.ecs.capability.docker-remote-api.1.24',
      'com.amazonaws.ecs.capability.logging-driver.json-file',
      'ecs.capability.container-health-check',
    ],
  );
  assert.ok(taskDefinition?.registeredAt instanceof Date);
  assert.deepEqual(tags, [{ key: 'team', value: 'a' }]);
});

test('awsvpc: sizes as text, host ports like container ports, Fargate among the compatibilities', async () => {
  const { ecs } = await anApi();
  const { taskDefinition } = await register(ecs, 'far', {
    networkMode: 'awsvpc',
    cpu: '.25 vCPU',
    memory: '0.5GB',
    containerDefinitions: [{ name: 'app', image: 'x', portMappings: [{ containerPort: 80 }] }],
  });
  assert.deepEqual([taskDefinition?.cpu, taskDefinition?.memory], ['256', '512']);
  assert.deepEqual(taskDefinition?.compatibilities, ['EC2', 'FARGATE', 'MANAGED_INSTANCES']);
  assert.deepEqual(taskDefinition?.containerDefinitions?.[0]?.portMappings, [
    { containerPort: 80, hostPort: 80, protocol: 'tcp' },
  ]);
  const names = taskDefinition?.requiresAttributes?.map(({ name }) => name);
  assert.deepEqual(names, ['com.amazonaws.ecs.capability.docker-remote-api.1.18', 'ecs.capability.task-eni']);
  assert.equal(taskDefinition?.enableFaultInjection, false);
});

test('revisions count up and are never given out again', async () => {
  const { ecs, run } = await anApi();
  for (const revision of [1, 2]) assert.equal((await register(ecs, 'a')).taskDefinition?.revision, revision);
  await ecs.DeregisterTaskDefinition({ taskDefinition: 'a:2' });
  await ecs.DeleteTaskDefinitions({ taskDefinitions: ['a:2'] });
  await run((tx) => tx.delete(tx.tables.taskDefinitions, '123456789012/us-east-1/a:2'));
  assert.equal((await register(ecs, 'a')).taskDefinition?.revision, 3);
});

test('describe: family, revision, ARN; tags beside it when asked for', async () => {
  const { ecs, stranger } = await anApi();
  await register(ecs, 'a', { tags: [{ key: 'k', value: 'v' }] });
  await register(ecs, 'a');
  await ecs.DeregisterTaskDefinition({ taskDefinition: 'a:2' });
  const revision = async (taskDefinition: string) =>
    (await ecs.DescribeTaskDefinition({ taskDefinition })).taskDefinition?.revision;
  assert.deepEqual([await revision('a'), await revision('a:2'), await revision(`${ARN}a:1`)], [1, 2, 1]);
  const { tags } = await ecs.DescribeTaskDefinition({ taskDefinition: 'a', include: ['TAGS'] });
  assert.deepEqual(tags, [{ key: 'k', value: 'v' }]);
  const unknown = 'Unable to describe task definition.';
  await refused(ecs.DescribeTaskDefinition({ taskDefinition: 'nope' }), 'ClientException', unknown);
  await refused(ecs.DescribeTaskDefinition({ taskDefinition: 'a:9' }), 'ClientException', unknown);
  await refused(stranger.DescribeTaskDefinition({ taskDefinition: `${ARN}a:1` }), 'ClientException', unknown);
  await refused(
    ecs.DescribeTaskDefinition({ taskDefinition: 'a:x' }),
    'ClientException',
    'Invalid revision number. Number: x',
  );
  await refused(ecs.DeregisterTaskDefinition({ taskDefinition: 'a' }), 'ClientException', 'Revision is missing.');
});

test('from ACTIVE to INACTIVE to DELETE_IN_PROGRESS, with ECS’s failures', async () => {
  const { ecs } = await anApi();
  await register(ecs, 'a');
  await register(ecs, 'a');
  const inactive = await ecs.DeregisterTaskDefinition({ taskDefinition: 'a:1' });
  assert.equal(inactive.taskDefinition?.status, 'INACTIVE');
  assert.ok(inactive.taskDefinition?.deregisteredAt instanceof Date);
  await refused(ecs.RunTask({ taskDefinition: 'a:1' }), 'ClientException', 'TaskDefinition is inactive');
  const { taskDefinitions, failures } = await ecs.DeleteTaskDefinitions({
    taskDefinitions: ['a:1', 'a:2', 'a:7', 'a'],
  });
  assert.deepEqual(
    taskDefinitions?.map(({ status }) => status),
    ['DELETE_IN_PROGRESS'],
  );
  assert.deepEqual(
    failures?.map(({ reason }) => reason?.slice(0, 54)),
    [
      'The specified task definition is still in ACTIVE statu',
      'The specified task definition does not exist. Specify ',
      'The specified task definition identifier is invalid. S',
    ],
  );
  const eleven = Array.from({ length: 11 }, (_, n) => `a:${n + 1}`);
  await refused(
    ecs.DeleteTaskDefinitions({ taskDefinitions: eleven }),
    'InvalidParameterException',
    'Size of TaskDefinition references list cannot exceed 10',
  );
});

async function allPages(ecs: ApiWorld['ecs'], input: object, maxResults: number): Promise<string[]> {
  const all: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await ecs.ListTaskDefinitions({ ...input, maxResults, nextToken });
    all.push(...(page.taskDefinitionArns ?? []));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return all.map((arn) => arn.slice(ARN.length));
}

test('lists: families in letter order, revisions in number order, both ways, page by page', async () => {
  const { ecs } = await anApi();
  await ecs.DeregisterTaskDefinition({ taskDefinition: 'web:1' });
  for (const family of ['b', 'a', 'a-1', 'a_1', 'A']) await register(ecs, family);
  for (let n = 0; n < 11; n += 1) await register(ecs, 'a');
  const revisions = Array.from({ length: 12 }, (_, n) => `a:${n + 1}`);
  const ascending = ['A:1', ...revisions, 'a-1:1', 'a_1:1', 'b:1'];
  for (const size of [1, 3, 100]) {
    assert.deepEqual(await allPages(ecs, {}, size), ascending);
    assert.deepEqual(await allPages(ecs, { sort: 'DESC' }, size), [...ascending].reverse());
    assert.deepEqual(await allPages(ecs, { familyPrefix: 'a' }, size), revisions);
  }
  assert.deepEqual(await allPages(ecs, { status: 'INACTIVE' }, 2), ['web:1']);
  await refused(ecs.ListTaskDefinitions({ nextToken: 'x' }), 'InvalidParameterException', 'Invalid token');
  await refused(ecs.ListTaskDefinitions({ maxResults: 101 }), 'InvalidParameterException', 'between 1 and 100');
});

test('families: a real prefix; ACTIVE, INACTIVE and all', async () => {
  const { ecs } = await anApi();
  for (const family of ['api', 'app', 'job']) await register(ecs, family);
  await ecs.DeregisterTaskDefinition({ taskDefinition: 'app:1' });
  const families = async (input: object) => (await ecs.ListTaskDefinitionFamilies(input)).families;
  assert.deepEqual(await families({ familyPrefix: 'ap' }), ['api', 'app']);
  assert.deepEqual(await families({ status: 'ACTIVE' }), ['api', 'job', 'web']);
  assert.deepEqual(await families({ status: 'INACTIVE' }), ['app']);
  const first = await ecs.ListTaskDefinitionFamilies({ maxResults: 3 });
  assert.deepEqual(first.families, ['api', 'app', 'job']);
  const second = await ecs.ListTaskDefinitionFamilies({ maxResults: 3, nextToken: first.nextToken });
  assert.deepEqual([second.families, second.nextToken], [['web'], undefined]);
});
