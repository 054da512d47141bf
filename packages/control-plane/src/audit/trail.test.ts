import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Region } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import { FakeClock, SeededIds } from '@gantry/testkit/index.ts';
import fc from 'fast-check';
import { cloudtrailHandlers } from '../api/cloudtrail/lookup-events.ts';
import { MemoryLogStore } from '../logs/memory.ts';
import { SegmentLogStore } from '../logs/segments/store.ts';
import type { LogStore } from '../logs/port.ts';
import { ACCOUNT, call, caller } from './testing/calls.ts';
import { AuditTrail } from './trail.ts';

const HOUR_MS = 3_600_000;

function open(store: LogStore = new MemoryLogStore(), more: { retentionMs?: number; mostBytes?: number } = {}) {
  const clock = new FakeClock();
  const logged: string[] = [];
  const log = (level: string, message: string): void => void logged.push(`${level} ${message}`);
  const trail = new AuditTrail({
    store,
    clock,
    ids: new SeededIds(),
    schedule: queueMicrotask,
    retentionMs: 90 * 24 * HOUR_MS,
    log,
    ...more,
  });
  const by = caller();
  const context = { caller: by, scope: { account: by.account, region: by.region }, requestId: 'r' };
  type Input = Parameters<ReturnType<typeof cloudtrailHandlers>['LookupEvents']>[0];
  const lookUp = (input: Input = {}) => cloudtrailHandlers(trail).LookupEvents(input, context);
  const names = async (input: Input = {}): Promise<(string | undefined)[]> =>
    ((await lookUp(input)).Events ?? []).map((event) => event.EventName);
  return { clock, trail, logged, lookUp, names };
}

describe('AuditTrail', () => {
  it('keeps what changes something, newest first, and nothing else', async () => {
    const { trail, clock, lookUp } = open();
    const error = new ServiceError('ClusterNotFoundException', 'Cluster not found.');
    await trail.record(call('ecs', 'CreateCluster', { input: { clusterName: 'a' } }));
    await trail.record(call('ecs', 'ListClusters'));
    await trail.record(call('ecs', 'constructor'));
    await clock.turn(1_000);
    await trail.record(call('ecs', 'DeleteCluster', { input: { cluster: 'b' }, error }));
    const { Events: events = [], NextToken: token } = await lookUp();
    assert.equal(token, undefined);
    assert.deepEqual(
      events.map((e) => [e.EventName, e.ReadOnly, e.Username, e.EventSource, e.AccessKeyId, e.Resources]),
      [
        ['DeleteCluster', 'false', 'administrator', 'ecs.amazonaws.com', 'AKIAADMIN', [named('b')]],
        ['CreateCluster', 'false', 'administrator', 'ecs.amazonaws.com', 'AKIAADMIN', [named('a')]],
      ],
    );
    const [{ CloudTrailEvent: whole = '', EventId: id } = {}] = events;
    const event = JSON.parse(whole) as Record<string, unknown>;
    assert.deepEqual([event['eventID'], event['errorCode'], event['errorMessage']], [id, error.code, error.message]);
  });

  it('looks up by each attribute and by time', async () => {
    const { trail, clock, names, lookUp } = open();
    const start = clock.now();
    await trail.record(call('ecs', 'CreateCluster', { input: { clusterName: 'a' } }));
    await clock.turn(10_000);
    const ann = caller({ kind: 'user', userName: 'ann', userId: 'AIDA' }, { accessKeyId: 'AKIAANN' });
    await trail.record(call('iam', 'CreateUser', { caller: ann, input: { UserName: 'bob' } }));
    await clock.turn(10_000);
    await trail.record(call('sts', 'AssumeRole', { input: { RoleArn: `arn:aws:iam::${ACCOUNT}:role/x/deploy` } }));
    const newest = (await lookUp({ MaxResults: 1 })).Events?.[0]?.EventId ?? '';
    const rows: readonly (readonly [string, string, readonly string[]])[] = [
      ['EventName', 'CreateUser', ['CreateUser']],
      ['EventName', 'createuser', []],
      ['Username', 'ann', ['CreateUser']],
      ['AccessKeyId', 'AKIAANN', ['CreateUser']],
      ['EventSource', 'ecs.amazonaws.com', ['CreateCluster']],
      ['ReadOnly', 'true', ['AssumeRole']],
      ['ReadOnly', 'false', ['CreateUser', 'CreateCluster']],
      ['ResourceName', 'bob', ['CreateUser']],
      ['ResourceName', 'deploy', ['AssumeRole']],
      ['ResourceType', 'AWS::IAM::Role', ['AssumeRole']],
      ['EventId', newest, ['AssumeRole']],
    ];
    for (const [AttributeKey, AttributeValue, expected] of rows) {
      const found = await names({ LookupAttributes: [{ AttributeKey: AttributeKey as 'EventName', AttributeValue }] });
      assert.deepEqual(found, expected, `${AttributeKey}=${AttributeValue}`);
    }
    assert.deepEqual(await names({ StartTime: new Date(start + 10_000) }), ['AssumeRole', 'CreateUser']);
    assert.deepEqual(await names({ EndTime: new Date(start + 10_000) }), ['CreateUser', 'CreateCluster']);
    assert.deepEqual(await names({ StartTime: new Date(start + 1), EndTime: new Date(start + 9_999) }), []);
  });

  it('keeps accounts and regions apart; what IAM does is in us-east-1', async () => {
    const { trail, names } = open();
    const elsewhere = caller(undefined, { region: 'eu-west-1' as Region });
    await trail.record(call('ecs', 'CreateCluster', { caller: elsewhere }));
    await trail.record(call('iam', 'CreateRole', { caller: elsewhere }));
    assert.deepEqual(await names(), ['CreateRole']);
  });

  it('refuses what it cannot answer, in CloudTrail’s errors', async () => {
    const { trail, lookUp } = open();
    for (let n = 0; n < 3; n += 1) await trail.record(call('ecs', 'CreateCluster'));
    const attribute = { AttributeKey: 'EventName', AttributeValue: 'x' } as const;
    const { NextToken: token = '' } = await lookUp({ MaxResults: 1 });
    const rows = [
      ['InvalidLookupAttributesException', { LookupAttributes: [attribute, attribute] }],
      ['InvalidTimeRangeException', { StartTime: new Date(2), EndTime: new Date(1) }],
      ['InvalidEventCategoryException', { EventCategory: 'insight' }],
      ['InvalidNextTokenException', { NextToken: 'rubbish' }],
      ['InvalidNextTokenException', { NextToken: token, LookupAttributes: [attribute] }],
    ] as const;
    for (const [code, input] of rows)
      await assert.rejects(lookUp(input as never), (error: ServiceError) => error.code === code, code);
  });

  it('pages through anything once each, newest first, also while more comes', async () => {
    const property = fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 30 }),
      fc.integer({ min: 1, max: 7 }),
      async (waits, MaxResults) => {
        const { trail, clock, lookUp } = open();
        const expected: string[] = [];
        for (const [n, wait] of waits.entries()) {
          await clock.turn(wait);
          await trail.record(call('ecs', 'CreateCluster', { requestId: `${n}` }));
          expected.unshift(`${n}`);
        }
        const seen: string[] = [];
        let NextToken: string | undefined;
        do {
          const page = await lookUp({ MaxResults, ...(NextToken === undefined ? {} : { NextToken }) });
          for (const { CloudTrailEvent } of page.Events ?? [])
            seen.push((JSON.parse(CloudTrailEvent ?? '') as { requestID: string }).requestID);
          NextToken = page.NextToken;
          await trail.record(call('ecs', 'CreateCluster', { requestId: 'late' }));
          await clock.turn(1);
        } while (NextToken !== undefined);
        assert.deepEqual(seen, expected);
      },
    );
    await fc.assert(property, { numRuns: 40 });
  });
});

const named = (name: string): object => ({ ResourceType: 'AWS::ECS::Cluster', ResourceName: name });

describe('AuditTrail when the disk fails', () => {
  it('lets calls go on, says so once, and writes what it owes when it can', async () => {
    const store = new MemoryLogStore();
    const { trail, names, logged } = open(store);
    store.failNext(new Error('no space left on the disk'));
    await trail.record(call('ecs', 'CreateCluster'));
    store.failNext(new Error('no space left on the disk'));
    await trail.record(call('ecs', 'TagResource'));
    assert.match(trail.problems().join(), /cannot be written \(no space left on the disk\): 2 events wait/);
    assert.equal(logged.filter((line) => line.startsWith('error THE AUDIT TRAIL CANNOT')).length, 1);
    assert.deepEqual(await names(), []);
    await trail.record(call('ecs', 'DeleteCluster'));
    assert.deepEqual(await names(), ['DeleteCluster', 'TagResource', 'CreateCluster']);
    assert.deepEqual(trail.problems(), []);
    assert.ok(logged.includes('warn the audit trail is written again'));
  });

  it('keeps so many at most, and says how many were lost', async () => {
    const store = new MemoryLogStore();
    const { trail } = open(store);
    store.failNext(new Error('full'));
    await Promise.all(Array.from({ length: 10_003 }, () => trail.record(call('ecs', 'CreateCluster'))));
    assert.match(trail.problems().join('\n'), /10000 events wait.*\n3 events of the audit trail were lost/);
  });
});

describe('AuditTrail on files', () => {
  const folders: string[] = [];
  const folder = (): string => {
    const path = mkdtempSync(join(tmpdir(), 'gantry-trail-'));
    folders.push(path);
    return path;
  };
  after(() => {
    for (const path of folders) rmSync(path, { recursive: true });
  });

  it('writes what comes together in one go, and each call waits for its own', async () => {
    const path = folder();
    const store = new SegmentLogStore({ folder: path });
    let appends = 0;
    const append = store.append.bind(store);
    store.append = (...args) => {
      appends += 1;
      return append(...args);
    };
    const { trail } = open(store);
    await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        await trail.record(call('ecs', 'CreateCluster', { requestId: `request-${n}` }));
        // Another process would find it: the files have it.
        if (n % 50 === 0)
          assert.ok((await open(new SegmentLogStore({ folder: path })).names({ MaxResults: 50 })).length > 0);
      }),
    );
    assert.ok(appends < 10, `${appends} writes`);
    await trail.close();
    const again = open(new SegmentLogStore({ folder: path }));
    assert.equal((await again.names({ MaxResults: 50 })).length, 50);
  });

  it('forgets what is past its days, and what is too much', async () => {
    const path = folder();
    const limits = { bytes: 20_000, frames: 20_000 };
    const small = { retentionMs: 48 * HOUR_MS, mostBytes: 100_000 };
    const { trail, clock, lookUp } = open(new SegmentLogStore({ folder: path, limits }), small);
    const total = async (): Promise<number> => {
      let [count, NextToken] = [0, undefined as string | undefined];
      do {
        const page = await lookUp(NextToken === undefined ? {} : { NextToken });
        count += page.Events?.length ?? 0;
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
      return count;
    };
    for (let n = 0; n < 400; n += 1) {
      await trail.record(call('ecs', 'CreateCluster'));
      await clock.turn(60_000);
    }
    assert.equal(await total(), 400);
    assert.ok((await trail.shorten()) > 0);
    const kept = await total();
    assert.ok(kept > 50 && kept < 300, `${kept} of 400 events are left`);
    assert.equal(await trail.shorten(), 0);
    await clock.turn(49 * HOUR_MS);
    assert.equal(await total(), 0, 'hidden at once');
    assert.ok((await trail.shorten()) > 0, 'and gone from the disk within the hour');
    await trail.close();
  });
});
