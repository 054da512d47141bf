import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { AccountId } from '@gantry/domain';
import type { SecretsmanagerOperations } from '@gantry/protocol';
import { FakeClock } from '@gantry/testkit/fake-clock.ts';
import { SeededIds } from '@gantry/testkit/seeded.ts';
import { Driver } from '../../controllers/driver.ts';
import { SecretController } from '../../controllers/secret/controller.ts';
import { SCOPE } from '../../controllers/testing/builders.ts';
import { aWorld, type World } from '../../controllers/testing/world.ts';
import { callerOf, type Call } from '../common/testing/caller.ts';
import { refused } from '../ecs/testing/world.ts';
import { secretsManagerHandlers } from './index.ts';

type Operations = SecretsmanagerOperations;
const DAY_MS = 86_400_000;
let world: World;
let clock: FakeClock;
let call: Call<Operations>;

beforeEach(async () => {
  clock = new FakeClock();
  world = await aWorld(clock, new SeededIds());
  call = callerOf('secretsmanager', secretsManagerHandlers(world.platform));
});

const token = (n: number): string => String(n).padStart(32, 't');
const create = (
  Name: string,
  SecretString: string | undefined = 'hunter2',
  more: Partial<Operations['CreateSecret']['input']> = {},
) => call('CreateSecret', { Name, SecretString, ClientRequestToken: token(1), ...more });
const put = (SecretString: string, n: number, VersionStages?: string[]) =>
  call('PutSecretValue', { SecretId: 'db', SecretString, ClientRequestToken: token(n), VersionStages });
const read = async (VersionStage?: string, VersionId?: string) =>
  (await call('GetSecretValue', { SecretId: 'db', VersionStage, VersionId })).SecretString;
const stages = async () => (await call('DescribeSecret', { SecretId: 'db' })).VersionIdsToStages;
const gone = (what: Promise<unknown>) =>
  refused(what, 'ResourceNotFoundException', "Secrets Manager can't find the specified secret");

describe('a secret', () => {
  it('is made, read by name and ARN, and described', async () => {
    const made = await create('app/db', 'hunter2', {
      Description: 'the database',
      KmsKeyId: 'alias/k',
      Tags: [{ Key: 'a', Value: '1' }],
    });
    assert.match(made.ARN ?? '', /^arn:aws:secretsmanager:us-east-1:123456789012:secret:app\/db-[A-Za-z0-9]{6}$/);
    assert.equal(made.VersionId, token(1));
    const partial = (made.ARN ?? '').slice(0, -7);
    for (const SecretId of ['app/db', made.ARN ?? '', partial]) {
      const answer = await call('GetSecretValue', { SecretId });
      assert.deepEqual(answer, {
        ARN: made.ARN,
        Name: 'app/db',
        VersionId: token(1),
        SecretString: 'hunter2',
        VersionStages: ['AWSCURRENT'],
        CreatedDate: new Date(clock.now()),
      });
    }
    const described = await call('DescribeSecret', { SecretId: 'app/db' });
    assert.deepEqual(described, {
      ARN: made.ARN,
      Name: 'app/db',
      Description: 'the database',
      KmsKeyId: 'alias/k',
      LastChangedDate: new Date(clock.now()),
      LastAccessedDate: new Date(Date.UTC(2026, 0, 1)),
      Tags: [{ Key: 'a', Value: '1' }],
      CreatedDate: new Date(clock.now()),
      VersionIdsToStages: { [token(1)]: ['AWSCURRENT'] },
    });
    for (const SecretId of [
      'app',
      `${made.ARN}x`,
      'constructor',
      made.ARN?.replace('us-east-1', 'eu-west-1') ?? '',
      'arn:x',
    ])
      await gone(call('GetSecretValue', { SecretId }));
    const stranger = callerOf<Operations>('secretsmanager', secretsManagerHandlers(world.platform), {
      ...SCOPE,
      account: '999999999999' as AccountId,
    });
    await gone(stranger('GetSecretValue', { SecretId: made.ARN ?? '' }));
    assert.deepEqual((await stranger('ListSecrets', {})).SecretList, []);
  });

  it('may be binary, or have no value yet', async () => {
    const SecretBinary = Uint8Array.from([0, 255, 1, 254]);
    await create('db', undefined, { SecretString: undefined, SecretBinary });
    const answer = await call('GetSecretValue', { SecretId: 'db' });
    assert.deepEqual([...(answer.SecretBinary ?? [])], [0, 255, 1, 254]);
    assert.equal(answer.SecretString, undefined);
    const empty = await call('CreateSecret', { Name: 'empty' });
    assert.equal(empty.VersionId, undefined);
    await refused(
      call('GetSecretValue', { SecretId: 'empty' }),
      'ResourceNotFoundException',
      'value for staging label: AWSCURRENT',
    );
    await call('PutSecretValue', { SecretId: 'empty', SecretString: 'x', VersionStages: ['AWSPENDING'] });
    const { VersionStages } = await call('GetSecretValue', { SecretId: 'empty' });
    assert.deepEqual(VersionStages, ['AWSCURRENT', 'AWSPENDING'], 'the first value is the current one');
  });

  const wrong: [string, Partial<Operations['CreateSecret']['input']>, string, RegExp][] = [
    ['a bad name', { Name: 'a b' }, 'ValidationException', /Invalid name\. Must be a valid name/],
    ['two values', { SecretBinary: Uint8Array.of(1) }, 'InvalidParameterException', /both a binary secret value/],
    ['more than 64 KiB', { SecretString: 'x'.repeat(65_537) }, 'ValidationException', /less than or equal to 65536/],
    ['more than 64 KiB of UTF-8', { SecretString: 'é'.repeat(32_769) }, 'ValidationException', /at 'secretString'/],
    [
      'more than 64 KiB of bytes',
      { SecretString: undefined, SecretBinary: new Uint8Array(65_537) },
      'ValidationException',
      /at 'secretBinary'/,
    ],
    [
      'replicas',
      { AddReplicaRegions: [{ Region: 'eu-west-1' }] },
      'InvalidParameterException',
      /AddReplicaRegions is not/,
    ],
    ['a partner', { Type: 'Partner' }, 'InvalidParameterException', /Type is not served/],
    ['a reserved tag', { Tags: [{ Key: 'aws:a', Value: '' }] }, 'InvalidParameterException', /reserved/],
    ['a short token', { ClientRequestToken: 'short' }, 'ValidationException', /greater than or equal to 32/],
  ];
  for (const [what, input, code, text] of wrong)
    it(`is refused with ${what}`, async () => {
      const error = await refused(create('db', 'hunter2', input), code, text);
      assert.doesNotMatch(error.message, /hunter2|xxxx|éé/);
      assert.equal(world.state.tables.secrets.size + world.state.tables.secretValues.size, 0);
    });

  it('is made once: the same request again is answered, another is refused', async () => {
    const first = await create('db');
    assert.deepEqual(await create('db'), first);
    await refused(create('db', 'other'), 'ResourceExistsException', 'the secret db already exists.');
    await refused(create('db', 'hunter2', { ClientRequestToken: token(2) }), 'ResourceExistsException', 'db');
    await refused(call('CreateSecret', { Name: 'db' }), 'ResourceExistsException', 'db');
    assert.equal(world.state.tables.secretValues.size, 1);
  });
});

describe('versions and stages', () => {
  it('move AWSCURRENT, and AWSPREVIOUS behind it', async () => {
    await create('db', 'one');
    assert.deepEqual((await put('two', 2)).VersionStages, ['AWSCURRENT']);
    assert.deepEqual(await put('two', 2), await put('two', 2));
    await refused(put('not two', 2), 'ResourceExistsException', `You can't use ClientRequestToken ${token(2)}`);
    assert.equal(await read(), 'two');
    assert.equal(await read('AWSPREVIOUS'), 'one');
    await put('three', 3);
    assert.deepEqual(await stages(), { [token(2)]: ['AWSPREVIOUS'], [token(3)]: ['AWSCURRENT'] });
    assert.equal(await read(undefined, token(1)), 'one', 'deprecated ones are still there');
    await put('next', 4, ['AWSPENDING', 'mine']);
    assert.equal(await read(), 'three');
    assert.equal(await read('mine'), 'next');
    await refused(read('AWSPENDING', token(3)), 'InvalidRequestException', 'not associated to the provided VersionId');
    await refused(read('none'), 'ResourceNotFoundException', 'for staging label: none');
    await refused(read(undefined, token(9)), 'ResourceNotFoundException', `for VersionId: ${token(9)}`);
    const { VersionId } = await call('UpdateSecret', {
      SecretId: 'db',
      SecretString: 'five',
      ClientRequestToken: token(5),
    });
    assert.equal(VersionId, token(5));
    assert.equal(await read('AWSPREVIOUS'), 'three');
  });

  it('are moved by hand, as far as AWS allows', async () => {
    await create('db', 'one');
    await put('two', 2);
    await put('three', 3);
    const move = (VersionStage: string, from?: number, to?: number) =>
      call('UpdateSecretVersionStage', {
        SecretId: 'db',
        VersionStage,
        RemoveFromVersionId: from === undefined ? undefined : token(from),
        MoveToVersionId: to === undefined ? undefined : token(to),
      });
    await move('AWSCURRENT', 3, 1);
    assert.deepEqual(await stages(), { [token(1)]: ['AWSCURRENT'], [token(3)]: ['AWSPREVIOUS'] });
    await move('mine', undefined, 2);
    await move('mine', 2);
    await refused(move('AWSCURRENT', 1), 'InvalidParameterException', 'You can only move staging label AWSCURRENT');
    await refused(move('AWSCURRENT', undefined, 2), 'InvalidParameterException', 'RemoveFromVersionId');
    await refused(move('AWSCURRENT', 3, 2), 'InvalidParameterException', `attached to version ${token(1)}`);
    await refused(move('mine', 1), 'InvalidParameterException', 'not found in version');
    await refused(move('mine'), 'InvalidParameterException', 'You must provide either');
    await refused(move('mine', undefined, 9), 'ResourceNotFoundException', token(9));
    assert.deepEqual(await stages(), { [token(1)]: ['AWSCURRENT'], [token(3)]: ['AWSPREVIOUS'] });
  });

  it('are listed, deprecated ones when asked for, and at most 100 are kept', async () => {
    await create('db', '1');
    for (let n = 2; n <= 103; n += 1) {
      await put(String(n), n);
      await clock.turn(1);
    }
    assert.equal(world.state.tables.secretValues.size, 100);
    await refused(read(undefined, token(3)), 'ResourceNotFoundException', token(3));
    const staged = await call('ListSecretVersionIds', { SecretId: 'db' });
    assert.deepEqual(
      staged.Versions?.map(({ VersionStages, KmsKeyIds }) => [VersionStages, KmsKeyIds]),
      [
        [['AWSPREVIOUS'], ['DefaultEncryptionKey']],
        [['AWSCURRENT'], ['DefaultEncryptionKey']],
      ],
    );
    const all: string[] = [];
    for (let NextToken: string | undefined; ;) {
      const page = await call('ListSecretVersionIds', {
        SecretId: 'db',
        IncludeDeprecated: true,
        MaxResults: 33,
        NextToken,
      });
      all.push(...(page.Versions ?? []).map(({ VersionId = '' }) => VersionId));
      NextToken = page.NextToken;
      if (NextToken === undefined) break;
    }
    assert.deepEqual(
      all,
      Array.from({ length: 100 }, (_, n) => token(n + 4)),
    );
    const bad = call('ListSecretVersionIds', { SecretId: 'db', NextToken: '?' });
    await refused(bad, 'InvalidNextTokenException', 'Pass the');
  });

  it('change description and key without a new version', async () => {
    await create('db');
    const answer = await call('UpdateSecret', { SecretId: 'db', Description: 'new', KmsKeyId: 'alias/k' });
    assert.equal(answer.VersionId, undefined);
    const { Versions } = await call('ListSecretVersionIds', { SecretId: 'db' });
    assert.deepEqual(Versions?.[0]?.KmsKeyIds, ['alias/k']);
    await call('UpdateSecret', { SecretId: 'db', KmsKeyId: '' });
    const described = await call('DescribeSecret', { SecretId: 'db' });
    assert.deepEqual([described.Description, described.KmsKeyId], ['new', undefined]);
    await refused(call('PutSecretValue', { SecretId: 'db' }), 'InvalidRequestException', 'You must provide either');
  });
});

describe('deletion', () => {
  it('waits for its day, by the clock, and can be taken back', async () => {
    const stop = new AbortController();
    const options = { rescanMs: 365 * DAY_MS, onError: () => assert.fail('the controller failed') };
    const driver = new Driver(new SecretController(world.platform), clock, options);
    world.state.onCommit((changes) => driver.observe(changes));
    const stopped = driver.run(stop.signal);
    await create('db');
    await create('kept');
    const { DeletionDate } = await call('DeleteSecret', { SecretId: 'db', RecoveryWindowInDays: 7 });
    assert.deepEqual(DeletionDate, new Date(clock.now() + 7 * DAY_MS));
    await call('DeleteSecret', { SecretId: 'kept' });
    for (const refusal of [
      read(),
      put('x', 2),
      call('TagResource', { SecretId: 'db', Tags: [] }),
      call('UpdateSecret', { SecretId: 'db' }),
    ])
      await refused(refusal, 'InvalidRequestException', 'because it was marked for deletion.');
    await refused(create('db'), 'InvalidRequestException', 'already scheduled for deletion.');
    await refused(call('DeleteSecret', { SecretId: 'db' }), 'InvalidRequestException', 'currently marked deleted');
    assert.deepEqual((await call('DescribeSecret', { SecretId: 'db' })).DeletedDate, new Date(clock.now()));
    assert.deepEqual((await call('ListSecrets', {})).SecretList, []);
    assert.equal((await call('ListSecrets', { IncludePlannedDeletion: true })).SecretList?.length, 2);
    await clock.turn(6 * DAY_MS);
    await call('RestoreSecret', { SecretId: 'kept' });
    await driver.whenIdle();
    assert.equal(world.state.tables.secrets.size, 2);
    await clock.turn(DAY_MS);
    await driver.whenIdle();
    await gone(call('DescribeSecret', { SecretId: 'db' }));
    await clock.turn(40 * DAY_MS);
    await driver.whenIdle();
    assert.equal((await call('GetSecretValue', { SecretId: 'kept' })).SecretString, 'hunter2');
    assert.equal(world.state.tables.secretValues.size, 1);
    stop.abort();
    await stopped;
  });

  it('by force is at once, and of what is not there, too', async () => {
    const first = await create('db');
    await call('DeleteSecret', { SecretId: 'db', ForceDeleteWithoutRecovery: true });
    assert.equal(world.state.tables.secretValues.size, 0);
    await call('DeleteSecret', { SecretId: 'db', ForceDeleteWithoutRecovery: true });
    const second = await create('db');
    assert.notEqual(second.ARN, first.ARN, 'made anew it is another one');
    await gone(call('GetSecretValue', { SecretId: first.ARN ?? '' }));
    const both = { SecretId: 'db', ForceDeleteWithoutRecovery: true, RecoveryWindowInDays: 7 };
    await refused(call('DeleteSecret', both), 'InvalidParameterException', 'in conjunction');
    for (const RecoveryWindowInDays of [6, 31])
      await refused(
        call('DeleteSecret', { SecretId: 'db', RecoveryWindowInDays }),
        'InvalidParameterException',
        'between 7 and 30 days (inclusive)',
      );
    await gone(call('DeleteSecret', { SecretId: 'no' }));
    await gone(call('RestoreSecret', { SecretId: 'no' }));
  });
});

describe('lists', () => {
  const list = async (input: Operations['ListSecrets']['input']): Promise<string> => {
    const found: string[] = [];
    for (let NextToken: string | undefined; ;) {
      const page = await call('ListSecrets', { MaxResults: 2, NextToken, ...input });
      found.push(...(page.SecretList ?? []).map(({ Name = '' }) => Name));
      NextToken = page.NextToken;
      if (NextToken === undefined) return found.join(' ');
    }
  };

  beforeEach(async () => {
    await create('prod/db', 'one', { Description: 'Main database', Tags: [{ Key: 'team', Value: 'Blue' }] });
    await clock.turn(1);
    await create('prod/api', 'two', { Description: 'The key', Tags: [{ Key: 'team', Value: 'red' }] });
    await clock.turn(1);
    await create('dev/db', 'three');
  });

  it('are sorted, in pages', async () => {
    assert.equal(await list({}), 'dev/db prod/api prod/db');
    assert.equal(await list({ SortOrder: 'asc' }), 'prod/db prod/api dev/db');
    assert.equal(await list({ SortBy: 'name' }), 'dev/db prod/api prod/db');
    assert.equal(await list({ SortBy: 'name', SortOrder: 'desc' }), 'prod/db prod/api dev/db');
    await clock.turn(DAY_MS);
    await call('GetSecretValue', { SecretId: 'prod/db' });
    assert.equal(await list({ SortBy: 'last-accessed-date' }), 'prod/db prod/api dev/db');
    await call('UpdateSecret', { SecretId: 'prod/api', Description: 'The  key' });
    assert.equal(await list({ SortBy: 'last-changed-date' }), 'prod/api dev/db prod/db');
    await refused(list({ NextToken: 'x' }), 'InvalidNextTokenException', 'Pass the');
  });

  it('are filtered', async () => {
    const by = (Key: string, ...Values: string[]) =>
      list({ Filters: [{ Key: Key as 'name', Values }], SortBy: 'name' });
    assert.equal(await by('name', 'prod/'), 'prod/api prod/db');
    assert.equal(await by('name', 'Prod/'), '');
    assert.equal(await by('name', '!prod/'), 'dev/db');
    assert.equal(await by('name', 'dev', 'prod/a'), 'dev/db prod/api');
    assert.equal(await by('description', 'DATA'), 'prod/db');
    assert.equal(await by('tag-key', 'te'), 'prod/api prod/db');
    assert.equal(await by('tag-value', 'Bl'), 'prod/db');
    assert.equal(await by('tag-value', 'bl'), '');
    assert.equal(await by('all', 'blue db'), 'prod/db');
    assert.equal(await by('owning-service', 'rds'), '');
    assert.equal(await by('primary-region', '!us'), 'dev/db prod/api prod/db');
    await refused(list({ Filters: [{ Key: 'name' }] }), 'InvalidParameterException', 'Invalid filter values');
    await refused(list({ Filters: [{ Values: ['a'] }] }), 'InvalidParameterException', 'Invalid filter key');
  });

  it('give values in batches, with an error for each that has none', async () => {
    await call('CreateSecret', { Name: 'empty' });
    const batch = await call('BatchGetSecretValue', { SecretIdList: ['prod/db', 'no', 'empty', 'dev/db'] });
    assert.deepEqual(
      batch.SecretValues?.map(({ SecretString }) => SecretString),
      ['one', 'three'],
    );
    assert.deepEqual(
      batch.Errors?.map(({ SecretId, ErrorCode }) => [SecretId, ErrorCode]),
      [
        ['no', 'ResourceNotFoundException'],
        ['empty', 'ResourceNotFoundException'],
      ],
    );
    const Filters = [{ Key: 'name' as const, Values: ['prod/'] }];
    const first = await call('BatchGetSecretValue', { Filters, MaxResults: 1 });
    const second = await call('BatchGetSecretValue', { Filters, MaxResults: 1, NextToken: first.NextToken });
    assert.deepEqual(
      [first, second].map(({ SecretValues }) => SecretValues?.[0]?.SecretString),
      ['two', 'one'],
    );
    assert.equal(second.NextToken, undefined);
    await refused(call('BatchGetSecretValue', {}), 'InvalidParameterException', 'but not both');
    await refused(
      call('BatchGetSecretValue', { SecretIdList: ['a'], MaxResults: 1 }),
      'InvalidParameterException',
      "'Filters' must also be specified",
    );
  });
});

describe('what else there is', () => {
  it('notes the day of a read, once', async () => {
    await create('db');
    const revision = (): number => world.state.tables.secrets.revision(`${SCOPE.account}/${SCOPE.region}/db`);
    const before = revision();
    for (let n = 0; n < 5; n += 1) await read();
    await world.run(() => undefined);
    assert.equal(revision(), before + 1);
    await clock.turn(DAY_MS);
    await Promise.all([read(), read(), read()]);
    await world.run(() => undefined);
    assert.equal(revision(), before + 2);
    const { LastAccessedDate } = await call('DescribeSecret', { SecretId: 'db' });
    assert.deepEqual(LastAccessedDate, new Date(Date.UTC(2026, 0, 2)));
  });

  it('tags', async () => {
    await create('db', 'x', { Tags: [{ Key: 'a', Value: '1' }] });
    await call('TagResource', { SecretId: 'db', Tags: [{ Key: 'b', Value: '2' }] });
    await call('UntagResource', { SecretId: 'db', TagKeys: ['a', 'never'] });
    assert.deepEqual((await call('DescribeSecret', { SecretId: 'db' })).Tags, [{ Key: 'b', Value: '2' }]);
    const Tags = Array.from({ length: 50 }, (_, n) => ({ Key: `k${n}`, Value: '' }));
    await refused(call('TagResource', { SecretId: 'db', Tags }), 'InvalidParameterException', '50');
  });

  it('says truly that there are no policies and no rotation', async () => {
    const { ARN } = await create('db');
    assert.deepEqual(await call('GetResourcePolicy', { SecretId: 'db' }), { ARN, Name: 'db' });
    assert.deepEqual(await call('DeleteResourcePolicy', { SecretId: 'db' }), { ARN, Name: 'db' });
    await gone(call('GetResourcePolicy', { SecretId: 'no' }));
    const policy = { SecretId: 'db', ResourcePolicy: '{}' };
    await refused(
      call('PutResourcePolicy', policy),
      'InvalidRequestException',
      'PutResourcePolicy needs resource policies',
    );
    await refused(call('ValidateResourcePolicy', policy), 'InvalidRequestException', 'does not have them');
    await refused(call('RotateSecret', { SecretId: 'db' }), 'InvalidRequestException', 'needs Lambda functions');
    await refused(call('CancelRotateSecret', { SecretId: 'db' }), 'InvalidRequestException', 'needs Lambda functions');
    await gone(call('RotateSecret', { SecretId: 'no' }));
  });

  it('writes no value into history', async () => {
    const { ARN = '' } = await create('db', 'hunter2');
    await put('hunter3', 2);
    await call('DeleteSecret', { SecretId: 'db', ForceDeleteWithoutRecovery: true });
    const history = await world.platform.journal.history(ARN, 100);
    assert.equal(history.length, 3);
    assert.doesNotMatch(JSON.stringify(history), /hunter/);
  });
});
