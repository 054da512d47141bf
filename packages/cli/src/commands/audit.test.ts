import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeApi } from '../api/fake.ts';
import { FakeHost } from '../host/fake.ts';
import { audit, type AuditOptions } from './audit.ts';

const AT = Date.UTC(2026, 10, 22, 8, 0, 0);
const arn = (rest: string): string => `arn:aws:ecs:us-east-1:000000000000:${rest}`;
const event = (n: number, more: object = {}, record: object = {}) => ({
  EventId: `e${n}`,
  EventName: 'CreateCluster',
  EventTime: new Date(AT + n * 1_000),
  Username: 'administrator',
  Resources: [
    { ResourceType: 'AWS::ECS::Cluster', ResourceName: `c${n}` },
    { ResourceType: 'AWS::ECS::Cluster', ResourceName: arn(`cluster/c${n}`) },
  ],
  CloudTrailEvent: JSON.stringify({ sourceIPAddress: '192.0.2.7', ...record }),
  ...more,
});
const denied = event(
  1,
  { EventName: 'DeleteCluster', Username: 'ci', Resources: [] },
  {
    errorCode: 'AccessDenied',
    errorMessage: 'User: x\nis not authorized',
    userIdentity: { sessionContext: { sessionIssuer: { userName: 'deployer' } } },
  },
);
const OPTIONS: AuditOptions = { sinceMs: AT, only: { errors: false }, limit: 100, follow: false, json: false };

/** Newest first, two a page, as the service gives them. */
function api(events: readonly ReturnType<typeof event>[]): FakeApi {
  return new FakeApi({
    LookupEvents: ({ NextToken: token = '0' }) => {
      const from = Number(token);
      const Events = events.toReversed().slice(from, from + 2);
      return { Events, ...(from + 2 < events.length ? { NextToken: String(from + 2) } : {}) };
    },
  });
}

test('audit shows who did what, oldest first', async () => {
  const host = new FakeHost();
  assert.equal(await audit(host, api([event(0), denied, event(2)]), OPTIONS), 0);
  assert.deepEqual(host.said, [
    'WHEN (UTC)           USER           EVENT          FROM       WHAT             RESULT',
    '2026-11-22 08:00:00  administrator  CreateCluster  192.0.2.7  cluster/c0 (+1)  ok',
    '2026-11-22 08:00:01  deployer/ci    DeleteCluster  192.0.2.7  -                AccessDenied: User: x is not authorized',
    '2026-11-22 08:00:02  administrator  CreateCluster  192.0.2.7  cluster/c2 (+1)  ok',
  ]);
});

test('audit takes the newest of many, and filters what the service does not', async () => {
  const many = Array.from({ length: 9 }, (_, n) => event(n));
  const host = new FakeHost();
  await audit(host, api(many), { ...OPTIONS, limit: 3 });
  assert.deepEqual(
    host.said.slice(1).map((line) => /c\d/.exec(line)?.[0]),
    ['c6', 'c7', 'c8'],
  );
  const rows = [
    [{ errors: true }, undefined, 1],
    [{ errors: false, user: 'ci', event: 'DeleteCluster' }, 'Username', 1],
    [{ errors: false, event: 'CreateCluster' }, 'EventName', 2],
    [{ errors: false, user: 'nobody', resource: 'c0' }, 'ResourceName', 0],
  ] as const;
  for (const [only, key, count] of rows) {
    const [asked, told] = [api([event(0), denied, event(2)]), new FakeHost()];
    await audit(told, asked, { ...OPTIONS, only, json: true });
    assert.equal(told.said.filter((line) => line.startsWith('{')).length, count, JSON.stringify(only));
    const attributes = asked.inputs('LookupEvents')[0]?.['LookupAttributes'] as { AttributeKey: string }[] | undefined;
    assert.equal(attributes?.[0]?.AttributeKey, key);
  }
});

test('audit --follow goes on with what is new, once each, until it is interrupted', async () => {
  const host = new FakeHost();
  const there = [event(0)];
  const stop = new AbortController();
  host.interruption = () => stop.signal;
  let asked = 0;
  const growing = new FakeApi({
    LookupEvents: ({ StartTime: from }) => {
      asked += 1;
      if (asked === 3) there.push(event(1), event(1, { EventId: 'twin', EventName: 'TagResource' }));
      if (asked === 5) there.push(event(2));
      if (asked === 7) stop.abort();
      return { Events: there.filter((e) => e.EventTime >= (from as Date)).toReversed() };
    },
  });
  await audit(host, growing, { ...OPTIONS, follow: true });
  assert.deepEqual(
    host.said.map((line) => /EVENT|CreateCluster.*c\d|TagResource/.exec(line)?.[0].replace(/ .*(c\d)/, ' $1')),
    ['EVENT', 'CreateCluster c0', 'CreateCluster c1', 'TagResource', 'CreateCluster c2'],
  );
});
