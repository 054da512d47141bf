import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { aesGcmSeal } from './aes-gcm.ts';
import { SealError, sealedWith } from './port.ts';

const aSeal = (...keys: Buffer[]) =>
  aesGcmSeal({ keys: keys.length > 0 ? keys : [randomBytes(32)], random: randomBytes, source: 'a test' });

describe('the seal', () => {
  it('opens what it sealed, and twice the same text gives two sealed ones', () => {
    const seal = aSeal();
    fc.assert(
      fc.property(fc.string(), fc.string(), (plain, context) => {
        const [one, two] = [seal.seal(plain, context), seal.seal(plain, context)];
        assert.notEqual(one, two);
        assert.match(one, /^g1\.[0-9a-f]{8}\.[\w-]+$/);
        assert.equal(seal.open(one, context).toString('utf8'), Buffer.from(plain).toString('utf8'));
      }),
    );
  });

  it('opens what any of its keys sealed, and seals with the first', () => {
    const [first, second] = [randomBytes(32), randomBytes(32)];
    const both = aSeal(second, first);
    assert.equal(both.open(aSeal(first).seal('hunter2', 'a'), 'a').toString(), 'hunter2');
    assert.equal(sealedWith(both.seal('hunter2', 'a')), aSeal(second).keyId);
    assert.deepEqual(both.keyIds, [aSeal(second).keyId, aSeal(first).keyId]);
    assert.throws(() => aSeal(first).open(both.seal('hunter2', 'a'), 'a'), SealError);
    assert.throws(() => aSeal(first, randomBytes(31)), /31 bytes, not 32/);
    assert.throws(() => aesGcmSeal({ keys: [], random: randomBytes, source: '' }), /no key/);
  });

  it('opens nothing that was changed, moved, or made with another key', () => {
    const seal = aSeal();
    const sealed = seal.seal('hunter2', 'ssm/a');
    assert.throws(() => seal.open(sealed, 'ssm/b'), SealError);
    assert.throws(() => aSeal().open(sealed, 'ssm/a'), /sealed with the key [0-9a-f]{8}; the key here is/);
    for (const text of ['', 'g1', `${sealed}.x`, `g2${sealed.slice(2)}`, sealed.slice(0, 20)])
      assert.throws(() => seal.open(text, 'ssm/a'), SealError);
    const body = sealed.slice(12);
    for (let at = 0; at < body.length - 1; at += 1) {
      const other = body[at] === 'A' ? 'B' : 'A';
      const changed = `${sealed.slice(0, 12)}${body.slice(0, at)}${other}${body.slice(at + 1)}`;
      assert.throws(() => seal.open(changed, 'ssm/a'), SealError);
    }
  });
});
