import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ServiceError } from '@gantry/protocol';
import type { Ids } from '@gantry/domain';
import { evenly, randomPassword, randomText } from './random-password.ts';

const LETTERS = { lower: /[a-z]/, upper: /[A-Z]/, digit: /[0-9]/, punctuation: /[!-/:-@[-`{-~]/, space: / / };

/** As even as real chance, and the same every time. */
function hashedIds(): Ids {
  let count = 0;
  return { hex32: () => hash('sha256', String((count += 1))).slice(0, 32) } as Ids;
}

describe('GetRandomPassword', () => {
  it('keeps every promise, or says why it cannot', () => {
    const option = fc.option(fc.boolean(), { nil: undefined });
    const asked = fc.record({
      PasswordLength: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
      ExcludeCharacters: fc.option(fc.string({ maxLength: 100 }), { nil: undefined }),
      ExcludeNumbers: option,
      ExcludePunctuation: option,
      ExcludeUppercase: option,
      ExcludeLowercase: option,
      IncludeSpace: option,
      RequireEachIncludedType: option,
    });
    const pick = evenly(hashedIds());
    fc.assert(
      fc.property(asked, (input) => {
        let password: string;
        try {
          password = randomPassword(input, pick);
        } catch (error) {
          assert.ok(error instanceof ServiceError);
          assert.match(error.message, /too short based on the required types|no characters left/);
          return;
        }
        assert.equal(password.length, input.PasswordLength ?? 32);
        const excluded = {
          lower: input.ExcludeLowercase === true,
          upper: input.ExcludeUppercase === true,
          digit: input.ExcludeNumbers === true,
          punctuation: input.ExcludePunctuation === true,
          space: input.IncludeSpace !== true,
        };
        for (const [type, isOut] of Object.entries(excluded))
          if (isOut) assert.doesNotMatch(password, LETTERS[type as keyof typeof LETTERS]);
          else if (input.RequireEachIncludedType !== false && (input.ExcludeCharacters ?? '') === '')
            assert.match(password, LETTERS[type as keyof typeof LETTERS]);
        for (const character of input.ExcludeCharacters ?? '') assert.ok(!password.includes(character));
      }),
      { numRuns: 500 },
    );
  });

  it('makes no character likelier than another', () => {
    const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ!-.';
    const text = randomText(evenly(hashedIds()), alphabet, 65_000);
    const counts = alphabet.split('').map((character) => text.split(character).length - 1);
    // 1000 are expected of each, with a deviation of about 31: five times that is chance once in two million.
    assert.ok(Math.min(...counts) > 840 && Math.max(...counts) < 1160, counts.join());
  });

  it('ends also when five types must fit into five characters', () => {
    const input = {
      PasswordLength: 5,
      IncludeSpace: true,
      ExcludeCharacters: 'bcdefghijklmnopqrstuvwxyzBCDEFGHIJKLMNOPQRSTUVWXYZ123456789',
    };
    const password = randomPassword(input, evenly(hashedIds()));
    assert.deepEqual(
      password
        .split('')
        .filter((each) => 'aA0 '.includes(each))
        .toSorted(),
      [' ', '0', 'A', 'a'],
    );
  });
});
