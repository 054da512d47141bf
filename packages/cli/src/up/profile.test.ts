import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mergeProfile, PROFILE_MARK } from './profile.ts';

const OURS = `[profile gantry]\n${PROFILE_MARK}\nregion = us-east-1\n`;
const merge = (text: string): ReturnType<typeof mergeProfile> =>
  mergeProfile(text, 'profile gantry', { region: 'us-east-1' });

const rows: readonly (readonly [string, string, string])[] = [
  ['no file', '', OURS],
  ['another profile', '[default]\nregion = eu-west-1\n', `[default]\nregion = eu-west-1\n\n${OURS}`],
  ['a last line without an end', '[default]\nregion = x', `[default]\nregion = x\n\n${OURS}`],
  [
    'ours with another value, and others around it',
    `[a]\nx = 1\n\n[profile gantry]\n${PROFILE_MARK}\nregion = old\n\n[b]\ny = 2\n`,
    `[a]\nx = 1\n\n${OURS}\n[b]\ny = 2\n`,
  ],
];
for (const [name, text, expected] of rows) {
  test(`merging into ${name}`, () => assert.deepEqual(merge(text), { kind: 'written', text: expected }));
}

test('what is there already is not written again, and a foreign one is left alone', () => {
  assert.deepEqual(merge(OURS), { kind: 'same' });
  assert.deepEqual(merge('[ profile gantry ]\nregion = mine\n'), { kind: 'foreign' });
});

test('merging keeps every other line, and a second time changes nothing', () => {
  const line = fc.oneof(
    fc.stringMatching(/^[a-z]{1,5} = [a-z]{0,5}$/),
    fc.stringMatching(/^\[[a-f]{1,3}\]$/),
    fc.constant(''),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const text = lines.length === 0 ? '' : `${lines.join('\n')}\n`;
      const once = merge(text);
      assert.ok(once.kind === 'written');
      assert.ok(once.text.startsWith(text));
      assert.deepEqual(merge(once.text), { kind: 'same' });
    }),
  );
});
