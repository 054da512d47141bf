import type { Scope, TaskDefinition, TaskDefinitionStatus } from '@gantry/domain';
import { invalidParameter } from '@gantry/protocol';
import type { Tables } from '../../../state/tables.ts';
import { HUNDRED, pageOf, pageSize, pagesOf, tokensOf, type Page, type PageRequest } from '../common/paging.ts';
import { familyKey } from './reference.ts';

export interface DefinitionFilter {
  /** The exact family, in spite of its name in the API. */
  readonly family: string | undefined;
  readonly status: TaskDefinitionStatus;
  readonly descending: boolean;
}

/**
 * One page of task definitions: family in lexicographic order, revision in numeric order; `descending` reverses
 * both. Reads only. Throws InvalidParameterException for a bad token.
 */
export function pageOfDefinitions(
  tables: Tables,
  scope: Scope,
  filter: DefinitionFilter,
  request: PageRequest,
): Page<TaskDefinition> {
  const size = pageSize(request, HUNDRED);
  const tokens = tokensOf(request, pagesOf('ListTaskDefinitions', HUNDRED));
  const after = placeOf(tokens.lastSeen());
  const items: TaskDefinition[] = [];
  for (const definition of inOrder(tables, scope, filter, after)) {
    const last = items.at(-1);
    if (items.length === size && last !== undefined) {
      return { items, nextToken: tokens.after(`${last.family}:${last.revision}`) };
    }
    items.push(definition);
  }
  return { items, nextToken: undefined };
}

interface After {
  readonly family: string;
  readonly revision: number;
}

function placeOf(key: string | undefined): After | undefined {
  if (key === undefined) return undefined;
  const [, family = '', revision = ''] = /^([A-Za-z0-9_-]{1,255}):([0-9]{1,9})$/.exec(key) ?? [];
  if (family === '') throw invalidParameter('Invalid token. Pass the nextToken of the previous answer unchanged.');
  return { family, revision: Number(revision) };
}

function* inOrder(
  tables: Tables,
  scope: Scope,
  { family: only, status, descending }: DefinitionFilter,
  after: After | undefined,
): Generator<TaskDefinition> {
  const families = only === undefined ? familiesFrom(tables, scope, descending, after?.family) : [only];
  for (const family of families) {
    const key = familyKey(scope, family);
    if (tables.taskDefinitions.countBy('familyStatus', `${key}/${status}`) === 0) continue;
    const last = tables.taskDefinitionFamilies.get(key)?.lastRevision ?? 0;
    const resumed = after?.family === family ? after.revision : undefined;
    const first = descending ? (resumed ?? last + 1) - 1 : (resumed ?? 0) + 1;
    for (let revision = first; revision >= 1 && revision <= last; revision += descending ? -1 : 1) {
      const definition = tables.taskDefinitions.get(`${key}:${revision}`);
      if (definition?.status === status) yield definition;
    }
  }
}

/** Family names of the scope in order, beginning with `from`. */
function* familiesFrom(tables: Tables, scope: Scope, descending: boolean, from: string | undefined): Generator<string> {
  const { keys } = tables.taskDefinitionFamilies;
  const prefix = familyKey(scope, '');
  const step = descending ? -1 : 1;
  // `\uffff` is behind every family name; `\0` behind exactly this one.
  let at = descending
    ? keys.firstNotBefore(from === undefined ? `${prefix}\uffff` : `${prefix}${from}\0`) - 1
    : keys.firstNotBefore(`${prefix}${from ?? ''}`);
  for (; ; at += step) {
    const key = keys.at(at);
    if (key === undefined || !key.startsWith(prefix)) return;
    yield key.slice(prefix.length);
  }
}

/** One page of family names that begin with `namePrefix`. Reads only. */
export function pageOfFamilies(
  tables: Tables,
  scope: Scope,
  filter: { readonly namePrefix: string; readonly status: 'ACTIVE' | 'INACTIVE' | 'ALL' },
  request: PageRequest,
): Page<string> {
  const prefix = familyKey(scope, filter.namePrefix);
  return pageOf(
    tables.taskDefinitionFamilies.keys,
    prefix,
    request,
    pagesOf('ListTaskDefinitionFamilies', HUNDRED),
    (key) => {
      const active = tables.taskDefinitions.countBy('familyStatus', `${key}/ACTIVE`) > 0;
      const listed = active || tables.taskDefinitions.countBy('familyStatus', `${key}/INACTIVE`) > 0;
      const wanted = filter.status === 'ALL' ? listed : filter.status === 'ACTIVE' ? active : listed && !active;
      return wanted ? key.slice(prefix.length - filter.namePrefix.length) : undefined;
    },
  );
}
