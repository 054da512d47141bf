import type { Scope, TaskDefinition } from '@gantry/domain';
import { clientException, invalidParameter, ServiceError } from '@gantry/protocol';
import type { Failure } from '@aws-sdk/client-ecs';
import type { Platform } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import type { Tables } from '../../state/tables.ts';
import type { EcsHandlers } from './common/handler.ts';
import { wireList } from './common/handler.ts';
import { checkTags } from './common/tags.ts';
import { newTaskDefinition } from './task-definition/defaults.ts';
import { pageOfDefinitions, pageOfFamilies } from './task-definition/list.ts';
import { definitionKey, familyKey, findDefinition, parseDefinitionReference } from './task-definition/reference.ts';
import { validateTaskDefinition } from './task-definition/validate.ts';
import { describeTaskDefinition } from './wire/task-definition.ts';

const MAX_REVISIONS = 1_000_000;
const MAX_DELETIONS = 10;

type Operations =
  | 'RegisterTaskDefinition'
  | 'DescribeTaskDefinition'
  | 'DeregisterTaskDefinition'
  | 'DeleteTaskDefinitions'
  | 'ListTaskDefinitions'
  | 'ListTaskDefinitionFamilies';

/** Task definitions (ecs-semantics 2). */
export function taskDefinitionHandlers(platform: Platform): Pick<EcsHandlers, Operations> {
  return { ...writes(platform), ...reads(platform) };
}

function writes({
  state,
}: Platform): Pick<EcsHandlers, 'RegisterTaskDefinition' | 'DeregisterTaskDefinition' | 'DeleteTaskDefinitions'> {
  return {
    RegisterTaskDefinition: async (input, { scope, caller }) => {
      const draft = validateTaskDefinition(input);
      const tags = checkTags(input.tags);
      const definition = await state.transact((tx) => {
        const revision = nextRevision(tx, scope, input.family as string);
        const registered = newTaskDefinition({
          scope,
          draft,
          revision,
          now: tx.now,
          registeredBy: caller.principalArn,
          tags,
        });
        put(tx, registered, 'taskDefinition.registered', 'was registered', caller.principalArn);
        return registered;
      });
      return { taskDefinition: describeTaskDefinition(definition), tags: wireList(definition.tags) };
    },

    DeregisterTaskDefinition: async ({ taskDefinition }, { scope, caller }) => {
      const key = keyWithRevision(scope, taskDefinition as string);
      const definition = await state.transact((tx) => {
        const found = tx.tables.taskDefinitions.get(key);
        if (found === undefined) throw clientException('Unable to describe task definition.');
        if (found.status !== 'ACTIVE') return found;
        const inactive: TaskDefinition = { ...found, status: 'INACTIVE', deregisteredAt: tx.now };
        put(tx, inactive, 'taskDefinition.deregistered', 'was deregistered', caller.principalArn);
        return inactive;
      });
      return { taskDefinition: describeTaskDefinition(definition) };
    },

    DeleteTaskDefinitions: async ({ taskDefinitions }, { scope, caller }) => {
      const references = taskDefinitions ?? [];
      if (references.length === 0) throw invalidParameter('TaskDefinition references list cannot be empty');
      if (references.length > MAX_DELETIONS) {
        throw invalidParameter(`Size of TaskDefinition references list cannot exceed ${MAX_DELETIONS}`);
      }
      return state.transact((tx) => deleteAll(tx, scope, references, caller.principalArn));
    },
  };
}

function reads({
  state,
}: Platform): Pick<EcsHandlers, 'DescribeTaskDefinition' | 'ListTaskDefinitions' | 'ListTaskDefinitionFamilies'> {
  return {
    DescribeTaskDefinition: async ({ taskDefinition, include }, { scope }) => {
      const found = findDefinition(state.tables, scope, taskDefinition as string);
      if (found === undefined) throw clientException('Unable to describe task definition.');
      return {
        taskDefinition: describeTaskDefinition(found),
        tags: include?.includes('TAGS') === true ? wireList(found.tags) : undefined,
      };
    },

    ListTaskDefinitions: async (input, { scope }) => {
      const filter = {
        family: input.familyPrefix || undefined,
        status: input.status ?? 'ACTIVE',
        descending: input.sort === 'DESC',
      } as const;
      const { items, nextToken } = pageOfDefinitions(state.tables, scope, filter, input);
      return { taskDefinitionArns: items.map((definition) => definition.taskDefinitionArn), nextToken };
    },

    ListTaskDefinitionFamilies: async (input, { scope }) => {
      const filter = { namePrefix: input.familyPrefix ?? '', status: input.status ?? 'ALL' } as const;
      const { items, nextToken } = pageOfFamilies(state.tables, scope, filter, input);
      return { families: wireList(items), nextToken };
    },
  };
}

/** One more than was ever given out, also when all of them are gone. */
function nextRevision(tx: Tx, scope: Scope, family: string): number {
  const key = familyKey(scope, family);
  const revision = (tx.tables.taskDefinitionFamilies.get(key)?.lastRevision ?? 0) + 1;
  if (revision > MAX_REVISIONS) {
    throw new ServiceError(
      'LimitExceededException',
      `Family ${family} has had ${MAX_REVISIONS} revisions. Register under another family.`,
    );
  }
  tx.put(tx.tables.taskDefinitionFamilies, key, { scope, family, lastRevision: revision });
  return revision;
}

function put(tx: Tx, definition: TaskDefinition, type: string, happened: string, by: string): void {
  const { scope, family, revision } = definition;
  tx.put(tx.tables.taskDefinitions, definitionKey(scope, family, revision), definition);
  tx.event({
    subject: definition.taskDefinitionArn,
    type,
    because: 'user-request',
    text: `Task definition ${family}:${revision} ${happened}.`,
    by,
  });
}

function keyWithRevision(scope: Scope, reference: string): string {
  const parsed = parseDefinitionReference(scope, reference);
  if (parsed === undefined) throw clientException('Unable to describe task definition.');
  if (parsed.revision === undefined) throw clientException('Revision is missing.');
  return definitionKey(scope, parsed.family, parsed.revision);
}

function deleteAll(
  tx: Tx,
  scope: Scope,
  references: readonly string[],
  by: string,
): Awaited<ReturnType<EcsHandlers['DeleteTaskDefinitions']>> {
  const deleted: TaskDefinition[] = [];
  const failures: Failure[] = [];
  for (const reference of references) {
    const found = deletable(tx.tables, scope, reference);
    if (typeof found === 'string') {
      failures.push({ arn: reference, reason: found });
      continue;
    }
    if (found.status === 'DELETE_IN_PROGRESS') {
      deleted.push(found);
      continue;
    }
    const going: TaskDefinition = { ...found, status: 'DELETE_IN_PROGRESS', deleteRequestedAt: tx.now };
    put(tx, going, 'taskDefinition.deleted', 'was deleted', by);
    deleted.push(going);
  }
  return { taskDefinitions: deleted.map(describeTaskDefinition), failures };
}

/** The definition to delete, or why it can not be deleted, in ECS's words. */
function deletable(tables: Tables, scope: Scope, reference: string): TaskDefinition | string {
  let parsed;
  try {
    parsed = parseDefinitionReference(scope, reference);
  } catch {
    parsed = undefined;
  }
  if (parsed?.revision === undefined) {
    return 'The specified task definition identifier is invalid. Specify a valid name or ARN and try again.';
  }
  const found = tables.taskDefinitions.get(definitionKey(scope, parsed.family, parsed.revision));
  if (found === undefined) {
    return 'The specified task definition does not exist. Specify a valid account, family, revision and try again.';
  }
  if (found.status === 'ACTIVE') {
    return 'The specified task definition is still in ACTIVE status. Please deregister the target and try again.';
  }
  return found;
}
