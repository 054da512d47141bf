import {
  elbKey,
  type ListenerAction,
  type ServiceLoadBalancer,
  type TargetGroupWeight,
  type TrafficShift,
} from '@gantry/domain';
import type { Tx } from '../../state/state.ts';
import type { Tables } from '../../state/tables.ts';

/** What a listener, or one of its rules, shall forward to. */
export interface TrafficOrder {
  /** ARN of the rule, or of a network load balancer's listener. */
  readonly rule: string;
  /** The one with most traffic first: a listener of a network load balancer has no other. */
  readonly targetGroups: readonly TargetGroupWeight[];
}

/**
 * Where the traffic of a service belongs, by what its new tasks are registered in: each of those groups (green), and the one
 * beside it (blue). Pure.
 */
export function trafficOrders(
  green: readonly ServiceLoadBalancer[],
  { productionPercent, testShifted }: Pick<TrafficShift, 'productionPercent' | 'testShifted'>,
): readonly TrafficOrder[] {
  return green.flatMap(({ targetGroupArn, advancedConfiguration: advanced }) => {
    if (advanced === undefined) return [];
    const { alternateTargetGroupArn: blue, productionListenerRule: rule, testListenerRule: test } = advanced;
    const production = { rule, targetGroups: weights(targetGroupArn, blue, productionPercent) };
    if (test === undefined) return [production];
    return [production, { rule: test, targetGroups: weights(targetGroupArn, blue, testShifted ? 100 : 0) }];
  });
}

/**
 * The load balancers of a new deployment: of each pair of groups the one that what ran before is not in when traffic is to be
 * shifted, and the one it is in when not. Pure.
 */
export function balancersOf(
  declared: readonly ServiceLoadBalancer[],
  before: readonly ServiceLoadBalancer[] | undefined,
  shifts: boolean,
): readonly ServiceLoadBalancer[] {
  return declared.map((each) => {
    const { targetGroupArn: first, advancedConfiguration: advanced } = each;
    if (advanced === undefined) return each;
    const second = advanced.alternateTargetGroupArn;
    const held = (before ?? []).find(({ targetGroupArn }) => targetGroupArn === first || targetGroupArn === second);
    const heldSecond = held?.targetGroupArn === second;
    const takesSecond = held !== undefined && heldSecond !== shifts;
    if (!takesSecond) return each;
    const advancedConfiguration = { ...advanced, alternateTargetGroupArn: first };
    return { ...each, targetGroupArn: second, advancedConfiguration };
  });
}

/** Weights are whole numbers up to 999. */
function weights(green: string, blue: string, percent: number): readonly TargetGroupWeight[] {
  const parts = Number.isInteger(percent) ? 100 : 1000;
  const weight = Math.round((percent * parts) / 100);
  const both = [
    { targetGroupArn: green, weight },
    { targetGroupArn: blue, weight: parts - weight },
  ];
  return both.toSorted((a, b) => b.weight - a.weight);
}

/** The first of the rules that is not there, or forwards nowhere. */
export function missingRule(tables: Tables, orders: readonly TrafficOrder[]): string | undefined {
  return orders.map(({ rule }) => rule).find((rule) => actionAt(tables, rule)?.type !== 'forward');
}

function actionAt({ listenerRules, listeners }: Tables, arn: string): ListenerAction | undefined {
  const key = elbKey(arn) ?? '';
  return listenerRules.get(key)?.action ?? listeners.get(key)?.defaultAction;
}

/** Writes the weights into the rules; what is so already is left alone. */
export function directTraffic(tx: Tx, orders: readonly TrafficOrder[]): void {
  const { listenerRules, listeners } = tx.tables;
  for (const { rule: arn, targetGroups } of orders) {
    const key = elbKey(arn) ?? '';
    const before = actionAt(tx.tables, arn);
    if (before?.type !== 'forward' || JSON.stringify(before.targetGroups) === JSON.stringify(targetGroups)) continue;
    const action: ListenerAction = { ...before, targetGroups };
    const rule = listenerRules.get(key);
    const listener = listeners.get(key);
    if (rule !== undefined) tx.put(listenerRules, key, { ...rule, action });
    else if (listener !== undefined) tx.put(listeners, key, { ...listener, defaultAction: action });
    const shares = targetGroups.map((each) => `${each.weight} to ${each.targetGroupArn}`).join(', ');
    tx.event({
      subject: arn,
      type: 'rule.modified',
      because: 'new-deployment',
      text: `A deployment shifts traffic: ${shares}.`,
    });
  }
}
