import { arnOf, type Listener, type ListenerRule, type Scope } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import type { Platform } from '../../platform.ts';
import type { Tables } from '../../state/tables.ts';
import { checkedAction, checkGroupCount } from './actions.ts';
import { notSupported, operationNotPermitted, validationError } from './common/errors.ts';
import { prefixOf } from '../../state/keys.ts';
import { keyOf, listenerOf, ruleOf } from './common/find.ts';
import { explain, type ElbHandlers } from './common/handler.ts';
import { pageOfItems } from './common/paging.ts';
import { checkTags } from './common/tags.ts';
import { checkedConditions } from './conditions.ts';
import { wireDefaultRule, wireRule } from './wire.ts';

type Operations = 'CreateRule' | 'DescribeRules' | 'ModifyRule' | 'DeleteRule' | 'SetRulePriorities';

const MOST = 100;

export function ruleHandlers(platform: Platform): Pick<ElbHandlers, Operations> {
  return { ...writingHandlers(platform), ...orderHandlers(platform) };
}

function writingHandlers({ state, ids }: Platform): Pick<ElbHandlers, 'CreateRule' | 'ModifyRule' | 'DeleteRule'> {
  return {
    CreateRule: async (input, context) => {
      const { scope } = context;
      if (input.Transforms !== undefined && input.Transforms.length > 0)
        throw notSupported('Transforms are', 'Leave them out.');
      const rule = await state.transact((tx) => {
        const listener = listenerOf(tx.tables, scope, input.ListenerArn);
        const others = tx.tables.listenerRules.by('listener', listener.arn);
        const priority = input.Priority as number;
        checkFree(others, priority);
        if (others.length >= MOST)
          throw new ServiceError('TooManyRulesException', `A listener can have at most ${MOST} rules`);
        const path = keyOf(listener).split('/').slice(3).join('/');
        const made: ListenerRule = {
          scope,
          arn: arnOf(scope, 'elasticloadbalancing', `listener-rule/${path}/${ids.hex32().slice(0, 16)}`),
          listenerArn: listener.arn,
          priority,
          conditions: conditionsFor(listener, input.Conditions),
          action: checkedAction(input.Actions, { ...listener, tables: tx.tables }),
          tags: checkTags(input.Tags),
        };
        tx.put(tx.tables.listenerRules, keyOf(made), made);
        checkGroupCount(tx.tables, tx.tables.listeners.by('loadBalancer', listener.loadBalancerArn));
        explain(tx, context, made.arn, 'rule.created', `Rule of priority ${priority} was created.`);
        return made;
      });
      return { Rules: [wireRule(rule)] };
    },

    ModifyRule: async (input, context) => {
      const { scope } = context;
      if (input.Transforms !== undefined && input.Transforms.length > 0)
        throw notSupported('Transforms are', 'Leave them out.');
      const rule = await state.transact((tx) => {
        refuseDefault(tx.tables, scope, input.RuleArn, 'modified');
        const before = ruleOf(tx.tables, scope, input.RuleArn);
        const listener = listenerOf(tx.tables, scope, before.listenerArn);
        const place = { ...listener, tables: tx.tables };
        const after: ListenerRule = {
          ...before,
          ...(input.Conditions === undefined ? {} : { conditions: conditionsFor(listener, input.Conditions) }),
          ...(input.Actions === undefined ? {} : { action: checkedAction(input.Actions, place) }),
        };
        tx.put(tx.tables.listenerRules, keyOf(after), after);
        checkGroupCount(tx.tables, tx.tables.listeners.by('loadBalancer', listener.loadBalancerArn));
        explain(tx, context, after.arn, 'rule.modified', `Rule of priority ${after.priority} was changed.`);
        return after;
      });
      return { Rules: [wireRule(rule)] };
    },

    DeleteRule: async ({ RuleArn }, context) => {
      await state.transact((tx) => {
        refuseDefault(tx.tables, context.scope, RuleArn, 'deleted');
        const rule = ruleOf(tx.tables, context.scope, RuleArn);
        tx.delete(tx.tables.listenerRules, keyOf(rule));
        explain(tx, context, rule.arn, 'rule.deleted', `Rule of priority ${rule.priority} was deleted.`);
      });
      return {};
    },
  };
}

function orderHandlers({ state }: Platform): Pick<ElbHandlers, 'DescribeRules' | 'SetRulePriorities'> {
  return {
    DescribeRules: async (input, { scope }) => {
      const { ListenerArn, RuleArns = [] } = input;
      if (RuleArns.length > 0) return { Rules: RuleArns.map((arn) => anyRule(state.tables, scope, arn)) };
      if (ListenerArn === undefined)
        throw validationError('You must specify either listener rule ARNs or a listener ARN');
      const listener = listenerOf(state.tables, scope, ListenerArn);
      const all = [...inOrder(state.tables, listener), listener];
      const keyed = all.map((rule) => ({
        rule,
        key: 'priority' in rule ? String(rule.priority).padStart(5, '0') : 'default',
      }));
      const { items, end } = pageOfItems(keyed, input, ({ key }) => key);
      return { Rules: items.map(({ rule }) => ('priority' in rule ? wireRule(rule) : wireDefaultRule(rule))), ...end };
    },

    SetRulePriorities: async ({ RulePriorities = [] }, context) => {
      const { scope } = context;
      const changed = await state.transact((tx) => {
        const after = RulePriorities.map(({ RuleArn, Priority }) => {
          refuseDefault(tx.tables, scope, RuleArn, 'modified');
          return { ...ruleOf(tx.tables, scope, RuleArn), priority: Priority as number };
        });
        for (const rule of after) tx.put(tx.tables.listenerRules, keyOf(rule), rule);
        for (const { listenerArn } of after) {
          const priorities = tx.tables.listenerRules.by('listener', listenerArn).map(({ priority }) => priority);
          const twice = priorities.find((priority, at) => priorities.indexOf(priority) !== at);
          if (twice !== undefined) throw inUse(twice);
        }
        for (const { arn, priority } of after)
          explain(tx, context, arn, 'rule.modified', `It has priority ${priority}.`);
        return after;
      });
      return { Rules: changed.map(wireRule) };
    },
  };
}

/** The rules of a listener, first ones first; the default one is not among them. */
export function inOrder(tables: Tables, listener: Listener): readonly ListenerRule[] {
  return tables.listenerRules.by('listener', listener.arn).toSorted((a, b) => a.priority - b.priority);
}

const inUse = (priority: number): ServiceError =>
  new ServiceError('PriorityInUseException', `Priority '${priority}' is currently in use`);

function checkFree(others: readonly ListenerRule[], priority: number): void {
  if (others.some((other) => other.priority === priority)) throw inUse(priority);
}

function conditionsFor(listener: Listener, given: Parameters<typeof checkedConditions>[0]) {
  if (listener.protocol === 'TCP')
    throw operationNotPermitted('Rules are not supported on listeners of network load balancers');
  return checkedConditions(given);
}

function defaultOf(tables: Tables, scope: Scope, arn: string | undefined): Listener | undefined {
  for (const listener of tables.listeners.withPrefix(prefixOf(scope)))
    if (listener.defaultRuleArn === arn) return listener;
  return undefined;
}

function refuseDefault(tables: Tables, scope: Scope, arn: string | undefined, done: string): void {
  if (defaultOf(tables, scope, arn) !== undefined)
    throw operationNotPermitted(`Default rule '${arn}' cannot be ${done}`);
}

function anyRule(tables: Tables, scope: Scope, arn: string) {
  const listener = defaultOf(tables, scope, arn);
  return listener === undefined ? wireRule(ruleOf(tables, scope, arn)) : wireDefaultRule(listener);
}
