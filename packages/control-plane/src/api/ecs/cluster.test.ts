import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aTask, SCOPE } from '../../controllers/testing/builders.ts';
import { numbered, putTask } from '../../controllers/testing/world.ts';
import { MAX_CLUSTERS } from './cluster.ts';
import { newCluster } from './cluster/create.ts';
import { keyOfCluster } from './common/clusters.ts';
import { anApi, refused } from './testing/world.ts';

const ARN = 'arn:aws:ecs:us-east-1:123456789012:cluster/';

test('a first start has the cluster default with both Fargate providers, and the pool is nobody’s', async () => {
  const { ecs } = await anApi();
  assert.deepEqual(await ecs.ListClusters({}), { clusterArns: [`${ARN}default`], nextToken: undefined });
  const { clusters, failures } = await ecs.DescribeClusters({ clusters: ['default', 'gantry-fargate-pool'] });
  assert.deepEqual(clusters?.[0]?.capacityProviders, ['FARGATE', 'FARGATE_SPOT']);
  assert.deepEqual(failures, [{ arn: `${ARN}gantry-fargate-pool`, reason: 'MISSING' }]);
});

test('CreateCluster makes a cluster once, and again after it was deleted', async () => {
  const { ecs } = await anApi();
  const first = await ecs.CreateCluster({ clusterName: 'web', tags: [{ key: 'a', value: 'b' }] });
  assert.equal(first.cluster?.clusterArn, `${ARN}web`);
  assert.equal(first.cluster?.status, 'ACTIVE');
  assert.deepEqual(first.cluster?.settings, [{ name: 'containerInsights', value: 'disabled' }]);
  assert.deepEqual(await ecs.CreateCluster({ clusterName: 'web' }), first);
  assert.equal((await ecs.DeleteCluster({ cluster: 'web' })).cluster?.status, 'INACTIVE');
  assert.equal((await ecs.DescribeClusters({ clusters: ['web'] })).clusters?.[0]?.status, 'INACTIVE');
  await refused(
    ecs.RunTask({ cluster: 'web', taskDefinition: 'web' }),
    'ClusterNotFoundException',
    'The referenced cluster was inactive.',
  );
  const again = await ecs.CreateCluster({ clusterName: 'web' });
  assert.deepEqual([again.cluster?.status, again.cluster?.tags], ['ACTIVE', []]);
});

test('CreateCluster without a name is default', async () => {
  const { ecs } = await anApi();
  assert.equal((await ecs.CreateCluster({})).cluster?.clusterName, 'default');
});

test('what CreateCluster refuses', async () => {
  const { ecs } = await anApi();
  const cases: readonly [Parameters<typeof ecs.CreateCluster>[0], string][] = [
    [{ clusterName: 'with space' }, 'letters (uppercase and lowercase)'],
    [{ clusterName: 'x'.repeat(256) }, 'up to 255'],
    [{ clusterName: 'gantry-fargate-pool' }, 'reserved'],
    [{ settings: [{ name: 'containerInsights', value: 'maybe' }] }, "Invalid value 'maybe'"],
    [{ capacityProviders: ['mine'] }, "The specified capacity provider 'mine' was not found"],
    [{ capacityProviders: ['FARGATE', 'FARGATE'] }, 'duplicates'],
    [
      { defaultCapacityProviderStrategy: [{ capacityProvider: 'FARGATE', weight: 1 }] },
      'not associated with the cluster',
    ],
    [{ serviceConnectDefaults: { namespace: 'x' } }, 'Service Connect'],
    [{ configuration: { managedStorageConfiguration: {} } }, 'managedStorageConfiguration'],
    [{ configuration: { executeCommandConfiguration: { logging: 'OVERRIDE' } } }, 'logConfiguration'],
    [{ tags: [{ key: 'aws:x', value: '' }] }, 'reserved'],
    [{ tags: [{ key: 'a' }, { key: 'a' }] }, 'Duplicate tag keys'],
  ];
  for (const [input, text] of cases) await refused(ecs.CreateCluster(input), 'InvalidParameterException', text);
});

test('the rules of a strategy', async () => {
  const { ecs } = await anApi();
  const put = (defaultCapacityProviderStrategy: { capacityProvider: string; base?: number; weight?: number }[]) =>
    ecs.PutClusterCapacityProviders({
      cluster: 'default',
      capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
      defaultCapacityProviderStrategy,
    });
  const both = (a: object, b: object): Parameters<typeof put>[0] => [
    { capacityProvider: 'FARGATE', ...a },
    { capacityProvider: 'FARGATE_SPOT', ...b },
  ];
  const wrong: readonly [Parameters<typeof put>[0], string][] = [
    [both({ base: 1, weight: 1 }, { base: 1, weight: 1 }), 'Only one capacity provider'],
    [both({}, {}), 'must have a weight above 0'],
    [both({ weight: 1001 }, {}), 'weight must be between'],
    [both({ base: 100_001, weight: 1 }, {}), 'base must be between'],
    [
      [
        { capacityProvider: 'FARGATE', weight: 1 },
        { capacityProvider: 'FARGATE', weight: 1 },
      ],
      'each capacity provider once',
    ],
  ];
  for (const [strategy, text] of wrong) await refused(put(strategy), 'InvalidParameterException', text);
  const { cluster } = await put(both({ base: 1, weight: 1 }, { weight: 4 }));
  assert.deepEqual(cluster?.defaultCapacityProviderStrategy, [
    { capacityProvider: 'FARGATE', base: 1, weight: 1 },
    { capacityProvider: 'FARGATE_SPOT', base: 0, weight: 4 },
  ]);
});

test('a provider in use stays', async () => {
  const { ecs, run } = await anApi();
  await run((tx) => putTask(tx, aTask({ launchType: 'FARGATE', capacityProviderName: 'FARGATE_SPOT' })));
  const call = ecs.PutClusterCapacityProviders({
    cluster: 'default',
    capacityProviders: ['FARGATE'],
    defaultCapacityProviderStrategy: [],
  });
  await refused(call, 'ResourceInUseException', 'FARGATE_SPOT');
});

test('counters come with the tasks and go with them', async () => {
  const { ecs, run } = await anApi();
  const put = (n: number, more: Parameters<typeof aTask>[0]) =>
    run((tx) => putTask(tx, aTask({ id: numbered(n), ...more })));
  await put(1, { lastStatus: 'RUNNING' });
  await put(2, { lastStatus: 'PENDING' });
  await put(3, { lastStatus: 'PROVISIONING', launchType: 'FARGATE' });
  await put(4, { lastStatus: 'STOPPED', desiredStatus: 'STOPPED' });
  const describe = async () => (await ecs.DescribeClusters({ include: ['STATISTICS'] })).clusters?.[0];
  const cluster = await describe();
  assert.deepEqual([cluster?.runningTasksCount, cluster?.pendingTasksCount], [1, 2]);
  const statistics = new Map(cluster?.statistics?.map(({ name, value }) => [name, value]));
  assert.equal(statistics.get('runningEC2TasksCount'), '1');
  assert.equal(statistics.get('pendingFargateTasksCount'), '1');
  await put(1, { lastStatus: 'STOPPED', desiredStatus: 'STOPPED' });
  assert.equal((await describe())?.runningTasksCount, 0);
});

test('a cluster is only deleted when nothing is in it', async () => {
  const { ecs, run, addInstance } = await anApi();
  const key = await addInstance(1);
  await refused(
    ecs.DeleteCluster({ cluster: 'default' }),
    'ClusterContainsContainerInstancesException',
    'Container Instances',
  );
  await run((tx) => tx.delete(tx.tables.instances, key));
  await run((tx) => putTask(tx, aTask()));
  await refused(ecs.DeleteCluster({ cluster: `${ARN}default` }), 'ClusterContainsTasksException', 'Tasks');
});

test('include decides what is shown; unknown and foreign clusters are MISSING or not found', async () => {
  const { ecs, stranger } = await anApi();
  await ecs.UpdateClusterSettings({ cluster: 'default', settings: [{ name: 'containerInsights', value: 'enhanced' }] });
  const bare = (await ecs.DescribeClusters({})).clusters?.[0];
  assert.deepEqual([bare?.settings, bare?.tags, bare?.statistics, bare?.configuration], [[], [], [], undefined]);
  const full = (await ecs.DescribeClusters({ include: ['SETTINGS'] })).clusters?.[0];
  assert.deepEqual(full?.settings, [{ name: 'containerInsights', value: 'enhanced' }]);
  const foreign = 'arn:aws:ecs:us-east-1:999999999999:cluster/default';
  const { failures } = await ecs.DescribeClusters({ clusters: [foreign, 'nope'] });
  assert.deepEqual(failures, [
    { arn: foreign, reason: 'MISSING' },
    { arn: `${ARN}nope`, reason: 'MISSING' },
  ]);
  await refused(ecs.DescribeClusters({ clusters: [''] }), 'InvalidParameterException', 'Clusters can not be blank.');
  const odd = ecs.ListTasks({ cluster: 'my cluster' });
  await refused(odd, 'InvalidParameterException', 'Cluster must match ^[a-zA-Z0-9\\-_]{1,255}$, but was my cluster');
  const many = Array.from({ length: 101 }, (_, n) => `c${n}`);
  await refused(ecs.DescribeClusters({ clusters: many }), 'InvalidParameterException', 'At most 100 clusters');
  await refused(ecs.ListTasks({ cluster: foreign }), 'ClusterNotFoundException', 'Cluster not found.');
  await refused(ecs.UpdateCluster({ cluster: 'nope' }), 'ClusterNotFoundException', 'Cluster not found.');
  assert.deepEqual((await stranger.ListClusters({})).clusterArns, []);
});

test('capacity providers: both are there, a cluster shows its own', async () => {
  const { ecs } = await anApi();
  await ecs.CreateCluster({ clusterName: 'bare' });
  const names = async (input: Parameters<typeof ecs.DescribeCapacityProviders>[0]) =>
    (await ecs.DescribeCapacityProviders(input)).capacityProviders?.map((provider) => provider.name);
  assert.deepEqual(await names({}), ['FARGATE', 'FARGATE_SPOT']);
  assert.deepEqual(await names({ cluster: 'bare' }), []);
  const { failures } = await ecs.DescribeCapacityProviders({ capacityProviders: ['FARGATE', 'mine'] });
  assert.deepEqual(failures, [{ arn: 'arn:aws:ecs:us-east-1:123456789012:capacity-provider/mine', reason: 'MISSING' }]);
});

test('there is a most of clusters; deleted ones do not count, and what is there is given all the same', async () => {
  const { ecs, run } = await anApi();
  await run((tx) => {
    for (let n = 1; n < MAX_CLUSTERS; n += 1) {
      const cluster = newCluster({ scope: SCOPE, clusterName: `c${n}`, now: tx.now });
      tx.put(tx.tables.clusters, keyOfCluster(SCOPE, cluster.clusterName), cluster);
    }
  });
  const one = ecs.CreateCluster({ clusterName: 'one-more' });
  await refused(one, 'ClientException', 'The maximum number of clusters (10000) is reached');
  assert.equal((await ecs.CreateCluster({ clusterName: 'c1' })).cluster?.status, 'ACTIVE');
  await ecs.DeleteCluster({ cluster: 'c1' });
  assert.equal((await ecs.CreateCluster({ clusterName: 'one-more' })).cluster?.status, 'ACTIVE');
});
