import { parseArn, type Scope, type TaskDefinition } from '@gantry/domain';
import { clientException } from '@gantry/protocol';
import type { Tables } from '../../../state/tables.ts';
import { isOf } from '../common/references.ts';

export interface DefinitionReference {
  readonly family: string;
  /** Absent: the latest ACTIVE one is meant. */
  readonly revision: number | undefined;
}

/**
 * `family`, `family:revision` or an ARN. Undefined when it can not be one of this account and region.
 * Throws ClientException for a revision that is no number. Pure.
 */
export function parseDefinitionReference(scope: Scope, reference: string): DefinitionReference | undefined {
  let text = reference;
  if (reference.startsWith('arn:')) {
    const arn = parseArn(reference);
    if (arn === undefined || arn.service !== 'ecs' || !isOf(scope, arn)) return undefined;
    if (!arn.resource.startsWith('task-definition/')) return undefined;
    text = arn.resource.slice('task-definition/'.length);
  }
  const colon = text.indexOf(':');
  if (colon < 0) return { family: text, revision: undefined };
  const number = text.slice(colon + 1);
  if (!/^[1-9][0-9]{0,8}$/.test(number)) {
    throw clientException(`Invalid revision number. Number: ${number.slice(0, 32)}`);
  }
  return { family: text.slice(0, colon), revision: Number(number) };
}

export function familyKey(scope: Scope, family: string): string {
  return `${scope.account}/${scope.region}/${family}`;
}

export function definitionKey(scope: Scope, family: string, revision: number): string {
  return `${familyKey(scope, family)}:${revision}`;
}

/** The definition a reference names; a bare family means its latest ACTIVE revision. */
export function findDefinition(tables: Tables, scope: Scope, reference: string): TaskDefinition | undefined {
  const parsed = parseDefinitionReference(scope, reference);
  if (parsed === undefined) return undefined;
  if (parsed.revision === undefined) return latestActive(tables, scope, parsed.family);
  return tables.taskDefinitions.get(definitionKey(scope, parsed.family, parsed.revision));
}

/** The definition new tasks and services are made from. Throws ClientException when there is none, or not ACTIVE. */
export function usableDefinition(tables: Tables, scope: Scope, reference: string): TaskDefinition {
  const definition = findDefinition(tables, scope, reference);
  if (definition === undefined) throw clientException('TaskDefinition not found.');
  if (definition.status !== 'ACTIVE') throw clientException('TaskDefinition is inactive');
  return definition;
}

function latestActive(tables: Tables, scope: Scope, family: string): TaskDefinition | undefined {
  const key = familyKey(scope, family);
  if (tables.taskDefinitions.countBy('familyStatus', `${key}/ACTIVE`) === 0) return undefined;
  const last = tables.taskDefinitionFamilies.get(key)?.lastRevision ?? 0;
  for (let revision = last; revision > 0; revision -= 1) {
    const found = tables.taskDefinitions.get(`${key}:${revision}`);
    if (found?.status === 'ACTIVE') return found;
  }
  return undefined;
}
