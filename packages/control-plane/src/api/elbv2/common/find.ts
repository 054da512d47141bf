import {
  elbKey,
  groupsOf,
  type Listener,
  type ListenerAction,
  type ListenerRule,
  type LoadBalancer,
  type Scope,
  type TargetGroup,
} from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import { prefixOf } from '../../../state/keys.ts';
import type { Table } from '../../../state/table.ts';
import type { Tables } from '../../../state/tables.ts';
import { validationError } from './errors.ts';

type Found<T> = (tables: Tables, scope: Scope, arn: string | undefined) => T;

function finder<T, I extends string>(
  kind: string,
  shape: RegExp,
  code: string,
  tableOf: (tables: Tables) => Table<T, I>,
): Found<T> {
  return (tables, scope, arn = '') => {
    const key = elbKey(arn);
    const resource = key?.split('/').slice(2).join('/') ?? '';
    if (key === undefined || !shape.test(resource))
      throw validationError(`'${arn.slice(0, 256)}' is not a valid ${kind} ARN`);
    const document = key.startsWith(prefixOf(scope)) ? tableOf(tables).get(key) : undefined;
    if (document !== undefined) return document;
    throw new ServiceError(code, `One or more ${kind}s not found`);
  };
}

/** @throws ServiceError ValidationError for what is no such ARN; LoadBalancerNotFound */
export const loadBalancerOf: Found<LoadBalancer> = finder(
  'load balancer',
  /^loadbalancer\//,
  'LoadBalancerNotFoundException',
  (tables) => tables.loadBalancers,
);
/** @throws ServiceError ValidationError, TargetGroupNotFound */
export const targetGroupOf: Found<TargetGroup> = finder(
  'target group',
  /^targetgroup\//,
  'TargetGroupNotFoundException',
  (tables) => tables.targetGroups,
);
/** @throws ServiceError ValidationError, ListenerNotFound */
export const listenerOf: Found<Listener> = finder(
  'listener',
  /^listener\//,
  'ListenerNotFoundException',
  (tables) => tables.listeners,
);
/** @throws ServiceError ValidationError, RuleNotFound */
export const ruleOf: Found<ListenerRule> = finder(
  'rule',
  /^listener-rule\//,
  'RuleNotFoundException',
  (tables) => tables.listenerRules,
);

/** The key of a document that is there. */
export const keyOf = ({ arn }: { readonly arn: string }): string => elbKey(arn) as string;

/** Every action of a listener: its rules' and the default one. */
export function actionsOf(tables: Tables, listener: Listener): readonly ListenerAction[] {
  return [...tables.listenerRules.by('listener', listener.arn).map(({ action }) => action), listener.defaultAction];
}

/** ARNs of the load balancers that send requests to the group. */
export function balancersUsing(tables: Tables, group: TargetGroup): readonly string[] {
  const found = new Set<string>();
  for (const listener of tables.listeners.withPrefix(prefixOf(group.scope))) {
    const uses = actionsOf(tables, listener).some((action) =>
      groupsOf(action).some(({ targetGroupArn }) => targetGroupArn === group.arn),
    );
    if (uses) found.add(listener.loadBalancerArn);
  }
  return [...found];
}
