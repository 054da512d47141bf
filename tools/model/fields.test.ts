/**
 * Holds `fields/` to the truth. Every member of the model is in a fixture below; what is called honoured is shown to
 * arrive (API → state → payload → the agent's plan → the engine's create call), what is called refused is provoked.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anApi, refused } from '@gantry/control-plane/api/ecs/testing/world.ts';
import { definitions } from '@gantry/control-plane/api/ecs/testing/definitions.ts';
import { unsupportedMember } from '@gantry/control-plane/api/ecs/task-definition/launchable.ts';
import { definitionKey } from '@gantry/control-plane/api/ecs/task-definition/reference.ts';
import { SCOPE } from '@gantry/control-plane/controllers/testing/builders.ts';
import { newTask } from '@gantry/control-plane/controllers/task/create.ts';
import { renderTask } from '@gantry/control-plane/dispatch/render/task.ts';
import { testSeal } from '@gantry/control-plane/seal/testing/test-seal.ts';
import { epochMs, type Ids, type Task, type TaskDefinition } from '@gantry/domain';
import { ServiceError, SERVICES } from '@gantry/protocol';
import fc from 'fast-check';
import { fieldsDoc, fieldsText, membersOf, REQUESTS } from './fields-doc.ts';

import { RUN_TASK } from './fields/run-task.ts';
import { TASK_DEFINITION } from './fields/task-definition.ts';
import { addressed, ATTRIBUTES, fateOf, onTheInstance } from './testing/fate-of.ts';
import { FIXTURES } from './testing/field-fixtures.ts';

/** `create/app/HostConfig/Memory` in an outcome. */
function at(outcome: unknown, pointer: string): unknown {
  let value = outcome;
  for (const key of pointer.split('/')) value = (value as Record<string, unknown> | undefined)?.[key];
  return value;
}

/** Paths of the members a request gives, as the page writes them. */
function pathsIn(shape: string, value: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  const walk = (expression: string, given: unknown, path: string): void => {
    if (given === undefined) return;
    const named = SERVICES.ecs.model.shapes[expression];
    const list =
      /^\[(.+)\]$/.exec(expression)?.[1] ?? (named !== undefined && 'list' in named ? named.list : undefined);
    if (list !== undefined) return (given as unknown[]).forEach((item) => walk(list, item, `${path}[]`));
    if (named === undefined || !('members' in named)) return void found.add(path);
    for (const [member, inner] of Object.entries(named.members)) {
      walk(inner, (given as Record<string, unknown>)[member], path === '' ? member : `${path}.${member}`);
    }
  };
  walk(shape, value, '');
  return found;
}

/** Whether `actual` holds everything that was given. */
function assertHolds(actual: unknown, given: unknown, path: string): void {
  if (typeof given !== 'object' || given === null) return assert.deepEqual(actual, given, path);
  if (Array.isArray(given)) assert.equal((actual as unknown[] | undefined)?.length, given.length, path);
  for (const [key, value] of Object.entries(given)) {
    assertHolds((actual as Record<string, unknown> | undefined)?.[key], value, `${path}/${key}`);
  }
}

const MODELLED = { define: 'RegisterTaskDefinitionRequest', run: 'RunTaskRequest' } as const;
const SAID = { define: TASK_DEFINITION, run: RUN_TASK } as const;

/** Which fixture proves what, by request and path. */
function proven(kind: 'define' | 'run'): ReadonlyMap<string, ReadonlySet<string>> {
  const all = new Map<string, Set<string>>();
  for (const fixture of FIXTURES) {
    const refuses = fixture.refuses?.[kind] ?? [];
    const shows = Object.keys(fixture.shows?.[kind] ?? {});
    for (const path of pathsIn(MODELLED[kind], fixture[kind])) {
      const proofs = all.get(path) ?? new Set();
      if (shows.includes(path)) proofs.add('honoured');
      if (
        refuses.some((prefix) => path === prefix || path.startsWith(`${prefix}.`) || path.startsWith(`${prefix}[]`))
      ) {
        proofs.add(fixture.when === 'registration' ? 'registration' : 'launch');
      }
      if (fixture.refuses === undefined) proofs.add('kept');
      all.set(path, proofs);
    }
  }
  return all;
}

for (const kind of ['define', 'run'] as const) {
  test(`law: of every member of ${MODELLED[kind]} one thing is said, and a fixture proves it`, () => {
    const members = membersOf(MODELLED[kind]);
    assert.deepEqual(Object.keys(SAID[kind]).sort(), [...members].sort());
    const proofs = proven(kind);
    const open = members.filter((path) => !proofs.get(path)?.has(SAID[kind][path]?.fate ?? ''));
    assert.deepEqual(open, [], 'said, and not proven');
  });
}

for (const fixture of FIXTURES.filter(({ refuses }) => refuses === undefined)) {
  test(`honoured: ${fixture.name}`, async (t) => {
    const outcome = await fateOf(fixture);
    for (const kind of ['define', 'run'] as const) {
      for (const [path, [pointer, expected]] of Object.entries(fixture.shows?.[kind] ?? {})) {
        await t.test(path, async () => {
          assertShown(at(outcome, pointer), expected);
          const bare = await fateOf({ ...fixture, [kind]: without(fixture[kind], path) }).catch(onlyRefused);
          if (bare !== undefined)
            assert.throws(() => assertShown(at(bare, pointer), expected), 'it comes without it, too');
        });
      }
    }
  });
}

function assertShown(actual: unknown, expected: unknown): void {
  if (expected instanceof RegExp) assert.match(String(actual), expected);
  else assert.deepEqual(actual, expected);
}

/** A request without the member at a path, in every item of a list. */
function without(value: unknown, path: string): unknown {
  const [, head = '', list = '', rest = ''] = /^([^.[]+)((?:\[\])?)\.?(.*)$/.exec(path) ?? [];
  const { [head]: member, ...others } = value as Record<string, unknown>;
  if (rest === '') return others;
  if (member === undefined) return value;
  const inner = list === '' ? without(member, rest) : (member as unknown[]).map((item) => without(item, rest));
  return { ...others, [head]: inner };
}

for (const fixture of FIXTURES.filter(({ refuses }) => refuses !== undefined)) {
  test(`refused at ${fixture.when ?? 'launch'}: ${fixture.name}`, async () => {
    const { ecs, addInstance } = await anApi();
    await addInstance(1, { attributes: ATTRIBUTES });
    const anyCode = /^(ClientException|InvalidParameterException)$/;
    const text = fixture.text ?? fixture.name;
    if (fixture.when === 'registration') {
      const error = await refused(ecs.RegisterTaskDefinition(fixture.define), 'InvalidParameterException', text);
      assert.match(error.code, anyCode);
      return;
    }
    await ecs.RegisterTaskDefinition(fixture.define);
    const call = ecs.RunTask({ taskDefinition: fixture.define.family, ...fixture.run });
    await assert.rejects(call, (error: { code?: string; message?: string }) => {
      assert.match(error.code ?? '', anyCode);
      assert.ok(error.message?.includes(text), error.message);
      return true;
    });
  });
}

for (const fixture of FIXTURES.filter(({ when }) => when !== 'registration')) {
  test(`described as it was registered: ${fixture.name}`, async () => {
    const { ecs } = await anApi();
    const { tags: given, ...members } = fixture.define;
    const registered = await ecs.RegisterTaskDefinition(asRequest('RegisterTaskDefinition', fixture.define));
    const answer = await ecs.DescribeTaskDefinition({ taskDefinition: members.family, include: ['TAGS'] });
    const described = asAnswer('DescribeTaskDefinition', answer);
    assertHolds(described.taskDefinition, members, '');
    assert.deepEqual(described.tags ?? [], given ?? []);
    assert.deepEqual(described, asAnswer('RegisterTaskDefinition', registered));
    assert.deepEqual(asRequest('RunTask', fixture.run ?? {}, { taskDefinition: 'web' }), {
      taskDefinition: 'web',
      ...fixture.run,
    });
  });
}

/** A request as a handler gets it: written by a client, read and checked by the server. */
function asRequest<T extends object>(name: string, input: T, more: object = {}): T {
  const operation = SERVICES.ecs.operation(name);
  const wire: unknown = JSON.parse(JSON.stringify(operation?.writeInput({ ...more, ...input })));
  return operation?.readInput(wire) as T;
}

/** An answer as a client gets it. */
function asAnswer<T extends object>(name: string, output: T): T {
  const operation = SERVICES.ecs.operation(name);
  return operation?.readOutput(JSON.parse(JSON.stringify(operation.writeOutput(output)))) as T;
}

test('the page is what the model and the table say (else: npm run operations)', () => {
  assert.ok(fieldsDoc({ check: true }));
});

test('the page says all of it, and fails for what is not said or not there', () => {
  const text = fieldsText();
  assert.match(text, /\| `containerDefinitions\[\]\.user` \| user and group \|/);
  assert.match(text, /\| `volumes\[\]\.configuredAtLaunch` \| \*\*refused at launch\*\*: EBS volumes \|/);
  const [[title, shape, fields]] = REQUESTS as [(typeof REQUESTS)[number]];
  const { family, ...rest } = fields;
  assert.throws(() => fieldsText([[title, shape, rest]]), /Nothing is said of family of RegisterTaskDefinition/);
  assert.throws(
    () => fieldsText([[title, shape, { ...fields, nonsense: family as NonNullable<typeof family> }]]),
    /RegisterTaskDefinition has no member nonsense/,
  );
});

test('law: what registers and is not refused at launch, the agent understands and can make', async () => {
  const { ecs, addInstance, state, platform } = await anApi();
  await addInstance(1, { attributes: ATTRIBUTES });
  const { subnets } = platform.config;
  let understood = 0;
  await fc.assert(
    fc.asyncProperty(definitions, async (sample) => {
      const fine = await ecs.RegisterTaskDefinition(sample).catch(onlyModelled);
      fc.pre(fine !== undefined);
      const { family = '', revision = 0 } = fine.taskDefinition ?? {};
      const definition = state.tables.taskDefinitions.get(definitionKey(SCOPE, family, revision));
      fc.pre(definition !== undefined && unsupportedMember(definition) === undefined);
      const launchType = definition.compatibilities.includes('FARGATE') ? 'FARGATE' : 'EC2';
      const task = addressed(aTask({ definition, launchType, ids: platform.ids }), definition);
      const made = await onTheInstance(
        renderTask({
          task,
          definition,
          subnets,
          logMode: 'non-blocking',
          fileSystemOf: ({ rootDirectory }) => ({ kind: 'nfs', server: 'nas', path: rootDirectory }),
        }),
        { hasVolumes: true },
      );
      assert.deepEqual(
        Object.keys(made['create'] as object),
        definition.containerDefinitions.map(({ name }) => name),
      );
      understood += 1;
    }),
    { numRuns: 300, maxSkipsPerRun: 100 },
  );
  assert.equal(understood, 300);
});

/** By the API, or by the agent. A TypeError is neither. */
function onlyRefused(error: unknown): undefined {
  if (!(error instanceof ServiceError) && Object.getPrototypeOf(error) !== Error.prototype) throw error;
}

function onlyModelled(error: unknown): undefined {
  if (!(error instanceof ServiceError)) throw error;
}

function aTask({
  definition,
  launchType,
  ids,
}: {
  definition: TaskDefinition;
  launchType: 'EC2' | 'FARGATE';
  ids: Ids;
}): Task {
  return newTask({
    ids,
    seal: testSeal(),
    now: epochMs(0),
    scope: definition.scope,
    cluster: 'default',
    definition,
    overrides: { containerOverrides: [] },
    launchType,
    group: 'g',
    tags: [],
    placementConstraints: [],
    placementStrategy: [],
    enableExecuteCommand: false,
    because: 'run-task',
  });
}
