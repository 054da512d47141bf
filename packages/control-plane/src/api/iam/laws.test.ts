import assert from 'node:assert/strict';
import { it } from 'node:test';
import { iamKey } from '@gantry/domain';
import { SERVICES, ServiceError, writeResponse, type Operation } from '@gantry/protocol';
import { typeOf } from '@gantry/protocol/codec/model.ts';
import fc from 'fast-check';
import { managedPolicy } from '../../identity/managed/find.ts';
import type { Tables } from '../../state/tables.ts';
import { ACCOUNT, ALLOW_ALL, anIam, TRUST_ACCOUNT, type IamWorld } from './testing/world.ts';

const { model } = SERVICES.iam;
const operations = SERVICES.iam.operationNames().filter((name) => !name.startsWith('Simulate'));
/** The odd ones are looked up as often as made: they must be found as themselves, or not at all. */
const ODD = ['b', 'B', 'constructor', '__proto__', 'administrator', 'AWSServiceRoleForECS'];
const NAMES = [...Array<string>(12).fill('a'), ...ODD];
const ARNS = ['a', 'x/a', 'a', 'x/a', 'B', '__proto__'].map((name) => `arn:aws:iam::${ACCOUNT}:policy/${name}`);

/** Few values for each member, so that calls meet what other calls made. */
function valueOf(member: string, expression: string, keys: readonly string[]): fc.Arbitrary<unknown> {
  if (/^(User|Group|Role|Policy|InstanceProfile|NewUser)Name$/.test(member)) return fc.constantFrom(...NAMES);
  if (/^(PolicyArn|PermissionsBoundary)$/.test(member))
    return fc.constantFrom(
      ...ARNS,
      ...Array<string>(4).fill('arn:aws:iam::aws:policy/IAMFullAccess'),
      'arn:aws:iam::1:x/no',
    );
  if (member === 'AssumeRolePolicyDocument') return fc.constantFrom(TRUST_ACCOUNT, '{}');
  if (member.endsWith('Document')) return fc.constantFrom(ALLOW_ALL, TRUST_ACCOUNT, '[');
  if (/Path/.test(member)) return fc.constantFrom('/', '/x/');
  if (member === 'AccessKeyId') return fc.constantFrom('AKIAIOSFODNN7EXAMPLE', ...keys);
  if (member === 'VersionId') return fc.constantFrom('v1', 'v2', 'v3');
  if (member === 'AWSServiceName') return fc.constantFrom('ecs.amazonaws.com', 'constructor');
  if (member === 'Marker') return fc.constantFrom('YQ', '%');
  if (member === 'Tags' || member === 'TagKeys') return fc.constantFrom(...tagsFor(member));
  const type = typeOf(model, expression);
  switch (type.kind) {
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: Math.max(type.bounds?.min ?? 0, 1), max: type.bounds?.max ?? 5 });
    default:
      return 'bounds' in type && type.bounds?.enum !== undefined
        ? fc.constantFrom(...type.bounds.enum)
        : fc.constantFrom('abcde', 'x'.repeat(20));
  }
}

function tagsFor(member: string): readonly unknown[] {
  if (member === 'TagKeys') return [[], ['a'], ['A', '__proto__']];
  return [
    [],
    [{ Key: 'a', Value: 'b' }],
    [
      { Key: 'A', Value: '' },
      { Key: '__proto__', Value: 'c' },
    ],
  ];
}

function inputOf(operation: Operation, keys: readonly string[]): fc.Arbitrary<unknown> {
  const type = operation.input === undefined ? undefined : typeOf(model, operation.input);
  if (type?.kind !== 'structure') return fc.constant({});
  const { members, required = [] } = type.structure;
  const fields = Object.entries(members).map(([name, expression]) => [name, valueOf(name, expression, keys)] as const);
  return fc.record(Object.fromEntries(fields), { requiredKeys: [...required] });
}

it('whatever is asked in whatever order is answered or refused as modelled, and leaves nothing hanging in the air', async () => {
  const seen = new Map<string, { done: number; refused: number }>();
  for (let seed = 1; seed <= 100; seed += 1) {
    const world = await anIam();
    for (const name of picked(seed, 250)) await play(world, name, seed, seen);
    checkLaws(world.platform.state.tables);
  }
  const unmet = 'GetServiceLinkedRoleDeletionStatus'; // its id is made up
  const idle = operations.filter((name) => name !== unmet && (seen.get(name)?.done ?? 0) === 0);
  assert.deepEqual(idle, [], 'every operation was carried out at least once');
});

/** Things are made more often than unmade: else there is never much. */
function picked(seed: number, count: number): readonly string[] {
  const made = operations.filter((name) => /^(Create|Add|Attach|Put|Tag)/.test(name));
  return fc.sample(fc.constantFrom(...operations, ...made, ...made, ...made), { seed, numRuns: count });
}

let calls = 0;

async function play(
  world: IamWorld,
  name: string,
  seed: number,
  seen: Map<string, { done: number; refused: number }>,
): Promise<void> {
  const operation = SERVICES.iam.operation(name) as Operation;
  const keys = Array.from(world.platform.state.tables.iamAccessKeys.keys);
  // The first of a sample are the small ones.
  const input = fc.sample(inputOf(operation, keys), { seed: (calls += 1), numRuns: 6 }).at(-1);
  const counted = seen.get(name) ?? { done: 0, refused: 0 };
  seen.set(name, counted);
  const handle = world.iam[name as keyof typeof world.iam] as (input: unknown) => Promise<unknown>;
  try {
    const output = await handle(operation.readInput(input));
    assert.match(writeResponse(operation, output, 'id').body as string, /^<\w+Response /);
    counted.done += 1;
  } catch (error) {
    const text = `${name} ${JSON.stringify(input)} (seed ${seed})`;
    if (!(error instanceof ServiceError)) throw new Error(text, { cause: error });
    // IAM itself says so of a boundary that is not there, whatever its model says.
    const unmodelled = name === 'CreateRole' ? ['NoSuchEntityException'] : [];
    const common = ['ValidationError', 'AccessDeniedException', ...unmodelled];
    assert.ok([...operation.errors, ...common].includes(error.code), `${text}: ${error.code} is not modelled`);
    counted.refused += 1;
  }
}

function checkLaws(tables: Tables): void {
  const { iamUsers, iamGroups, iamRoles, iamPolicies, iamInstanceProfiles, iamAccessKeys } = tables;
  for (const holder of [...iamUsers.values(), ...iamGroups.values(), ...iamRoles.values()])
    for (const arn of holder.attachedPolicies) assert.ok(managedPolicy(tables, arn), `${holder.arn} has ${arn}`);
  for (const one of [...iamUsers.values(), ...iamRoles.values()])
    if (one.permissionsBoundary !== undefined) assert.ok(managedPolicy(tables, one.permissionsBoundary), one.arn);
  for (const user of iamUsers.values()) {
    for (const name of user.groups) assert.equal(iamGroups.get(iamKey(ACCOUNT, name))?.groupName, name);
    assert.equal(iamUsers.get(iamKey(ACCOUNT, user.userName)), user, 'it is kept under its name');
  }
  for (const key of iamAccessKeys.values())
    assert.equal(iamUsers.get(iamKey(ACCOUNT, key.userName))?.userId, key.userId, key.accessKeyId);
  for (const { roleName } of iamInstanceProfiles.values())
    if (roleName !== undefined) assert.ok(iamRoles.get(iamKey(ACCOUNT, roleName)), roleName);
  for (const { versions, defaultVersionId } of iamPolicies.values()) {
    assert.ok(versions.length >= 1 && versions.length <= 5);
    assert.ok(versions.some(({ versionId }) => versionId === defaultVersionId));
  }
}
