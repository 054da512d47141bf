import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compiledPolicies } from './cache.ts';
import { contextOf, evaluate, type PrincipalPolicies } from './evaluate.ts';
import { parsePolicy, PolicyError } from './policy.ts';

const actions = fc.constantFrom(
  'ecs:RunTask',
  'ecs:StopTask',
  'iam:PassRole',
  'ecs:Run*',
  'ecs:*',
  '*',
  'iam:?assRole',
);
const resources = fc
  .constantFrom('*', 'a', 'b', 'a*', '${aws:username}')
  .map((name) => (name === '*' ? '*' : `arn:aws:ecs:us-east-1:111122223333:cluster/${name}`));
const conditions = fc.constantFrom(
  undefined,
  { StringEquals: { 'aws:username': 'a' } },
  { StringNotEquals: { 'aws:username': 'a' } },
  { Null: { 'aws:username': 'true' } },
  { 'ForAllValues:StringLike': { 'aws:TagKeys': ['t*'] } },
  { 'ForAnyValue:StringNotEquals': { 'aws:TagKeys': 't1' } },
);
const some = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { minLength: 1, maxLength: 3 });

const statements = (effect: fc.Arbitrary<string>): fc.Arbitrary<object> =>
  fc
    .record({ effect, not: fc.boolean(), action: some(actions), resource: some(resources), condition: conditions })
    .map(({ effect: Effect, not, action, resource, condition }) => ({
      Effect,
      [not ? 'NotAction' : 'Action']: action,
      Resource: resource,
      ...(condition === undefined ? {} : { Condition: condition }),
    }));
const statement = statements(fc.constantFrom('Allow', 'Allow', 'Deny'));

const compile = compiledPolicies(50);
const document = (list: readonly object[]) =>
  compile(JSON.stringify({ Version: '2012-10-17', Statement: list }), 'identity');
const request = fc.record({
  action: fc.constantFrom('ecs:RunTask', 'ecs:StopTask', 'iam:PassRole', 'ecs:runtask'),
  resource: fc.constantFrom('*', ...['a', 'ab', 'c'].map((n) => `arn:aws:ecs:us-east-1:111122223333:cluster/${n}`)),
  context: fc.constantFrom(
    contextOf({}),
    contextOf({ 'aws:username': 'a' }),
    contextOf({ 'aws:username': 'c', 'aws:TagKeys': ['t1', 'x'] }),
  ),
});

const policies: fc.Arbitrary<PrincipalPolicies> = fc
  .record({
    identity: fc.array(some(statement), { maxLength: 3 }),
    boundary: fc.option(some(statement), { nil: undefined }),
    session: fc.option(fc.array(some(statement), { maxLength: 2 }), { nil: undefined }),
  })
  .map(({ identity, boundary, session }) => ({
    identity: identity.map(document),
    boundary: boundary === undefined ? undefined : document(boundary),
    session: session?.map(document),
    tags: {},
  }));

const allows = (given: PrincipalPolicies, asked: Parameters<typeof evaluate>[1]): boolean =>
  evaluate(given, asked).effect === 'allow';

test('one more deny, in any kind of policy, never allows more', () => {
  fc.assert(
    fc.property(policies, some(statements(fc.constant('Deny'))), request, (given, denies, asked) => {
      const more = document(denies);
      for (const changed of [
        { ...given, identity: [...given.identity, more] },
        ...(given.session === undefined ? [] : [{ ...given, session: [...given.session, more] }]),
      ])
        assert.ok(!allows(changed, asked) || allows(given, asked));
    }),
  );
});

test('a session policy or a boundary never allows more', () => {
  fc.assert(
    fc.property(policies, some(statement), request, (given, list, asked) => {
      const { identity, tags } = given;
      const free = { identity, tags };
      for (const narrowed of [given, { ...free, session: [document(list)] }, { ...free, boundary: document(list) }])
        assert.ok(!allows(narrowed, asked) || allows(free, asked));
    }),
  );
});

test('a deny that applies is always the answer', () => {
  fc.assert(
    fc.property(policies, request, (given, asked) => {
      const all = document([{ Effect: 'Deny', Action: '*', Resource: '*' }]);
      for (const denied of [
        { ...given, identity: [...given.identity, all] },
        { ...given, boundary: all },
      ])
        assert.equal(evaluate(denied, asked).effect, 'explicit-deny');
    }),
  );
});

test('the order of statements and of policies does not matter', () => {
  fc.assert(
    fc.property(fc.array(some(statement), { maxLength: 4 }), request, (lists, asked) => {
      const effect = (documents: readonly (readonly object[])[]): string =>
        evaluate({ identity: documents.map(document), tags: {} }, asked).effect;
      const expected = effect(lists);
      assert.equal(effect(lists.toReversed().map((list) => list.toReversed())), expected);
      assert.equal(effect(lists.length === 0 ? [] : [lists.flat()]), expected, 'in one document');
    }),
  );
});

test('no text does anything but compile or be refused', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    fc.record({ Version: fc.constant('2012-10-17'), Statement: fc.anything() }).map((value) => JSON.stringify(value)),
    fc
      .record({ Effect: fc.constant('Allow'), Action: fc.string(), Resource: fc.string(), Condition: fc.object() })
      .map((value) => JSON.stringify({ Statement: value })),
  );
  fc.assert(
    fc.property(texts, fc.constantFrom('identity', 'trust', 'resource'), (text, kind) => {
      try {
        parsePolicy(text, kind);
      } catch (error) {
        assert.ok(error instanceof PolicyError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
