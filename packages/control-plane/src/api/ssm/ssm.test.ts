import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { FakeClock } from '@gantry/testkit/fake-clock.ts';
import { SeededIds } from '@gantry/testkit/seeded.ts';
import type { AccountId, Region } from '@gantry/domain';
import type { SsmOperations } from '@gantry/protocol';
import { SCOPE } from '../../controllers/testing/builders.ts';
import { aWorld, type World } from '../../controllers/testing/world.ts';
import { callerOf, USER, type Call } from '../common/testing/caller.ts';
import { refused } from '../ecs/testing/world.ts';
import { ssmHandlers } from './index.ts';

let world: World;
let clock: FakeClock;
let ssm: Call<SsmOperations>;

beforeEach(async () => {
  clock = new FakeClock();
  world = await aWorld(clock, new SeededIds());
  ssm = callerOf('ssm', ssmHandlers(world.platform));
});

type Put = Partial<SsmOperations['PutParameter']['input']>;
const put = (Name: string, Value = 'v', more: Put = {}) =>
  ssm('PutParameter', { Name, Value, Type: 'String', ...more });
const over = (Name: string, Value: string, more: Put = {}) =>
  ssm('PutParameter', { Name, Value, Overwrite: true, ...more });
const value = async (Name: string, WithDecryption?: boolean) =>
  (await ssm('GetParameter', { Name, WithDecryption })).Parameter?.Value;
const names = (list: readonly { Name?: string | undefined }[] | undefined): string =>
  (list ?? []).map(({ Name }) => Name).join(' ');
const ARN = `arn:aws:ssm:${SCOPE.region}:${SCOPE.account}:parameter`;

describe('PutParameter', () => {
  it('counts versions, keeps what is not given, and shows what AWS shows', async () => {
    assert.deepEqual(await put('/app/url', 'one', { Description: 'where', Tags: [{ Key: 'a', Value: '1' }] }), {
      Version: 1,
      Tier: 'Standard',
    });
    await refused(put('/app/url'), 'ParameterAlreadyExists', 'set the overwrite option in the request to true.');
    assert.equal((await over('/app/url', 'two')).Version, 2);
    const { Parameter } = await ssm('GetParameter', { Name: '/app/url' });
    assert.deepEqual(Parameter, {
      Name: '/app/url',
      Type: 'String',
      Value: 'two',
      Version: 2,
      LastModifiedDate: new Date(clock.now()),
      ARN: `${ARN}/app/url`,
      DataType: 'text',
    });
    const { Parameters } = await ssm('DescribeParameters', {});
    assert.deepEqual(Parameters, [
      {
        Name: '/app/url',
        ARN: `${ARN}/app/url`,
        Type: 'String',
        LastModifiedDate: new Date(clock.now()),
        LastModifiedUser: USER,
        Description: 'where',
        Version: 2,
        Tier: 'Standard',
        Policies: [],
        DataType: 'text',
      },
    ]);
    const history = await world.platform.journal.history(`${ARN}/app/url`, 10);
    assert.deepEqual(
      history.map(({ text, by }) => [text, by]),
      [2, 1].map((n) => [`Version ${n} of /app/url was written.`, USER]),
    );
  });

  const wrong: [string, Put & { Name: string }, string, RegExp][] = [
    ['an aws name', { Name: 'awsome' }, 'ValidationException', /can't be prefixed with "aws" or "ssm"/],
    ['an ssm path', { Name: '/SSM/x' }, 'ValidationException', /can't be prefixed with "ssm"/],
    ['a reserved path', { Name: '/aws/x' }, 'AccessDeniedException', /No access to reserved parameter name: \/aws\/x/],
    ['a path without its slash', { Name: 'a/b' }, 'ValidationException', /fully qualified name/],
    ['a blank inside', { Name: '/a b' }, 'ValidationException', /\.-_/],
    ['an ARN', { Name: `${ARN}/a` }, 'ValidationException', /fully qualified|\.-_/],
    ['16 levels', { Name: '/a'.repeat(16) }, 'HierarchyLevelLimitExceededException', /15 levels/],
    ['too long a name', { Name: `/${'a'.repeat(1000)}` }, 'ValidationException', /at most \d+ are allowed/],
    ['no type', { Name: '/a', Type: undefined }, 'ValidationException', /parameter type is required/],
    ['no value', { Name: '/a', Value: '' }, 'ValidationException', /Value at 'value' failed/],
    ['a nested parameter', { Name: '/a', Value: 'x{{ssm:b}}' }, 'ValidationException', /can't nest/],
    ['more than 4 KB', { Name: '/a', Value: 'x'.repeat(4097) }, 'ValidationException', /4096 characters/],
    [
      'more than 8 KB',
      { Name: '/a', Value: 'x'.repeat(8193), Tier: 'Intelligent-Tiering' },
      'ValidationException',
      /8192 characters/,
    ],
    ['policies', { Name: '/a', Policies: '[{"Type":"Expiration"}]' }, 'InvalidPolicyTypeException', /Policies are not/],
    ['a strange data type', { Name: '/a', DataType: 'AMI' }, 'ValidationException', /not supported: AMI/],
    ['no AMI', { Name: '/a', DataType: 'aws:ec2:image' }, 'ValidationException', /AMI ID/],
    ['a key for a String', { Name: '/a', KeyId: 'k' }, 'ValidationException', /SecureString/],
    ['a bad pattern', { Name: '/a', AllowedPattern: '(a' }, 'InvalidAllowedPatternException', /no regular expression/],
    [
      'a mismatch',
      { Name: '/a', AllowedPattern: '^\\d+$' },
      'ParameterPatternMismatchException',
      /allowedPattern: \^\\d\+\$/,
    ],
    [
      'tags and overwrite',
      { Name: '/a', Overwrite: true, Tags: [{ Key: 'a', Value: '' }] },
      'ValidationException',
      /can't be used together/,
    ],
    ['an aws: tag', { Name: '/a', Tags: [{ Key: 'aws:a', Value: '' }] }, 'ValidationException', /reserved/],
    [
      'an unknown type',
      { Name: '/a', Type: 'Text' as 'String' },
      'ValidationException',
      /enum value set: \[SecureString/,
    ],
  ];
  for (const [what, input, code, text] of wrong)
    it(`refuses ${what}`, async () => {
      const { Name, Value = 'hunter2', ...more } = input;
      const error = await refused(put(Name, Value, more), code, text);
      assert.doesNotMatch(error.message, /hunter2/);
      assert.deepEqual((await ssm('DescribeParameters', {})).Parameters, []);
    });

  it('ends a pattern that would think for ever', async () => {
    const slow = put('/a', `${'a'.repeat(60)}!`, { AllowedPattern: '^(a+)+$' });
    await refused(slow, 'InvalidAllowedPatternException', 'takes more than 100 ms');
    await over('/a', 'aaa', { Type: 'String', AllowedPattern: '^(a+)+$' });
    await refused(over('/a', 'b'), 'ParameterPatternMismatchException', '^(a+)+$');
  });

  it('goes up a tier, never down', async () => {
    const large = 'x'.repeat(4097);
    assert.equal((await put('/a', 'x', { Tier: 'Intelligent-Tiering' })).Tier, 'Standard');
    assert.equal((await over('/a', large, { Tier: 'Intelligent-Tiering' })).Tier, 'Advanced');
    assert.equal((await over('/a', 'x')).Tier, 'Advanced');
    await refused(over('/a', 'x', { Tier: 'Standard' }), 'ValidationException', "can't downgrade");
  });

  it('keeps 100 versions, and the oldest as long as it has a label', async () => {
    await put('/a', '1');
    await ssm('LabelParameterVersion', { Name: '/a', Labels: ['first'] });
    for (let n = 2; n <= 100; n += 1) await over('/a', String(n));
    await refused(over('/a', '101'), 'ParameterMaxVersionLimitExceeded', 'Version 1, the oldest version');
    await ssm('UnlabelParameterVersion', { Name: '/a', ParameterVersion: 1, Labels: ['first'] });
    assert.equal((await over('/a', '101')).Version, 101);
    await refused(value('/a:1'), 'ParameterVersionNotFound', 'could not find version 1 of /a');
    assert.equal(await value('/a:2'), '2');
    assert.equal(world.state.tables.parameterValues.size, 100);
    await ssm('DeleteParameter', { Name: '/a' });
    assert.equal(world.state.tables.parameterValues.size, 0);
  });
});

describe('reading parameters', () => {
  it('shows a SecureString only with decryption', async () => {
    await put('/db/password', 'hunter2', { Type: 'SecureString' });
    assert.equal(await value('/db/password', true), 'hunter2');
    const opaque = await value('/db/password');
    assert.match(opaque ?? '', /^g1\.[0-9a-f]{8}\.[\w-]+$/);
    const { Parameters } = await ssm('GetParametersByPath', { Path: '/db' });
    assert.equal(Parameters?.[0]?.Value, opaque);
    const history = await ssm('GetParameterHistory', { Name: '/db/password', WithDecryption: true });
    assert.equal(history.Parameters?.[0]?.Value, 'hunter2');
    assert.equal(history.Parameters?.[0]?.KeyId, 'alias/aws/ssm');
    await over('/db/password', 'hunter3', { KeyId: 'alias/mine' });
    assert.equal((await ssm('DescribeParameters', {})).Parameters?.[0]?.KeyId, 'alias/mine');
  });

  it('takes names, ARNs, versions and labels', async () => {
    await put('/a/b', '1');
    await over('/a/b', '2');
    await put('plain', 'p');
    await ssm('LabelParameterVersion', { Name: '/a/b', Labels: ['old', '__proto__'], ParameterVersion: 1 });
    for (const [name, expected] of [
      ['/a/b', '2'],
      [' /a/b ', '2'],
      ['/a/b:1', '1'],
      ['/a/b:old', '1'],
      ['/a/b:__proto__', '1'],
      [`${ARN}/a/b`, '2'],
      [`${ARN}/a/b:1`, '1'],
      [`${ARN}/plain`, 'p'],
    ] as const)
      assert.equal(await value(name), expected, name);
    assert.equal((await ssm('GetParameter', { Name: '/a/b:old' })).Parameter?.Selector, ':old');
    for (const name of ['/a', '/a/b:1:2', '/a/b:', 'constructor', ARN, `${ARN.replace(SCOPE.region, 'eu-west-1')}/a/b`])
      await refused(value(name), 'ParameterNotFound', 'not found');
    await refused(value('/a/b:3'), 'ParameterVersionNotFound', 'could not find version 3 of /a/b');
    await refused(value('/a/b:constructor'), 'ParameterVersionNotFound', 'could not find label constructor');
    const { Parameters, InvalidParameters } = await ssm('GetParameters', {
      Names: ['plain', '/a/b:1', '/a/b:9', '/no'],
    });
    assert.equal(names(Parameters), '/a/b plain');
    assert.deepEqual(InvalidParameters, ['/a/b:9', '/no']);
    assert.equal((await ssm('GetParameters', { Names: ['/a/b', '/a/b'] })).Parameters?.length, 1);
  });

  it('is another world for another account and region', async () => {
    await put('/a');
    for (const other of [{ account: '999999999999' as AccountId }, { region: 'eu-west-1' as Region }]) {
      const stranger = callerOf<SsmOperations>('ssm', ssmHandlers(world.platform), { ...SCOPE, ...other });
      await refused(stranger('GetParameter', { Name: '/a' }), 'ParameterNotFound', '/a');
      await refused(stranger('GetParameter', { Name: `${ARN}/a` }), 'ParameterNotFound', '/a');
      assert.deepEqual((await stranger('DescribeParameters', {})).Parameters, []);
      assert.deepEqual((await stranger('GetParametersByPath', { Path: '/', Recursive: true })).Parameters, []);
    }
  });

  it('lists below a path, page by page', async () => {
    for (const name of ['/a/1', '/a/2', '/a/b/3', '/ab/4', '/a', 'root']) await put(name);
    const all = async (Path: string, Recursive: boolean, MaxResults = 2): Promise<string> => {
      const found: string[] = [];
      for (let NextToken: string | undefined; ;) {
        const page = await ssm('GetParametersByPath', { Path, Recursive, MaxResults, NextToken });
        assert.ok((page.Parameters ?? []).length <= MaxResults);
        found.push(names(page.Parameters));
        NextToken = page.NextToken;
        if (NextToken === undefined) return found.join(' ');
      }
    };
    assert.equal(await all('/a', false), '/a/1 /a/2');
    assert.equal(await all('/a/', true), '/a/1 /a/2 /a/b/3');
    assert.equal(await all('/', true), '/a /a/1 /a/2 /a/b/3 /ab/4 root');
    assert.equal(await all('/', false), '/a root');
    assert.equal(await all('/none', true), '');
    await refused(all('a', true), 'ValidationException', 'must begin with a forward slash');
    await refused(all('/a', true, 11), 'ValidationException', 'less than or equal to 10');
    const { NextToken } = await ssm('GetParametersByPath', { Path: '/a', MaxResults: 1 });
    await refused(ssm('GetParametersByPath', { Path: '/ab', NextToken }), 'InvalidNextToken', 'the same filters');
    await refused(ssm('DescribeParameters', { NextToken }), 'InvalidNextToken', 'the same filters');
    await refused(ssm('GetParametersByPath', { Path: '/a', NextToken: 'x' }), 'InvalidNextToken', 'Pass the');
    await refused(ssm('DescribeParameters', { NextToken: 'x' }), 'InvalidNextToken', 'Pass the');
  });

  it('filters', async () => {
    await put('/a/1', 'v', { Tags: [{ Key: 'env', Value: 'prod' }] });
    await put('/a/2', 'v', { Type: 'SecureString', KeyId: 'alias/mine' });
    await put('b', 'v', { Type: 'StringList', Tier: 'Advanced', Tags: [{ Key: 'env', Value: 'dev' }] });
    await over('/a/1', 'w');
    await ssm('LabelParameterVersion', { Name: '/a/1', Labels: ['L'], ParameterVersion: 1 });
    const cases: [string, string, string[] | undefined, string][] = [
      ['Name', 'Equals', ['/a/1', '/b'], '/a/1 b'],
      ['Name', 'BeginsWith', ['a/'], '/a/1 /a/2'],
      ['Name', 'Contains', ['/2'], '/a/2'],
      ['Type', 'Equals', ['String', 'StringList'], '/a/1 b'],
      ['Type', 'BeginsWith', ['S'], '/a/1 /a/2 b'],
      ['KeyId', 'Equals', ['alias/mine'], '/a/2'],
      ['KeyId', 'BeginsWith', ['alias/'], '/a/2'],
      ['Tier', 'Equals', ['Advanced'], 'b'],
      ['DataType', 'Equals', ['text'], '/a/1 /a/2 b'],
      ['Path', 'OneLevel', ['/'], 'b'],
      ['Path', 'Recursive', ['/', '/a'], '/a/1 /a/2 b'],
      ['tag:env', 'Equals', ['prod'], '/a/1'],
      ['tag:env', 'BeginsWith', ['p', 'd'], '/a/1 b'],
      ['tag:env', 'Equals', undefined, '/a/1 b'],
      ['tag:constructor', 'Equals', undefined, ''],
    ];
    for (const [Key, Option, Values, expected] of cases) {
      const { Parameters } = await ssm('DescribeParameters', { ParameterFilters: [{ Key, Option, Values }] });
      assert.equal(names(Parameters), expected, `${Key} ${Option} ${String(Values)}`);
    }
    const old = await ssm('DescribeParameters', {
      Filters: [
        { Key: 'Name', Values: ['/a'] },
        { Key: 'Type', Values: ['String'] },
      ],
    });
    assert.equal(names(old.Parameters), '/a/1');
    const byLabel = { Path: '/', Recursive: true, ParameterFilters: [{ Key: 'Label', Values: ['L'] }] };
    const { Parameters } = await ssm('GetParametersByPath', byLabel);
    assert.deepEqual(
      Parameters?.map(({ Name, Value, Version }) => [Name, Value, Version]),
      [['/a/1', 'v', 1]],
    );
    const bad: [SsmOperations['DescribeParameters']['input'], string, RegExp][] = [
      [{ ParameterFilters: [{ Key: 'Label', Values: ['a'] }] }, 'InvalidFilterKey', /not valid: Label/],
      [{ ParameterFilters: [{ Key: 'Name' }] }, 'InvalidFilterValue', /missing/],
      [{ ParameterFilters: [{ Key: 'Type', Values: ['x'] }] }, 'InvalidFilterValue', /not valid: x/],
      [{ ParameterFilters: [{ Key: 'Type', Option: 'Contains', Values: ['x'] }] }, 'InvalidFilterOption', /Contains/],
      [{ ParameterFilters: [{ Key: 'Path', Values: ['/aws/x'] }] }, 'ValidationException', /global/],
      [{ ParameterFilters: ['1', '2'].map((x) => ({ Key: 'Name', Values: [x] })) }, 'InvalidFilterKey', /duplicated/],
      [{ ParameterFilters: [{ Key: 'constructor', Values: ['x'] }] }, 'ValidationException', /regular expression/],
      [
        { Filters: [{ Key: 'Name', Values: ['a'] }], ParameterFilters: [{ Key: 'Name', Values: ['a'] }] },
        'ValidationException',
        /either Filters or ParameterFilters/,
      ],
    ];
    for (const [input, code, text] of bad) await refused(ssm('DescribeParameters', input), code, text);
  });
});

describe('labels, tags and deletion', () => {
  it('moves labels, at most ten a version', async () => {
    await put('/a', '1');
    await over('/a', '2');
    const label = (Labels: string[], ParameterVersion?: number) =>
      ssm('LabelParameterVersion', { Name: '/a', Labels, ParameterVersion });
    assert.deepEqual(await label(['one', '2nd', 'aws-x', 'SSMy', 'a b']), {
      InvalidLabels: ['2nd', 'aws-x', 'SSMy', 'a b'],
      ParameterVersion: 2,
    });
    await label(['one'], 1);
    assert.equal(await value('/a:one'), '1');
    const history = await ssm('GetParameterHistory', { Name: '/a' });
    assert.deepEqual(
      history.Parameters?.map(({ Version, Labels }) => [Version, Labels]),
      [
        [1, ['one']],
        [2, []],
      ],
    );
    await label(
      Array.from({ length: 9 }, (_, n) => `l${n}`),
      1,
    );
    await refused(label(['more'], 1), 'ParameterVersionLabelLimitExceeded', 'maximum 10 labels');
    await refused(label(['x'], 3), 'ParameterVersionNotFound', 'version 3');
    const off = await ssm('UnlabelParameterVersion', { Name: '/a', ParameterVersion: 1, Labels: ['one', 'no'] });
    assert.deepEqual(off, { RemovedLabels: ['one'], InvalidLabels: ['no'] });
    await refused(
      ssm('LabelParameterVersion', { Name: '/b', Labels: ['x'] }),
      'ParameterNotFound',
      'Parameter /b not found.',
    );
  });

  it('tags parameters and nothing else', async () => {
    await put('/a');
    const resource = { ResourceType: 'Parameter' as const, ResourceId: '/a' };
    await ssm('AddTagsToResource', {
      ...resource,
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    });
    await ssm('RemoveTagsFromResource', { ...resource, TagKeys: ['a', 'never'] });
    assert.deepEqual(await ssm('ListTagsForResource', resource), { TagList: [{ Key: 'b', Value: '2' }] });
    const many = Array.from({ length: 50 }, (_, n) => ({ Key: `k${n}`, Value: '' }));
    await refused(ssm('AddTagsToResource', { ...resource, Tags: many }), 'TooManyTagsError', '50 tags');
    await refused(ssm('ListTagsForResource', { ...resource, ResourceId: '/b' }), 'InvalidResourceId', '/b');
    const document = { ...resource, ResourceType: 'Document' as const };
    await refused(ssm('ListTagsForResource', document), 'InvalidResourceType', 'Document is not served');
  });

  it('deletes one, or those that are there', async () => {
    for (const name of ['/a', '/b', '/c']) await put(name);
    await ssm('DeleteParameter', { Name: '/a' });
    await refused(ssm('DeleteParameter', { Name: '/a' }), 'ParameterNotFound', '/a');
    assert.deepEqual(await ssm('DeleteParameters', { Names: ['/a', '/b', '/c'] }), {
      DeletedParameters: ['/b', '/c'],
      InvalidParameters: ['/a'],
    });
    assert.equal((await put('/a')).Version, 1);
  });
});

describe('public parameters', () => {
  const AMI = '/aws/service/ecs/optimized-ami';

  it('are the tree that ECS documents, the same for ever, other in other regions', async () => {
    const id = await value(`${AMI}/amazon-linux-2023/recommended/image_id`);
    assert.match(id ?? '', /^ami-[0-9a-f]{17}$/);
    const whole = JSON.parse((await value(`${AMI}/amazon-linux-2023/recommended`)) ?? '') as Record<string, unknown>;
    assert.deepEqual(Object.keys(whole), [
      'schema_version',
      'image_name',
      'image_id',
      'os',
      'ecs_runtime_version',
      'ecs_agent_version',
      'source_image_name',
    ]);
    assert.equal(whole['image_id'], id);
    assert.match(String(whole['image_name']), /gantry-has-no-images/);
    const elsewhere = callerOf<SsmOperations>('ssm', ssmHandlers(world.platform), {
      ...SCOPE,
      region: 'cn-north-1' as Region,
    });
    const { Parameter } = await elsewhere('GetParameter', { Name: `${AMI}/amazon-linux-2023/recommended/image_id` });
    assert.notEqual(Parameter?.Value, id);
    assert.equal(Parameter?.ARN, `arn:aws-cn:ssm:cn-north-1::parameter${AMI}/amazon-linux-2023/recommended/image_id`);
    const other = await aWorld(new FakeClock(), new SeededIds());
    const again = callerOf<SsmOperations>('ssm', ssmHandlers(other.platform));
    assert.equal(
      (
        await again('GetParameter', {
          Name: `arn:aws:ssm:${SCOPE.region}::parameter${AMI}/amazon-linux-2023/recommended/image_id`,
        })
      ).Parameter?.Value,
      id,
    );
  });

  it('are read by path, and unknown ones are not there', async () => {
    const { Parameters } = await ssm('GetParametersByPath', { Path: `${AMI}/amazon-linux-2/arm64/recommended` });
    assert.equal(Parameters?.length, 7);
    const found = new Set<string>();
    for (let NextToken: string | undefined; ;) {
      const page = await ssm('GetParametersByPath', { Path: '/aws/service', Recursive: true, NextToken });
      for (const { Name, Value } of page.Parameters ?? []) if (Name?.endsWith('/image_id')) found.add(Value ?? '');
      NextToken = page.NextToken;
      if (NextToken === undefined) break;
    }
    assert.equal(found.size, 28, 'an id of its own for every image');
    assert.match((await value('/aws/service/bottlerocket/aws-ecs-2/arm64/latest/image_id')) ?? '', /^ami-/);
    const windows = '/aws/service/ami-windows-latest/Windows_Server-2022-English-Full-ECS_Optimized';
    assert.match((await value(`${windows}/image_id`)) ?? '', /^ami-/);
    await refused(value(`${AMI}/amazon-linux-2024/recommended`), 'ParameterNotFound', 'amazon-linux-2024');
    await refused(value(`${AMI}/amazon-linux-2023/recommended:2`), 'ParameterVersionNotFound', 'version 2');
    assert.equal((await ssm('DescribeParameters', {})).Parameters?.length, 0);
  });
});
