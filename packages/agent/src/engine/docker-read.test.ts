import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { chooseApiVersion, readContainer, readEvent, readImage, readInfo, splitReference } from './docker-read.ts';
import { jsonLines } from './json-lines.ts';
import { framedLines, parseStamp, rawLines } from './log-stream.ts';
import type { LogLine } from './port.ts';

const STAMP = '2026-01-02T03:04:05.000000006Z ';

describe('reading the engine', () => {
  for (const [server, min, chosen] of [
    ['1.41', '1.12', '1.41'],
    ['1.55', '1.44', '1.51'],
    ['1.60', '1.55', '1.55'],
  ]) {
    it(`chooses ${chosen} of ${min}..${server}`, () => {
      assert.equal(chooseApiVersion({ ApiVersion: server, MinAPIVersion: min }), chosen);
    });
  }
  it('refuses an engine that is too old, by name', () => {
    assert.throws(() => chooseApiVersion({ ApiVersion: '1.40', Version: '19.03' }), /19\.03 speaks API 1\.40.*needs/);
    assert.throws(() => chooseApiVersion(undefined), /no API version/);
  });

  for (const [reference, repository, tag] of [
    ['busybox', 'busybox', 'latest'],
    ['a/b:1', 'a/b', '1'],
    ['host:5000/a', 'host:5000/a', 'latest'],
    ['host:5000/a:2', 'host:5000/a', '2'],
    ['a@sha256:ab', 'a', 'sha256:ab'],
  ] as const) {
    it(`splits ${reference}`, () => assert.deepEqual(splitReference(reference), { repository, tag }));
  }
  for (const bad of ['', '../x', 'a b', 'a?b', 'a//b', '/a', 'a#b', 'a%2e']) {
    it(`refuses the reference ${JSON.stringify(bad)}`, () =>
      assert.throws(() => splitReference(bad), /invalid reference/));
  }

  it('takes the digest of the repository asked for', () => {
    const body = { Id: 'sha256:1', RepoDigests: ['other@sha256:2', 'host:5000/a@sha256:3'] };
    assert.deepEqual(readImage('host:5000/a:2', body), { id: 'sha256:1', repoDigest: 'sha256:3' });
    const hub = { Id: 'sha256:1', RepoDigests: ['nginx@sha256:4'] };
    for (const name of ['nginx', 'nginx:1', 'docker.io/library/nginx:1', 'library/nginx', 'nginx:1@sha256:4'])
      assert.equal(readImage(name, hub).repoDigest, 'sha256:4', name);
    assert.equal(readImage('retagged', hub).repoDigest, undefined, 'there is no such image at that repository');
    assert.deepEqual(readImage('a', { Id: 'sha256:1', RepoDigests: null }), { id: 'sha256:1', repoDigest: undefined });
  });

  it('reads events, and only ours', () => {
    const at = { Actor: { ID: 'c', Attributes: { exitCode: '3' } }, timeNano: 1_700_000_000_123_456_800 };
    assert.deepEqual(readEvent({ Action: 'die', ...at }), {
      kind: 'died',
      id: 'c',
      atMs: 1_700_000_000_123,
      exitCode: 3,
    });
    const health = readEvent({ Action: 'health_status: unhealthy', ...at });
    assert.deepEqual(health, { kind: 'health', id: 'c', atMs: 1_700_000_000_123, health: 'unhealthy' });
    for (const Action of ['exec_start: sh', 'attach', 'constructor', 'health_status: none']) {
      assert.equal(readEvent({ Action, ...at }), undefined, Action);
    }
  });

  it('forgets the end of an earlier run while a container runs', () => {
    const State = {
      Status: 'running',
      Pid: 1,
      ExitCode: 0,
      OOMKilled: false,
      Error: '',
      StartedAt: '2026-01-02T03:04:06.5Z',
      FinishedAt: '2026-01-02T03:04:05.000000006Z',
      Health: { Status: 'none' },
    };
    const state = readContainer({ Id: 'i', Name: '/n', Config: { Labels: null }, State });
    assert.equal(state.finishedAtMs, undefined);
    assert.equal(state.startedAtMs, Date.parse('2026-01-02T03:04:06.500Z'));
    assert.equal(state.health, undefined);
    assert.deepEqual([state.name, state.labels, state.ports], ['n', {}, []]);
  });
});

describe('streams, however they are cut', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 40 }).map((one) => one.replace(/[\r\n]/g, '.'));
  const cuts = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 });

  it('json lines', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ a: text }, { noNullPrototype: true })), cuts, async (objects, sizes) => {
        const bytes = Buffer.from(objects.map((one) => `${JSON.stringify(one)}\n`).join(''));
        assert.deepEqual(await all(jsonLines(pieces(bytes, sizes))), objects);
      }),
    );
  });

  it('framed and raw log lines, long ones too', async () => {
    const line = fc.oneof(
      text,
      fc.integer({ min: 16_380, max: 50_000 }).map((length) => 'y'.repeat(length)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 5 }), cuts, async (lines, sizes) => {
        const scaled = sizes.map((size) => size * 97);
        const messages = lines.flatMap(cut).map((one) => Buffer.from(STAMP + one));
        const framed = Buffer.concat(messages.map((message) => Buffer.concat([head(1, message.length), message])));
        const raw = Buffer.concat(messages);
        const expected = lines.map((one) => ({ stream: 'stdout', timestampNs: parseStamp(STAMP.trim()), text: one }));
        assert.deepEqual(await all<LogLine>(framedLines(pieces(framed, scaled))), expected);
        assert.deepEqual(await all<LogLine>(rawLines(pieces(raw, scaled))), expected);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps the nanoseconds', () => {
    assert.equal(parseStamp('2026-01-02T03:04:05.000000006Z') % 1_000_000_000n, 6n);
    assert.equal(parseStamp('2026-01-02T03:04:05.5Z') % 1_000_000_000n, 500_000_000n);
    assert.equal(parseStamp('1970-01-01T00:00:01Z'), 1_000_000_000n);
  });

  it('gives a line without an end in pieces', async () => {
    const message = Buffer.from(STAMP + 'z'.repeat(16_384));
    const endless = Array.from({ length: 70 }, () => Buffer.concat([head(2, message.length), message]));
    const lines = await all<LogLine>(framedLines(pieces(Buffer.concat(endless), [1 << 20])));
    assert.deepEqual(
      lines.map((line) => line.text.length),
      [1_048_576, 6 * 16_384],
    );
    assert.ok(lines.every((line) => line.stream === 'stderr'));
  });
});

/** A line as Docker stores it: messages of at most 16 KiB, the last one with the newline. */
function cut(line: string): string[] {
  const bytes = Buffer.from(line);
  const parts: string[] = [];
  let at = 0;
  for (; bytes.length - at > 16_384; at += 16_384) parts.push(bytes.toString('utf8', at, at + 16_384));
  return [...parts, `${bytes.toString('utf8', at)}\n`];
}

function head(stream: number, length: number): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(length, 4);
  return header;
}

async function* pieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

it('info: the security modules that are on, and defaults for what is not said', () => {
  const SecurityOptions = ['name=apparmor', 'name=seccomp,profile=builtin', 'name=selinux,x=y', 'name=apparmor2'];
  assert.deepEqual(readInfo('1.47', { SecurityOptions }).securityModules, ['apparmor', 'selinux']);
  const bare = readInfo('1.47', {});
  assert.deepEqual([bare.securityModules, bare.logDrivers, bare.cpus], [[], [], 0]);
});
