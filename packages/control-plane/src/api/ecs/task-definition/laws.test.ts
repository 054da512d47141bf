import assert from 'node:assert/strict';
import { test } from 'node:test';
import { epochMs, type TaskDefinition } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import type { ContainerDefinition, RegisterTaskDefinitionRequest, TaskDefinition as Wire } from '@aws-sdk/client-ecs';
import fc from 'fast-check';
import { SCOPE } from '../../../controllers/testing/builders.ts';
import { definitions } from '../testing/definitions.ts';
import { describeTaskDefinition } from '../wire/task-definition.ts';
import { COMPATIBILITIES } from './compatibilities.ts';
import { newTaskDefinition } from './defaults.ts';
import { validateTaskDefinition } from './validate.ts';

const RUNS = { numRuns: 500 };

function registered(input: RegisterTaskDefinitionRequest): TaskDefinition {
  const draft = validateTaskDefinition(input);
  return newTaskDefinition({ scope: SCOPE, draft, revision: 1, now: epochMs(0), registeredBy: 'me', tags: [] });
}

/** undefined: it was refused. */
function ifFine(input: RegisterTaskDefinitionRequest): TaskDefinition | undefined {
  try {
    return registered(input);
  } catch (error) {
    if (error instanceof ServiceError) return undefined;
    throw error;
  }
}

/** What Describe shows, without what only answers have: a request again. */
function asInput(shown: Wire): RegisterTaskDefinitionRequest {
  const {
    taskDefinitionArn: _arn,
    revision: _revision,
    status: _status,
    requiresAttributes: _attributes,
    compatibilities: _compatibilities,
    registeredAt: _at,
    registeredBy: _by,
    deregisteredAt: _gone,
    deleteRequestedAt: _deleted,
    ...input
  } = shown;
  return JSON.parse(JSON.stringify(input)) as RegisterTaskDefinitionRequest;
}

test('law: a definition is refused with a modelled error or it is fine, and the samples are both', () => {
  const seen = { fine: 0, refused: 0 };
  fc.assert(
    fc.property(definitions, (input) => {
      seen[ifFine(input) === undefined ? 'refused' : 'fine'] += 1;
    }),
    RUNS,
  );
  assert.ok(seen.fine > 50 && seen.refused > 50, JSON.stringify(seen));
});

test('law: registering what was described gives an equal definition', () => {
  fc.assert(
    fc.property(definitions, (input) => {
      const first = ifFine(input);
      fc.pre(first !== undefined);
      const again = registered(asInput(describeTaskDefinition(first)));
      assert.deepEqual(JSON.parse(JSON.stringify(again)), JSON.parse(JSON.stringify(first)));
    }),
    { ...RUNS, maxSkipsPerRun: 100 },
  );
});

test('law: what a definition is compatible with, it can require, and nothing else', () => {
  fc.assert(
    fc.property(definitions, fc.constantFrom(...COMPATIBILITIES), (input, launchType) => {
      const free = ifFine(input);
      fc.pre(free !== undefined);
      const bound = ifFine({ ...input, requiresCompatibilities: [launchType] });
      assert.equal(bound !== undefined, free.compatibilities.includes(launchType));
      if (bound !== undefined) assert.deepEqual(bound.compatibilities, free.compatibilities);
    }),
    { ...RUNS, maxSkipsPerRun: 100 },
  );
});

const FEATURES: readonly Partial<ContainerDefinition>[] = [
  { privileged: true },
  { dnsServers: ['10.0.0.2'] },
  { dockerSecurityOptions: ['no-new-privileges'] },
  { linuxParameters: { devices: [{ hostPath: '/dev/fuse' }] } },
  { linuxParameters: { capabilities: { add: ['NET_ADMIN'] } } },
  { resourceRequirements: [{ type: 'GPU', value: '1' }] },
  { healthCheck: { command: ['CMD', 'true'] } },
  { memoryReservation: 6 },
];

test('law: a feature more takes launch types away, never gives one, and asks for more attributes, never for fewer', () => {
  fc.assert(
    fc.property(definitions, fc.constantFrom(...FEATURES), (input, feature) => {
      const [first, ...others] = input.containerDefinitions ?? [];
      fc.pre(first !== undefined && Object.keys(feature).every((member) => !(member in first)));
      const [without, withIt] = [input, { ...input, containerDefinitions: [{ ...first, ...feature }, ...others] }].map(
        ifFine,
      );
      fc.pre(without !== undefined && withIt !== undefined);
      const names = ({ requiresAttributes }: TaskDefinition): readonly string[] =>
        requiresAttributes.map((attribute) => attribute.name ?? '');
      assert.ok(withIt.compatibilities.every((launchType) => without.compatibilities.includes(launchType)));
      assert.ok(names(without).every((attribute) => names(withIt).includes(attribute)));
      assert.deepEqual(names(withIt), [...new Set(names(withIt))].sort());
    }),
    { ...RUNS, maxSkipsPerRun: 100 },
  );
});
