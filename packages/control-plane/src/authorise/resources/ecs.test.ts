import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { modelOf } from '@gantry/protocol';
import { countedIds } from '../../api/ecs/testing/world.ts';
import { aDefinition, SCOPE } from '../../controllers/testing/builders.ts';
import { aWorld, type World } from '../../controllers/testing/world.ts';
import { authoriseBy, demandsOf } from '../authorise.ts';
import { parsePolicy } from '../policy.ts';
import { CASES, ECS, roles } from '../testing/ecs-cases.ts';

let world: World;
before(async () => {
  world = await aWorld({ now: () => 0 as never, elapsedMs: () => 0, sleep: () => Promise.resolve() }, countedIds());
  const definition = aDefinition({ ...roles });
  await world.run((tx) => {
    tx.put(tx.tables.taskDefinitions, '123456789012/us-east-1/web:1', definition);
    const family = { scope: SCOPE, family: 'web', lastRevision: 1 };
    tx.put(tx.tables.taskDefinitionFamilies, '123456789012/us-east-1/web', family);
  });
});

test('each ECS operation needs to be allowed on the resources ECS means', () => {
  const at = { scope: SCOPE, tables: world.state.tables, principalArn: 'arn:aws:iam::123456789012:user/ann' };
  for (const [operation, input, needs] of CASES) {
    const demands = demandsOf({ signingName: 'ecs', operation, input }, at);
    const found = demands.map(({ action, resource }) => {
      const short = resource.startsWith(`${ECS}:`) ? resource.slice(ECS.length + 1) : resource;
      return action === undefined ? short : `${action} ${short}`;
    });
    assert.deepEqual(found, typeof needs === 'string' ? [needs] : needs, `${operation} ${JSON.stringify(input)}`);
  }
});

test('the cases above leave no operation out', () => {
  const told = new Set(CASES.map(([operation]) => operation));
  const missing = Object.keys(modelOf('ecs').operations).filter((operation) => !told.has(operation));
  assert.deepEqual(missing, []);
});

const user = { kind: 'user', userName: 'ann', userId: 'AIDAEXAMPLE' } as const;
const caller = { ...SCOPE, principalArn: 'arn:aws:iam::123456789012:user/ann', accessKeyId: 'AKIA', principal: user };

/** Whether a user with leave for these `[action, resource]` gets through; the text of the refusal else. */
function passes(allowed: readonly (readonly [string, string])[], operation: string, input: object): true | string {
  const statements = allowed.map(([Action, Resource]) => ({ Effect: 'Allow', Action, Resource }));
  const document = parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }), 'identity');
  const authorise = authoriseBy({
    policiesOf: () => ({ identity: [document], tags: {} }),
    tables: world.state.tables,
    clock: world.platform.clock,
  });
  try {
    authorise(caller, { signingName: 'ecs', operation, input, from: { address: '127.0.0.1', secure: false } });
    return true;
  } catch (error) {
    return (error as Error).message;
  }
}

test('a policy for exactly these lets the call through; one for another resource, or for one less, does not', () => {
  for (const [operation, input, needs] of CASES) {
    const wanted = (typeof needs === 'string' ? [needs] : needs).map((need): readonly [string, string] => {
      const [, action = `ecs:${operation}`, name = ''] = /^(?:([\w-]+:\w+) )?(.*)$/.exec(need) ?? [];
      return [action, name === '*' || name.startsWith('arn:') ? name : `${ECS}:${name}`];
    });
    assert.equal(passes(wanted, operation, input), true, operation);
    for (const [action, resource] of wanted) {
      const rest = wanted.filter((each) => each[0] !== action || each[1] !== resource);
      const other =
        resource === '*'
          ? [...rest, [action, `${ECS}:cluster/other`] as const]
          : [...rest, [action, `${resource}x`] as const];
      const text = passes(other, operation, input);
      assert.match(
        String(text),
        new RegExp(
          `^User: ${caller.principalArn} is not authorized to perform: ${action} on resource: .* because no identity-based policy allows the ${action} action$`,
        ),
        operation,
      );
      assert.equal(passes([...rest, ['ecs:NoSuchAction', resource]], operation, input), text, operation);
    }
  }
});
