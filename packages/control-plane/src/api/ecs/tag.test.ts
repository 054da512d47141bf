import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SettingName } from '@aws-sdk/client-ecs';
import { aTask } from '../../controllers/testing/builders.ts';
import { numbered, putTask } from '../../controllers/testing/world.ts';
import { mergeTags, taskTags } from './common/tags.ts';
import { ADMINISTRATOR, anApi, refused } from './testing/world.ts';

const ARN = 'arn:aws:ecs:us-east-1:123456789012:';
const INVALID = 'InvalidParameterException';

test('every kind of resource can be tagged, asked and untagged', async () => {
  const { ecs, run, addInstance } = await anApi();
  await addInstance(1);
  await ecs.CreateService({ serviceName: 'shop', taskDefinition: 'web', desiredCount: 0 });
  await run((tx) => putTask(tx, aTask({ id: numbered(1) })));
  const resources = [
    'cluster/default',
    'service/default/shop',
    `task/default/${numbered(1)}`,
    `container-instance/default/${numbered(1)}`,
    'task-definition/web:1',
  ];
  for (const resource of resources) {
    const resourceArn = `${ARN}${resource}`;
    await ecs.TagResource({ resourceArn, tags: [{ key: 'a', value: '1' }, { key: 'b' }] });
    await ecs.TagResource({ resourceArn, tags: [{ key: 'a', value: '2' }] });
    assert.deepEqual((await ecs.ListTagsForResource({ resourceArn })).tags, [
      { key: 'a', value: '2' },
      { key: 'b', value: '' },
    ]);
    await ecs.UntagResource({ resourceArn, tagKeys: ['a', 'nope'] });
    assert.deepEqual((await ecs.ListTagsForResource({ resourceArn })).tags, [{ key: 'b', value: '' }]);
  }
});

test('what is refused', async () => {
  const { ecs, stranger } = await anApi();
  const tag = (resourceArn: string, key = 'a') => ecs.TagResource({ resourceArn, tags: [{ key, value: '' }] });
  await refused(tag('default'), INVALID, 'Invalid resource ARN');
  await refused(tag(`${ARN}service/shop`), INVALID, 'short format');
  await refused(tag(`${ARN}capacity-provider/FARGATE`), INVALID, 'can not be tagged');
  await refused(tag(`${ARN}service/default/nope`), 'ResourceNotFoundException', 'was not found');
  await refused(tag(`${ARN}cluster/nope`), 'ClusterNotFoundException', 'Cluster not found.');
  await refused(tag(`${ARN}cluster/default`, 'aws:x'), INVALID, 'reserved');
  await refused(tag(`${ARN}cluster/default`, 'x'.repeat(129)), INVALID, 'Invalid tag key');
  const foreign = stranger.ListTagsForResource({ resourceArn: `${ARN}cluster/default` });
  await refused(foreign, 'ClusterNotFoundException', 'Cluster not found.');
  const many = Array.from({ length: 51 }, (_, n) => ({ key: `k${n}`, value: '' }));
  const resourceArn = `${ARN}cluster/default`;
  await refused(ecs.TagResource({ resourceArn, tags: many }), INVALID, 'maximum number of tags');
  await ecs.TagResource({ resourceArn, tags: many.slice(0, 50) });
  await refused(ecs.TagResource({ resourceArn, tags: many.slice(50) }), 'LimitExceededException', 'maximum number');
  await ecs.TagResource({ resourceArn, tags: many.slice(49, 50) });
  const unknown = `${ARN}task-definition/web:99`;
  await refused(ecs.UntagResource({ resourceArn: unknown, tagKeys: ['a'] }), 'ResourceNotFoundException', 'not found');
  await refused(ecs.ListTagsForResource({ resourceArn: unknown }), INVALID, 'not found');
  await ecs.CreateCluster({ clusterName: 'gone' });
  await ecs.DeleteCluster({ cluster: 'gone' });
  await refused(tag(`${ARN}cluster/gone`), INVALID, 'The specified cluster is inactive. Specify an active cluster');
});

test('fifty of the user’s own, and ECS’s beside them', () => {
  const fifty = Array.from({ length: 50 }, (_, n) => ({ key: `k${n}`, value: '' }));
  const tags = taskTags({ explicit: fifty, propagated: [], managed: true, cluster: 'c', serviceName: 's' });
  assert.deepEqual(tags.slice(50), [
    { key: 'aws:ecs:clusterName', value: 'c' },
    { key: 'aws:ecs:serviceName', value: 's' },
  ]);
  assert.throws(() => mergeTags(fifty, [{ key: 'one-more', value: '' }]), /maximum number of tags/);
});

test('account settings: own, then the account’s, then ECS’s', async () => {
  const { ecs } = await anApi();
  const effective = async (name: 'containerInsights') =>
    (await ecs.ListAccountSettings({ name, effectiveSettings: true })).settings?.[0];
  assert.equal((await effective('containerInsights'))?.value, 'disabled');
  await ecs.PutAccountSettingDefault({ name: 'containerInsights', value: 'enabled' });
  assert.deepEqual(await effective('containerInsights'), {
    name: 'containerInsights',
    value: 'enabled',
    principalArn: 'arn:aws:iam::123456789012:root',
    type: 'user',
  });
  const { setting } = await ecs.PutAccountSetting({ name: 'containerInsights', value: 'enhanced' });
  assert.deepEqual([setting?.value, setting?.principalArn], ['enhanced', ADMINISTRATOR]);
  assert.equal((await effective('containerInsights'))?.value, 'enhanced');
  const { cluster } = await ecs.CreateCluster({ clusterName: 'insight' });
  assert.deepEqual(cluster?.settings, [{ name: 'containerInsights', value: 'enhanced' }]);
  assert.equal((await ecs.ListAccountSettings({})).settings?.length, 1);
  await ecs.DeleteAccountSetting({ name: 'containerInsights' });
  assert.equal((await effective('containerInsights'))?.value, 'enabled');
});

test('account settings: the root user’s are the account’s, a session’s its role’s, and long ARNs are there to stay', async () => {
  const { ecs, as } = await anApi();
  const root = as(`arn:aws:iam::123456789012:root`);
  const role = 'arn:aws:iam::123456789012:role/ci';
  const session = (name: string) => as(`arn:aws:sts::123456789012:assumed-role/ci/${name}`);
  const effective = async (who: typeof ecs, name: SettingName) =>
    (await who.ListAccountSettings({ name, effectiveSettings: true })).settings?.[0];
  await root.PutAccountSetting({ name: 'containerInsights', value: 'enabled' });
  assert.equal((await effective(ecs, 'containerInsights'))?.value, 'enabled');
  const { setting } = await session('one').PutAccountSetting({ name: 'containerInsights', value: 'enhanced' });
  assert.equal(setting?.principalArn, role);
  assert.equal((await effective(session('two'), 'containerInsights'))?.value, 'enhanced');
  assert.equal((await ecs.ListAccountSettings({ principalArn: role })).settings?.[0]?.value, 'enhanced');
  await ecs.PutAccountSetting({ name: 'taskLongArnFormat', value: 'disabled' });
  assert.equal((await effective(ecs, 'taskLongArnFormat'))?.value, 'enabled');
  await root.DeleteAccountSetting({ name: 'containerInsights' });
  assert.equal((await effective(ecs, 'containerInsights'))?.value, 'disabled');
});

test('account settings: pages of ten, and what is refused', async () => {
  const { ecs } = await anApi();
  const first = await ecs.ListAccountSettings({ effectiveSettings: true });
  assert.equal(first.settings?.length, 10);
  const second = await ecs.ListAccountSettings({ effectiveSettings: true, nextToken: first.nextToken });
  assert.deepEqual([second.settings?.length, second.nextToken], [2, undefined]);
  const put = (name: string, value: string) => ecs.PutAccountSetting({ name: name as 'awsvpcTrunking', value });
  await refused(put('nope', 'on'), INVALID, 'unknown should be one of [serviceLongArnFormat');
  await refused(put('constructor', 'on'), INVALID, 'unknown should be one of');
  await refused(put('awsvpcTrunking', 'maybe'), INVALID, "Invalid value 'maybe'");
  await refused(put('guardDutyActivate', 'on'), INVALID, 'can not be changed');
  await refused(ecs.ListAccountSettings({ value: 'on' }), INVALID, 'needs the name');
  const foreign = ecs.PutAccountSetting({
    name: 'awsvpcTrunking',
    value: 'enabled',
    principalArn: 'arn:aws:iam::999999999999:root',
  });
  await refused(foreign, INVALID, 'Invalid principalArn');
});

const OK = undefined;
const TAG_RULES: readonly (readonly [
  what: string,
  tags: readonly { key?: string; value?: string }[],
  refusal: string | undefined,
])[] = [
  ['a key of 128 characters', [{ key: 'k'.repeat(128), value: '' }], OK],
  ['a key of 129', [{ key: 'k'.repeat(129), value: '' }], 'Invalid tag key'],
  ['an empty key', [{ key: '', value: '' }], 'Invalid tag key'],
  ['no key', [{ value: '' }], 'Invalid tag key'],
  ['a value of 256 characters', [{ key: 'k', value: 'v'.repeat(256) }], OK],
  ['a value of 257', [{ key: 'k', value: 'v'.repeat(257) }], 'Invalid value of tag'],
  ['no value', [{ key: 'k' }], OK],
  ['every sign that is allowed', [{ key: 'Ä b_.:/=+-@9', value: 'Ä b_.:/=+-@9' }], OK],
  ['another sign in a key', [{ key: 'a!', value: '' }], 'Invalid tag key'],
  ['another sign in a value', [{ key: 'a', value: '<b>' }], 'Invalid value of tag'],
  ['a reserved key', [{ key: 'aws:ecs:clusterName', value: '' }], 'reserved'],
  ['a reserved key in capitals', [{ key: 'AWS:x', value: '' }], 'reserved'],
  ['aws in the middle', [{ key: 'my-aws:x', value: '' }], OK],
  ['a key twice', [{ key: 'a' }, { key: 'a' }], 'Duplicate tag keys'],
  ['a key in two cases', [{ key: 'a' }, { key: 'A' }], OK],
];

for (const [what, tags, refusal] of TAG_RULES) {
  test(`tags: ${what} ${refusal === undefined ? 'is taken' : 'is refused'}, on a new thing and on an old one`, async () => {
    const { ecs } = await anApi();
    const list = tags as { key: string; value: string }[];
    const calls = [
      () => ecs.CreateCluster({ clusterName: 'new', tags: list }),
      () => ecs.TagResource({ resourceArn: `${ARN}cluster/default`, tags: list }),
    ];
    for (const call of calls) {
      if (refusal === undefined) await call();
      else await refused(call(), INVALID, refusal);
    }
  });
}

test('tags of a task: its own over the definition’s, ECS’s own when asked for, none without asking', async () => {
  const { ecs, addInstance } = await anApi();
  await addInstance(1);
  await ecs.TagResource({
    resourceArn: `${ARN}task-definition/web:1`,
    tags: [
      { key: 'team', value: 'definition' },
      { key: 'tier', value: 'front' },
    ],
  });
  const run = async (more: Parameters<typeof ecs.RunTask>[0] | object) => {
    const { tasks } = await ecs.RunTask({ taskDefinition: 'web', tags: [{ key: 'team', value: 'own' }], ...more });
    return tasks?.[0]?.tags;
  };
  const own = { key: 'team', value: 'own' };
  const cluster = { key: 'aws:ecs:clusterName', value: 'default' };
  assert.deepEqual(await run({}), [own]);
  assert.deepEqual(await run({ propagateTags: 'NONE' }), [own]);
  assert.deepEqual(await run({ propagateTags: 'TASK_DEFINITION' }), [own, { key: 'tier', value: 'front' }]);
  assert.deepEqual(await run({ enableECSManagedTags: true }), [own, cluster]);
  await refused(run({ propagateTags: 'SERVICE' }), INVALID, 'SERVICE');
});
