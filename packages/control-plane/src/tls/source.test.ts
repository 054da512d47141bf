import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { FakeClock } from '@gantry/testkit/index.ts';
import { openAuthority, SERVER_DAYS, type Authority } from './authority.ts';
import { fromFiles, selfIssued, type KeyAndCertificate, type TlsSource } from './source.ts';

const DAY_MS = 86_400_000;
const folder = mkdtempSync(join(tmpdir(), 'gantry-tls-'));
after(() => rmSync(folder, { recursive: true }));

const authorityAt = (name: string, nowMs: number): Authority =>
  openAuthority({ path: join(folder, name, 'authority.pem'), random: randomBytes, nowMs });
const untilMs = ({ cert }: { cert: string }): number => new X509Certificate(cert).validToDate.getTime();

describe('the authority', () => {
  const nowMs = Date.UTC(2026, 10, 22);

  it('is made once, for its owner alone, and known again', () => {
    const first = authorityAt('once', nowMs);
    assert.equal(authorityAt('once', nowMs + 1_000 * DAY_MS).certificate, first.certificate);
    const path = join(folder, 'once', 'authority.pem');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.match(readFileSync(path, 'utf8'), /PRIVATE KEY/);
    assert.doesNotMatch(first.certificate, /PRIVATE KEY/);
    const server = new X509Certificate(first.issue(['localhost'], nowMs).cert);
    assert.ok(server.checkIssued(new X509Certificate(first.certificate)));
  });

  it('is made anew when it would end before a server’s certificate does', () => {
    const first = authorityAt('old', nowMs);
    const last = nowMs + (3_650 - 100) * DAY_MS;
    assert.equal(authorityAt('old', last - 1).certificate, first.certificate);
    const next = authorityAt('old', last + 1_000);
    assert.notEqual(next.certificate, first.certificate);
    assert.equal(authorityAt('old', last + 2_000).certificate, next.certificate);
  });

  it('refuses a file that is none, and says what to do', () => {
    const path = join(folder, 'once', 'authority.pem');
    const good = readFileSync(path, 'utf8');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const stranger = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const certificate = /-----BEGIN CERTIFICATE[^]*$/.exec(good)?.[0] ?? '';
    for (const text of ['', good.slice(0, 200), certificate, stranger + certificate]) {
      writeFileSync(path, text);
      assert.throws(() => authorityAt('once', nowMs), /is not a certificate authority .* move it away/);
    }
  });
});

/** Runs a source, and gathers what it hands over. */
function follow(source: TlsSource, clock: FakeClock) {
  const life = new AbortController();
  const given: KeyAndCertificate[] = [];
  const ended = source.keep((next) => given.push(next), life.signal);
  return {
    given,
    stop: async () => {
      life.abort();
      await clock.turnWhile(ended);
    },
  };
}

describe('certificates of our own', () => {
  it('are made anew a month before they end, and never lapse', async () => {
    const clock = new FakeClock();
    const source = selfIssued(authorityAt('own', clock.now()), ['localhost'], { clock, log: () => undefined });
    const { given, stop } = follow(source, clock);
    await clock.turn((SERVER_DAYS - 31) * DAY_MS);
    assert.equal(given.length, 0);
    await clock.turn(2 * DAY_MS);
    assert.equal(given.length, 1);
    assert.notEqual(given[0]?.key, source.first.key);
    for (let day = 0; day < 400; day += 1) {
      await clock.turn(DAY_MS);
      assert.ok(untilMs(given.at(-1) as KeyAndCertificate) > clock.now() + 28 * DAY_MS);
    }
    assert.ok(given.length < 10);
    await stop();
  });

  it('are made anew when told to', async () => {
    const clock = new FakeClock();
    const source = selfIssued(authorityAt('told', clock.now()), ['localhost'], { clock, log: () => undefined });
    const { given, stop } = follow(source, clock);
    source.reload();
    await clock.turn(1);
    assert.equal(given.length, 1);
    await stop();
    assert.equal(given.length, 1, 'an end is no request');
  });
});

describe('certificates of the user’s files', () => {
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
    return path;
  };

  it('are read again when they change; what cannot be used is said, and the former stays', async () => {
    const clock = new FakeClock(Date.UTC(2026, 10, 22));
    const authority = authorityAt('files', clock.now());
    const logged: string[] = [];
    const log = (level: string, message: string): void => void logged.push(`${level} ${message}`);
    const first = authority.issue(['a.example'], clock.now());
    const [certFile, keyFile] = [write('cert.pem', first.cert), write('key.pem', first.key)];
    const source = fromFiles(certFile, keyFile, { clock, log });
    const { given, stop } = follow(source, clock);
    await clock.turn(60_000);
    assert.equal(given.length, 0);
    const second = authority.issue(['a.example'], clock.now() + DAY_MS);
    write('cert.pem', second.cert);
    await clock.turn(10_000);
    assert.equal(given.length, 0, 'the key is still the former one');
    assert.match(source.problems().join(), /is not the key of the certificate .* from before is still used/);
    assert.deepEqual(logged, ['error the new TLS certificate cannot be used']);
    await clock.turn(60_000);
    assert.equal(logged.length, 1, 'said once');
    write('key.pem', second.key);
    await clock.turn(10_000);
    assert.deepEqual(given, [{ cert: second.cert, key: second.key }]);
    assert.deepEqual(source.problems(), []);
    await clock.turn((SERVER_DAYS - 10) * DAY_MS);
    assert.match(source.problems().join(), /ends in 10 days/);
    await clock.turn(20 * DAY_MS);
    assert.match(source.problems().join(), /has ended/);
    await stop();
  });

  it('must be usable at the start', () => {
    const clock = new FakeClock();
    const authority = authorityAt('files', Date.UTC(2026, 10, 22));
    const [one, two] = [authority.issue(['a'], 0), authority.issue(['b'], 0)];
    const [certFile, keyFile] = [write('c1.pem', one.cert), write('k1.pem', one.key)];
    const rows: readonly (readonly [string, string, RegExp])[] = [
      [join(folder, 'absent.pem'), keyFile, /--tls-cert .*absent\.pem cannot be read/],
      [keyFile, keyFile, /--tls-cert .* is no certificate/],
      [certFile, certFile, /--tls-key .* is no private key/],
      [certFile, write('k2.pem', two.key), /k2\.pem is not the key of the certificate/],
    ];
    for (const [cert, key, expected] of rows)
      assert.throws(() => fromFiles(cert, key, { clock, log: () => undefined }), expected);
    assert.doesNotThrow(() => fromFiles(certFile, keyFile, { clock, log: () => undefined }));
  });
});
