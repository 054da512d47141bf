import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { openSeal } from './key-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'gantry-seal-'));
after(() => rmSync(folder, { recursive: true }));

describe('the key file', () => {
  it('is made once, for its owner alone, and used after that', () => {
    const path = join(folder, 'deep/er/seal.key');
    const sealed = openSeal({ path, random: randomBytes }).seal('hunter2', 'here');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(dirname(path)), ['seal.key']);
    assert.match(readFileSync(path, 'utf8'), /^[0-9a-f]{64}\n$/);
    chmodSync(path, 0o644);
    assert.equal(openSeal({ path, random: randomBytes }).open(sealed, 'here').toString(), 'hunter2');
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it('may hold older keys below the current one', () => {
    const path = join(folder, 'rotated.key');
    const old = openSeal({ path, random: randomBytes });
    const sealed = old.seal('hunter2', 'here');
    writeFileSync(path, `${randomBytes(32).toString('hex')}\n\n${readFileSync(path, 'utf8')}`);
    const seal = openSeal({ path, random: randomBytes });
    assert.notEqual(seal.keyId, old.keyId);
    assert.deepEqual(seal.keyIds, [seal.keyId, old.keyId]);
    assert.equal(seal.source, path);
    assert.equal(seal.open(sealed, 'here').toString(), 'hunter2');
  });

  it('is one file when two are started at once', async () => {
    const path = join(folder, 'at/once.key');
    const program = `
      import { randomBytes } from 'node:crypto';
      import { openSeal } from ${JSON.stringify(join(import.meta.dirname, 'key-file.ts'))};
      console.log(openSeal({ path: process.argv[1], random: randomBytes }).keyId);`;
    const start = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, path]);
    const ids = await Promise.all([start(), start(), start(), start()]);
    assert.deepEqual(
      [...new Set(ids.map(({ stdout }) => stdout.trim()))],
      [openSeal({ path, random: randomBytes }).keyId],
    );
    assert.deepEqual(readdirSync(dirname(path)), ['once.key']);
  });

  it('is refused in the folder it must be apart from, also by a link', () => {
    const data = join(folder, 'data');
    mkdirSync(data);
    symlinkSync(data, join(folder, 'link'));
    const open = (path: string, apartFrom: string) => () => openSeal({ path, apartFrom, random: randomBytes });
    assert.throws(open(join(data, 'deep/seal.key'), data), /is in the data directory .*data: .*--key-file/);
    assert.throws(open(join(folder, 'link/seal.key'), data), /is in the data directory/);
    assert.throws(open(join(data, 'seal.key'), join(folder, 'link')), /is in the data directory/);
    assert.deepEqual(readdirSync(data), []);
    open(join(folder, 'data.key'), data)();
  });

  it('is refused when it is no key, or not to be had, and says what to do', () => {
    const path = join(folder, 'other.key');
    writeFileSync(path, 'abc\n');
    assert.throws(
      () => openSeal({ path, random: randomBytes }),
      /other\.key is not a key file \(lines of 64 hex digits\)\. Restore/,
    );
    assert.throws(() => openSeal({ path: folder, random: randomBytes }), /cannot be read, .*: EISDIR.*--key-file/);
    const below = join(path, 'seal.key');
    assert.throws(() => openSeal({ path: below, random: randomBytes }), /cannot be (read|made).*--key-file/);
  });
});
