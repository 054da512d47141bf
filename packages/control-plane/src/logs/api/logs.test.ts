import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { epochMs, type AccountId, type Ids, type Region } from '@gantry/domain';
import type { LogsOperations } from '@gantry/protocol';
import { MemoryFolders } from '../../filesystems/memory.ts';
import type { Platform, PlatformConfig, RequestContext } from '../../platform.ts';
import { testSeal } from '../../seal/testing/test-seal.ts';
import { State } from '../../state/state.ts';
import { MemoryJournal } from '../../store/memory.ts';
import { MemoryLogStore } from '../memory.ts';
import { logsHandlers } from './index.ts';

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const scope = { account: '000000000000' as AccountId, region: 'us-east-1' as Region };
const context: RequestContext = {
  caller: {
    ...scope,
    principalArn: 'arn:aws:iam::000000000000:root',
    accessKeyId: 'A',
    principal: { kind: 'administrator' },
  },
  scope,
  requestId: 'r',
};

let call: <N extends keyof LogsOperations>(
  name: N,
  input: LogsOperations[N]['input'],
) => Promise<LogsOperations[N]['output']>;

beforeEach(async () => {
  const clock = { now: () => epochMs(NOW), elapsedMs: () => 0, sleep: () => Promise.resolve() };
  const journal = new MemoryJournal();
  const state = await State.open({ journal, clock, schedule: (run) => run() });
  const platform: Platform = {
    state,
    journal,
    clock,
    ids: {} as Ids,
    config: {} as PlatformConfig,
    seal: testSeal(),
    folders: new MemoryFolders(),
    log: () => undefined,
  };
  const handlers = logsHandlers(platform, new MemoryLogStore());
  call = async (name, input) => {
    const handler = handlers[name] as (input: unknown, context: RequestContext) => Promise<never>;
    return handler(input, context);
  };
});

const group = { logGroupName: '/ecs/web' };
const stream = { ...group, logStreamName: 'web/app/1' };
const line = (agoMs: number, message = `${agoMs} ago`) => ({ timestamp: NOW - agoMs, message });

async function made(...events: { timestamp: number; message: string }[]): Promise<void> {
  await call('CreateLogGroup', group);
  await call('CreateLogStream', stream);
  if (events.length > 0) await call('PutLogEvents', { ...stream, logEvents: events });
}

const fails = (promise: Promise<unknown>, code: string, message: RegExp): Promise<void> =>
  assert.rejects(promise, { code, message });
const texts = (output: { events?: { message?: string | undefined }[] | undefined }): (string | undefined)[] =>
  (output.events ?? []).map((event) => event.message);

describe('log groups and streams', () => {
  it('are made once, described and deleted', async () => {
    await made(line(10, 'four'), line(5, 'five!'));
    await fails(call('CreateLogGroup', group), 'ResourceAlreadyExistsException', /log group already exists/);
    await fails(call('CreateLogStream', stream), 'ResourceAlreadyExistsException', /log stream already exists/);
    const { logGroups } = await call('DescribeLogGroups', { logGroupNamePrefix: '/ecs' });
    const arn = 'arn:aws:logs:us-east-1:000000000000:log-group:/ecs/web';
    assert.deepEqual(logGroups, [
      {
        ...group,
        creationTime: NOW,
        retentionInDays: undefined,
        metricFilterCount: 0,
        arn: `${arn}:*`,
        logGroupArn: arn,
        storedBytes: 9,
        logGroupClass: 'STANDARD',
      },
    ]);
    const { logStreams } = await call('DescribeLogStreams', { logGroupIdentifier: arn });
    assert.deepEqual(logStreams, [
      {
        logStreamName: stream.logStreamName,
        creationTime: NOW,
        firstEventTimestamp: NOW - 10,
        lastEventTimestamp: NOW - 5,
        lastIngestionTime: NOW,
        arn: `${arn}:log-stream:web/app/1`,
        storedBytes: 9,
      },
    ]);
    await call('DeleteLogStream', stream);
    await fails(call('GetLogEvents', stream), 'ResourceNotFoundException', /log stream does not exist/);
    assert.deepEqual(texts(await call('FilterLogEvents', group)), []);
    await call('DeleteLogGroup', group);
    await fails(call('GetLogEvents', stream), 'ResourceNotFoundException', /log group does not exist/);
    await made();
    assert.deepEqual(texts(await call('GetLogEvents', stream)), []);
  });

  it('refuse what they would not do', async () => {
    await fails(
      call('CreateLogGroup', { ...group, kmsKeyId: 'k' }),
      'InvalidParameterException',
      /kmsKeyId is not served/,
    );
    const class_ = { ...group, logGroupClass: 'INFREQUENT_ACCESS' as const };
    await fails(call('CreateLogGroup', class_), 'InvalidParameterException', /INFREQUENT_ACCESS is not served/);
    await fails(call('DeleteLogGroup', group), 'ResourceNotFoundException', /log group does not exist/);
    await fails(call('CreateLogStream', stream), 'ResourceNotFoundException', /log group does not exist/);
    await fails(
      call('PutRetentionPolicy', { ...group, retentionInDays: 2 }),
      'InvalidParameterException',
      /enum value set/,
    );
    const both = { ...group, logGroupIdentifier: '/ecs/web', logStreamName: 's' };
    await fails(call('GetLogEvents', both), 'InvalidParameterException', /mutually exclusive/);
    await fails(call('FilterLogEvents', {}), 'InvalidParameterException', /is required/);
    const foreign = { logGroupIdentifier: 'arn:aws:logs:us-east-1:111111111111:log-group:/ecs/web' };
    await fails(call('FilterLogEvents', foreign), 'ResourceNotFoundException', /does not exist/);
  });

  it('are listed in pages by name, and streams by last event', async () => {
    for (const name of ['c', 'a', 'b']) {
      await call('CreateLogGroup', { logGroupName: name });
      await call('CreateLogStream', { logGroupName: 'a', logStreamName: name }).catch(() => undefined);
    }
    await call('CreateLogStream', { logGroupName: 'a', logStreamName: 'c' });
    const at = { a: 5, c: 9 };
    for (const [name, ago] of Object.entries(at))
      await call('PutLogEvents', { logGroupName: 'a', logStreamName: name, logEvents: [line(ago)] });
    const groups = async (nextToken?: string): Promise<string[]> => {
      const page = await call('DescribeLogGroups', { limit: 2, nextToken });
      const names = (page.logGroups ?? []).map((each) => each.logGroupName ?? '');
      return page.nextToken === undefined ? [names.join()] : [names.join(), ...(await groups(page.nextToken))];
    };
    assert.deepEqual(await groups(), ['a,b', 'c']);
    const streams = async (options: object, nextToken?: string): Promise<string[]> => {
      const page = await call('DescribeLogStreams', { logGroupName: 'a', limit: 2, nextToken, ...options });
      const names = (page.logStreams ?? []).map((each) => each.logStreamName ?? '');
      return page.nextToken === undefined
        ? [names.join()]
        : [names.join(), ...(await streams(options, page.nextToken))];
    };
    assert.deepEqual(await streams({}), ['a,b', 'c']);
    assert.deepEqual(await streams({ descending: true }), ['c,b', 'a']);
    assert.deepEqual(await streams({ orderBy: 'LastEventTime', descending: true }), ['a,c', 'b']);
    assert.deepEqual(await streams({ orderBy: 'LastEventTime' }), ['b,c', 'a']);
    assert.deepEqual(await streams({ logStreamNamePrefix: 'b' }), ['b']);
    await fails(
      streams({ orderBy: 'LastEventTime', logStreamNamePrefix: 'b' }),
      'InvalidParameterException',
      /Cannot order/,
    );
    await fails(streams({}, 'bad'), 'InvalidParameterException', /nextToken is invalid/);
  });

  it('carry tags through both of their APIs', async () => {
    await call('CreateLogGroup', { ...group, tags: { a: '1' } });
    const resourceArn = 'arn:aws:logs:us-east-1:000000000000:log-group:/ecs/web:*';
    await call('TagResource', { resourceArn, tags: { b: '2' } });
    await call('TagLogGroup', { ...group, tags: { c: '3' } });
    await call('UntagResource', { resourceArn, tagKeys: ['a'] });
    await call('UntagLogGroup', { ...group, tags: ['b', 'never'] });
    assert.deepEqual(await call('ListTagsForResource', { resourceArn }), { tags: { c: '3' } });
    assert.deepEqual(await call('ListTagsLogGroup', group), { tags: { c: '3' } });
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`k${n}`, '']));
    await fails(call('TagResource', { resourceArn, tags: many }), 'TooManyTagsException', /50 tags/);
    await fails(call('TagResource', { resourceArn: 'x', tags: {} }), 'InvalidParameterException', /not the ARN/);
  });
});

describe('PutLogEvents', () => {
  const cases: [string, { timestamp: number; message: string }[], RegExp][] = [
    ['out of order', [line(1), line(2)], /chronological order/],
    ['over 24 hours', [line(25 * HOUR), line(0)], /more than 24 hours/],
    ['too large', [line(1, 'x'.repeat(1_048_576))], /Upload too large: 1048602 bytes exceeds limit of 1048576/],
  ];
  for (const [name, logEvents, message] of cases)
    it(`refuses a batch that is ${name}`, async () => {
      await made();
      await fails(call('PutLogEvents', { ...stream, logEvents }), 'InvalidParameterException', message);
      assert.deepEqual(texts(await call('GetLogEvents', stream)), []);
    });

  it('takes what it can and says what it rejected', async () => {
    await made();
    await call('PutRetentionPolicy', { ...group, retentionInDays: 3 });
    const put = (logEvents: { timestamp: number; message: string }[]) => call('PutLogEvents', { ...stream, logEvents });
    assert.deepEqual((await put([line(1, 'ok'), line(-3 * HOUR, 'ahead')])).rejectedLogEventsInfo, {
      tooNewLogEventStartIndex: 1,
    });
    assert.deepEqual((await put([line(15 * DAY), line(15 * DAY - 1), line(14 * DAY)])).rejectedLogEventsInfo, {
      tooOldLogEventEndIndex: 2,
      expiredLogEventEndIndex: 3,
    });
    assert.deepEqual(await put([line(0, 'fine')]), { rejectedLogEventsInfo: undefined });
    assert.deepEqual(texts(await call('GetLogEvents', { ...stream, startFromHead: true })), ['ok', 'fine']);
  });

  it('wants group and stream to be there', async () => {
    await fails(call('PutLogEvents', { ...stream, logEvents: [line(1)] }), 'ResourceNotFoundException', /log group/);
    await call('CreateLogGroup', group);
    await fails(call('PutLogEvents', { ...stream, logEvents: [line(1)] }), 'ResourceNotFoundException', /log stream/);
  });
});

describe('GetLogEvents', () => {
  it('shows the newest first page in order, and pages both ways to an end', async () => {
    await made(...[5, 4, 3, 2, 1].map((ago) => line(ago)));
    const newest = await call('GetLogEvents', { ...stream, limit: 2 });
    assert.deepEqual(texts(newest), ['2 ago', '1 ago']);
    const back = await call('GetLogEvents', { ...stream, limit: 2, nextToken: newest.nextBackwardToken });
    assert.deepEqual(texts(back), ['4 ago', '3 ago']);
    const forth = await call('GetLogEvents', { ...stream, nextToken: back.nextForwardToken });
    assert.deepEqual(texts(forth), ['2 ago', '1 ago']);
    const end = await call('GetLogEvents', { ...stream, nextToken: forth.nextForwardToken });
    assert.deepEqual([texts(end), end.nextForwardToken], [[], forth.nextForwardToken]);
    const first = await call('GetLogEvents', { ...stream, nextToken: back.nextBackwardToken });
    const before = await call('GetLogEvents', { ...stream, nextToken: first.nextBackwardToken });
    assert.deepEqual([texts(first), texts(before), before.nextBackwardToken], [['5 ago'], [], first.nextBackwardToken]);
    assert.match(end.nextForwardToken ?? '', /^f\/[0-9]{56}\/s$/);
  });

  it('follows a stream that was empty at first', async () => {
    await made();
    const empty = await call('GetLogEvents', { ...stream, startFromHead: true });
    await call('PutLogEvents', { ...stream, logEvents: [line(1)] });
    assert.deepEqual(texts(await call('GetLogEvents', { ...stream, nextToken: empty.nextForwardToken })), ['1 ago']);
  });

  it('has an end that is exclusive, and hides what the retention took', async () => {
    await made(line(20 * HOUR), line(2), line(1));
    const span = { ...stream, startTime: NOW - 2, endTime: NOW - 1, startFromHead: true };
    assert.deepEqual(texts(await call('GetLogEvents', span)), ['2 ago']);
    for (const nextToken of ['x', 'f/1/s', `g/${'0'.repeat(56)}/s`, `f/${'9'.repeat(56)}/s`])
      await fails(call('GetLogEvents', { ...stream, nextToken }), 'InvalidParameterException', /nextToken is invalid/);
  });
});

describe('FilterLogEvents', () => {
  it('interleaves streams, filters, and pages', async () => {
    await made(line(5, 'A one'), line(3, 'B two'));
    await call('CreateLogStream', { ...group, logStreamName: 'web/side/2' });
    const side = { ...group, logStreamName: 'web/side/2' };
    await call('PutLogEvents', { ...side, logEvents: [line(4, 'A three'), line(3, 'A four')] });
    assert.deepEqual(texts(await call('FilterLogEvents', group)), ['A one', 'A three', 'B two', 'A four']);
    const filtered = await call('FilterLogEvents', { ...group, filterPattern: 'A', limit: 2 });
    assert.deepEqual(texts(filtered), ['A one', 'A three']);
    const rest = await call('FilterLogEvents', { ...group, filterPattern: 'A', nextToken: filtered.nextToken });
    assert.deepEqual([texts(rest), rest.nextToken], [['A four'], undefined]);
    const event = rest.events?.[0];
    assert.match(event?.eventId ?? '', /^[0-9]{56}$/);
    assert.deepEqual([event?.logStreamName, event?.ingestionTime], ['web/side/2', NOW]);
    assert.deepEqual(texts(await call('FilterLogEvents', { ...group, logStreamNames: ['web/app/1'] })), [
      'A one',
      'B two',
    ]);
    assert.deepEqual(texts(await call('FilterLogEvents', { ...group, logStreamNamePrefix: 'web/s' })), [
      'A three',
      'A four',
    ]);
    assert.deepEqual(texts(await call('FilterLogEvents', { ...group, startTime: NOW - 4, endTime: NOW - 4 })), [
      'A three',
    ]);
    assert.deepEqual(texts(await call('FilterLogEvents', { ...group, startFromHead: false, limit: 2 })), [
      'A four',
      'B two',
    ]);
  });

  it('refuses two ways to name streams, unknown streams and strange patterns', async () => {
    await made();
    const both = { ...group, logStreamNames: ['web/app/1'], logStreamNamePrefix: 'w' };
    await fails(call('FilterLogEvents', both), 'InvalidParameterException', /mutually exclusive/);
    await fails(
      call('FilterLogEvents', { ...group, logStreamNames: ['no'] }),
      'ResourceNotFoundException',
      /log stream/,
    );
    await fails(
      call('FilterLogEvents', { ...group, filterPattern: '[a, b]' }),
      'InvalidParameterException',
      /not supported/,
    );
  });
});
