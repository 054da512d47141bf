import fc from 'fast-check';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COMPARISONS, QueryError, type Expression, type Subject } from './ast.ts';
import { compileQuery, type Queried } from './evaluate.ts';
import { parseQuery } from './parse.ts';
import { printQuery } from './print.ts';

const instance: Queried = {
  attribute: (name) => ({ stack: 'prod', size: '10', 'ecs.instance-type': 't2.small', bare: '' })[name],
  agentConnected: true,
  agentVersion: '1.91.0',
  ec2InstanceId: 'i-0abc',
  registeredAt: Date.UTC(2026, 0, 15),
  runningTasksCount: 3,
  taskGroups: () => ['service:web', 'family:job'],
};

describe('an expression is true of an instance, or not', () => {
  const cases: [string, boolean][] = [
    ['attribute:stack == prod', true],
    ['attribute:stack equals "prod"', true],
    ['attribute:stack!=prod', false],
    ["attribute:ecs.instance-type =~ 't2.*'", true],
    ['attribute:ecs.instance-type =~ m4.*|t2.*', true],
    ['attribute:ecs.instance-type =~ t2', false],
    ['attribute:ecs.instance-type !~ m4.*', true],
    ['attribute:ecs.instance-type in [t2.small, t2.medium]', true],
    ['attribute:ecs.instance-type not_in [t2.small]', false],
    ['attribute:ecs.instance-type !in [t3.small]', true],
    ['attribute:bare exists', true],
    ['attribute:nope exists', false],
    ['attribute:nope !exists', true],
    ['attribute:nope not_exists', true],
    ['attribute:nope == x', false],
    ['attribute:nope != x', true],
    ['attribute:nope !in [x]', true],
    ['attribute:nope !~ x', true],
    ['attribute:nope > 1', false],
    ['attribute:size > 9', true],
    ['attribute:size < 9', false],
    ['attribute:stack > print', true],
    ['agentConnected == true', true],
    ['agentVersion >= 1.9', true],
    ['agentVersion less_than 1.100.0', true],
    ['ec2InstanceId in [i-0abc]', true],
    ['registeredAt > 2026-01-01 && registeredAt < 2026-01-15T00:00:01+00:00', true],
    ['registeredAt >= "2026-01-15T02:00:00+02:00"', true],
    ['runningTasksCount greater_than_equal 3', true],
    ['task:group == service:web', true],
    ['task:group != service:web', false],
    ['task:group =~ family:.*', true],
    ['not (attribute:stack == prod) or agentConnected == true', true],
    ['not attribute:stack == prod and agentConnected == true', false],
    ['attribute:stack == prod || attribute:stack == a && attribute:stack == b', true],
    ['(attribute:stack == prod || attribute:stack == a) && attribute:stack == b', false],
  ];
  for (const [text, expected] of cases)
    it(text, () => assert.equal(compileQuery(parseQuery(text))(instance), expected));
});

describe('what cannot be read is refused, and said where', () => {
  const cases: [string, RegExp][] = [
    ['', /Expected one of .* found the end/],
    ['attribute:stack', /an operator/],
    ['attribute: == x', /Expected one of/],
    ['stack == prod', /found 'stack'/],
    ['attribute:stack == "prod', /not closed/],
    ['attribute:stack == prod)', /the end of the expression/],
    ['(attribute:stack == prod', /'\)'/],
    ['attribute:stack in prod', /'\['/],
    ['attribute:stack in []', /a value/],
    ['runningTasksCount =~ 3', /cannot be used with =~/],
    ['runningTasksCount == three', /whole number/],
    ['agentConnected == yes', /true or false/],
    ['agentConnected > true', /cannot be used/],
    ['registeredAt > soon', /ISO date/],
    ['agentVersion == latest', /dotted version/],
    ["attribute:a =~ '(['", /not a regular expression/],
    ['attribute:a == ü', /Unexpected character/],
    [`${'('.repeat(500)}attribute:a exists${')'.repeat(500)}`, /nested/],
    [`attribute:a == ${'x'.repeat(2000)}`, /at most 2000/],
  ];
  for (const [text, expected] of cases)
    it(text.slice(0, 40), () =>
      assert.throws(
        () => parseQuery(text),
        (error) => error instanceof QueryError && expected.test(error.message),
      ),
    );
});

const word = fc.stringMatching(/^[A-Za-z0-9_.-]{1,12}$/);
const anyPredicate: fc.Arbitrary<Expression> = fc.oneof(
  fc.record({
    kind: fc.constant('compare' as const),
    subject: word.map((name): Subject => `attribute:${name}`),
    operator: fc.constantFrom(...COMPARISONS),
    value: word,
  }),
  fc.record({
    kind: fc.constant('in' as const),
    subject: fc.constantFrom<Subject>('ec2InstanceId', 'task:group', 'attribute:a/b'),
    negated: fc.boolean(),
    values: fc.array(
      fc.string().filter((text) => !text.includes("'")),
      { minLength: 1, maxLength: 3 },
    ),
  }),
  fc.record({
    kind: fc.constant('exists' as const),
    subject: word.map((name): Subject => `attribute:${name}`),
    negated: fc.boolean(),
  }),
);
const { expression: anyExpression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small' },
    anyPredicate,
    fc.record({
      kind: fc.constantFrom('or' as const, 'and' as const),
      left: tie('expression'),
      right: tie('expression'),
    }),
    fc.record({ kind: fc.constant('not' as const), operand: tie('expression') }),
  ),
}));

it('what is printed reads as the same expression', () => {
  fc.assert(
    fc.property(anyExpression, (expression) => {
      const text = printQuery(expression);
      fc.pre(text.length <= 2000);
      assert.deepEqual(parseQuery(text), JSON.parse(JSON.stringify(expression)));
    }),
  );
});

it('any text is an expression or a QueryError, never another failure', () => {
  const pieces = fc.constantFrom(
    'attribute:a',
    '==',
    'x',
    '(',
    ')',
    '[',
    ']',
    ',',
    '!',
    '||',
    '&&',
    'in',
    'exists',
    "'q'",
    '=~',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces).map((list) => list.join(' ')),
      ),
      (text) => {
        try {
          compileQuery(parseQuery(text))(instance);
        } catch (error) {
          assert.ok(error instanceof QueryError);
        }
      },
    ),
    { numRuns: 1000 },
  );
});
