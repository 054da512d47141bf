import type { Attribute, PlacementConstraint } from '@gantry/domain';
import { spreadValue, type GroupCounts } from './group-counts.ts';
import type { InstanceClass, PoolIndex } from './pool-index.ts';
import { asksAttributesOnly, compileQuery, type Query, type Queried } from './query/evaluate.ts';
import { QueryError } from './query/ast.ts';
import { parseQuery } from './query/parse.ts';
import type { PlaceRequest } from './request.ts';

/** Whether a class can be used at all: yes, or which requirement keeps it out. */
export type ClassVerdict = 'fits' | 'attribute' | 'location' | 'kind' | 'memberOf';

export type Rule =
  | { readonly kind: 'random' }
  | { readonly kind: 'spread-instances' }
  | { readonly kind: 'spread'; readonly attribute: string }
  | { readonly kind: 'binpack'; readonly field: 'cpu' | 'memory' };

/** The part of a request that is the same for all tasks of a kind, worked out once per class of instances. */
export interface Plan {
  readonly verdicts: ClassVerdict[];
  readonly distinct: boolean;
  /** Constraints that depend on more than attributes: asked of each instance. */
  readonly queries: readonly Query[];
  readonly rules: readonly Rule[];
}

const MOST_PLANS = 1000;
const plans = new WeakMap<PoolIndex, { epoch: number; readonly byRequest: Map<string, CachedPlan> }>();

interface CachedPlan extends Plan {
  readonly attributeQueries: readonly Query[];
}

/** The request's plan for this pool, with a verdict for every class there is now. */
export function planOf(pool: PoolIndex, request: PlaceRequest): Plan {
  let cache = plans.get(pool);
  if (cache === undefined || cache.epoch !== pool.epoch || cache.byRequest.size > MOST_PLANS)
    plans.set(pool, (cache = { epoch: pool.epoch, byRequest: new Map() }));
  const key = signatureOf(request);
  let plan = cache.byRequest.get(key);
  if (plan === undefined) cache.byRequest.set(key, (plan = newPlan(request)));
  while (plan.verdicts.length < pool.classes.length)
    plan.verdicts.push(verdictOn(pool.classes[plan.verdicts.length] as InstanceClass, request, plan.attributeQueries));
  return plan;
}

/** Requests with the same signature and the same reservation can be placed, or not, on the same instances. */
export function signatureOf(request: PlaceRequest): string {
  const { kind, capacityProviderName, requires, zones, constraints, strategy, ofService } = request;
  return JSON.stringify([kind, capacityProviderName, requires, zones, constraints, strategy, ofService]);
}

function newPlan(request: PlaceRequest): CachedPlan {
  const members = request.constraints.filter((constraint) => constraint.type === 'memberOf').map(memberOf);
  return {
    verdicts: [],
    distinct: request.constraints.some((constraint) => constraint.type === 'distinctInstance'),
    attributeQueries: members.filter((member) => member.attributesOnly).map((member) => member.query),
    queries: members.filter((member) => !member.attributesOnly).map((member) => member.query),
    rules: rulesOf(request),
  };
}

/** An expression that cannot be read is met by no instance: the API refuses such ones, older documents may hold them. */
function memberOf(constraint: PlacementConstraint): { readonly query: Query; readonly attributesOnly: boolean } {
  try {
    const expression = parseQuery(constraint.expression ?? '');
    return { query: compileQuery(expression), attributesOnly: asksAttributesOnly(expression) };
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return { query: () => false, attributesOnly: true };
  }
}

function verdictOn(one: InstanceClass, request: PlaceRequest, queries: readonly Query[]): ClassVerdict {
  const kind = one.pool === 'fargate' ? 'fargate' : one.external ? 'external' : 'ec2';
  if (kind !== request.kind) return 'kind';
  if (request.capacityProviderName !== undefined && one.capacityProviderName !== request.capacityProviderName)
    return 'kind';
  if (!request.requires.every((attribute) => has(one, attribute))) return 'attribute';
  if (request.zones !== undefined && !request.zones.includes(one.zone)) return 'location';
  return queries.every((query) => query(classAsQueried(one))) ? 'fits' : 'memberOf';
}

/** By name, and by value when one is given. An instance that does not say what it is made of runs anything. */
function has(one: InstanceClass, { name = '', value }: Attribute): boolean {
  const held = one.attributes.get(name);
  if (held === undefined) return name === 'ecs.cpu-architecture' || name === 'ecs.os-type';
  return value === undefined || value === '' || held === value;
}

/** Requirements that `one` does not meet, for explanations. */
export function missingAttributes(one: InstanceClass, request: PlaceRequest): readonly Attribute[] {
  return request.requires.filter((attribute) => !has(one, attribute));
}

function classAsQueried(one: InstanceClass): Queried {
  return {
    attribute: (name) => one.attributes.get(name),
    agentConnected: true,
    agentVersion: undefined,
    ec2InstanceId: undefined,
    registeredAt: 0,
    runningTasksCount: 0,
    taskGroups: () => [],
  };
}

/**
 * The rules in order, ECS's defaults and ties after them (ecs-semantics 4.9). What no rule tells apart is chosen at
 * random. Fargate spreads over zones and fills machines, so that room for large sizes stays.
 */
function rulesOf({ kind, strategy, ofService }: PlaceRequest): Rule[] {
  const zone: Rule = { kind: 'spread', attribute: 'ecs.availability-zone' };
  if (kind === 'fargate') return [zone, { kind: 'binpack', field: 'memory' }];
  const rules = strategy.map((rule): Rule => {
    const field = rule.field ?? '';
    if (rule.type === 'binpack') return { kind: 'binpack', field: field.toLowerCase() === 'cpu' ? 'cpu' : 'memory' };
    if (rule.type !== 'spread') return { kind: 'random' };
    if (field === 'instanceId' || field === 'host') return { kind: 'spread-instances' };
    return { kind: 'spread', attribute: field.replace(/^attribute:/, '') };
  });
  if (rules.length === 0 && ofService) rules.push(zone);
  return ofService ? [...rules, { kind: 'spread-instances' }] : rules;
}

/** What a rule prefers: the lower the better. */
export function scoreOf(pool: PoolIndex, group: GroupCounts | undefined, rule: Rule): (slot: number) => number {
  switch (rule.kind) {
    case 'binpack': {
      const column = rule.field === 'cpu' ? pool.freeCpu : pool.freeMemory;
      return (slot) => column[slot] as number;
    }
    case 'spread-instances':
      return group === undefined ? () => 0 : (slot) => group.on(slot);
    case 'spread': {
      if (group === undefined) return () => 0;
      const counts = group.spread(rule.attribute, (slot) => pool.classAt(slot));
      const byClass = Int32Array.from(pool.classes, (one) => counts.get(spreadValue(one, rule.attribute)) ?? 0);
      return (slot) => byClass[pool.classOf[slot] as number] as number;
    }
    case 'random':
      return () => 0;
  }
}
