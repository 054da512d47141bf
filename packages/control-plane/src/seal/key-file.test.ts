import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
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

  it('is refused when it is no key, or not to be had, and says what to do', () => {
    const path = join(folder, 'other.key');
    writeFileSync(path, 'abc\n');
    assert.throws(
      () => openSeal({ path, random: randomBytes }),
      /other\.key is not a key file \(64 hex digits\)\. Restore/,
    );
    assert.throws(() => openSeal({ path: folder, random: randomBytes }), /cannot be read: EISDIR.*--key-file/);
    const below = join(path, 'seal.key');
    assert.throws(() => openSeal({ path: below, random: randomBytes }), /cannot be (read|made): .*--key-file/);
  });
});
