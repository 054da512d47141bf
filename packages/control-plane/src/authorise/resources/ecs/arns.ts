import {
  arnOf,
  capacityProviderArn,
  clusterArn,
  parseArn,
  serviceArn,
  shortName,
  taskDefinitionArn,
  type Tag,
} from '@gantry/domain';
import { findDefinition } from '../../../api/ecs/task-definition/reference.ts';
import type { Demand, Place } from '../../demand.ts';

/**
 * The ARNs that references of ECS's API mean, long form, as the handlers resolve them. None of these functions throws: what
 * means nothing stays what it is. An ARN of this account and region is written anew, so that no spelling of it is missed
 * by a policy.
 */
export function canonical(at: Place, arn: string): string {
  const parsed = parseArn(arn);
  if (parsed === undefined || parsed.service !== 'ecs') return arn;
  if (parsed.account !== at.scope.account || parsed.region !== at.scope.region) return arn;
  return arnOf(at.scope, 'ecs', parsed.resource);
}

const isArn = (reference: string): boolean => reference.startsWith('arn:');

export function clusterOf(at: Place, reference: string | undefined): string {
  if (reference === undefined || reference === '') return clusterArn(at.scope, 'default');
  return isArn(reference) ? canonical(at, reference) : clusterArn(at.scope, reference);
}

export type Member = 'service' | 'task' | 'container-instance' | 'daemon';

/** Something in a cluster, by name, id, long ARN or short one (`task/<id>`). */
export function memberOf(at: Place, type: Member, cluster: string | undefined, reference: string | undefined): string {
  const clusterName = shortName(clusterOf(at, cluster));
  const member = (id: string): string => arnOf(at.scope, 'ecs', `${type}/${clusterName}/${id}`);
  if (reference === undefined || reference === '') return member('*');
  if (!isArn(reference)) return member(reference);
  const arn = canonical(at, reference);
  const [kind, id, ...more] = parseArn(arn)?.resource.split('/') ?? [];
  const isShort = kind === type && id !== undefined && more.length === 0;
  return isShort && arn === arnOf(at.scope, 'ecs', `${kind}/${id}`) ? member(id) : arn;
}

/** The cluster in the long ARN of something in it: `ecs:cluster`. */
export function clusterIn(at: Place, memberArn: string): string | undefined {
  return parentOf(at, memberArn, 1, (name) => clusterArn(at.scope, name));
}

/** The service in the long ARN of a task set, deployment or revision: `ecs:service`. */
export function serviceIn(at: Place, memberArn: string): string | undefined {
  const [, cluster = ''] = parseArn(memberArn)?.resource.split('/') ?? [];
  return parentOf(at, memberArn, 2, (name) => serviceArn(at.scope, cluster, name));
}

export function daemonIn(at: Place, memberArn: string): string | undefined {
  const [, cluster = ''] = parseArn(memberArn)?.resource.split('/') ?? [];
  return parentOf(at, memberArn, 2, (name) => arnOf(at.scope, 'ecs', `daemon/${cluster}/${name}`));
}

function parentOf(at: Place, arn: string, part: number, build: (name: string) => string): string | undefined {
  const parsed = parseArn(arn);
  const path = parsed?.resource.split('/') ?? [];
  const name = path[part];
  if (parsed === undefined || name === undefined || path.length < part + 2) return undefined;
  const scope = { account: parsed.account, region: parsed.region };
  if (scope.account !== at.scope.account || scope.region !== at.scope.region) return undefined;
  return build(name);
}

/** An ARN, or the name of something of that type that is in no cluster. */
export function namedOf(at: Place, type: string, reference: string | undefined): string {
  if (reference === undefined || reference === '') return arnOf(at.scope, 'ecs', `${type}/*`);
  return isArn(reference) ? canonical(at, reference) : arnOf(at.scope, 'ecs', `${type}/${reference}`);
}

export function providersOf(
  at: Place,
  names: readonly (string | undefined)[] | undefined,
): readonly string[] | undefined {
  const given = names?.filter((name) => name !== undefined);
  if (given === undefined || given.length === 0) return undefined;
  return given.map((name) => (isArn(name) ? canonical(at, name) : capacityProviderArn(at.scope, name)));
}

/** A definition to run. A family alone means its latest ACTIVE revision, and a refusal does not tell which that is. */
export function definitionOf(at: Place, reference: string | undefined): Required<Pick<Demand, 'resource' | 'shown'>> {
  const plain = namedOf(at, 'task-definition', reference);
  const path = parseArn(plain)?.resource ?? '';
  const [family = '', revision] = path.replace(/^task-definition\//, '').split(':');
  if (revision !== undefined || !plain.includes(':task-definition/') || family === '')
    return { resource: plain, shown: plain };
  const shown = `${plain}:*`;
  const latest = findDefinition(at.tables, at.scope, family);
  const isOurs = plain === arnOf(at.scope, 'ecs', path);
  if (latest === undefined || !isOurs) return { resource: shown, shown };
  return { resource: taskDefinitionArn(at.scope, family, latest.revision), shown };
}

/** The key of the document of a long ARN, whosever it is. */
export function keyOf(arn: string): string {
  const { account, region, resource } = parseArn(arn) ?? { account: '', region: '', resource: '' };
  return `${account}/${region}/${resource.slice(resource.indexOf('/') + 1)}`;
}

/** The tags of an ECS resource by its long ARN; undefined when there is none. */
export function tagsAt(at: Place, arn: string): () => readonly Tag[] | undefined {
  return () => {
    const parsed = parseArn(arn);
    if (parsed === undefined || parsed.account !== at.scope.account || parsed.region !== at.scope.region)
      return undefined;
    const [type = ''] = parsed.resource.split('/');
    return TABLES[type]?.(at, keyOf(arn))?.tags;
  };
}

type Tagged = { readonly tags?: readonly Tag[] } | undefined;

const TABLES: Readonly<Record<string, ((at: Place, key: string) => Tagged) | undefined>> = Object.assign(
  Object.create(null) as object,
  {
    cluster: ({ tables }: Place, key: string): Tagged => tables.clusters.get(key),
    service: ({ tables }: Place, key: string): Tagged => tables.services.get(key),
    task: ({ tables }: Place, key: string): Tagged => tables.tasks.get(key),
    'container-instance': ({ tables }: Place, key: string): Tagged => tables.instances.get(key),
    'task-definition': ({ tables }: Place, key: string): Tagged => tables.taskDefinitions.get(key),
  },
);
