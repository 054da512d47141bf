import type { ElbHandlers } from './common/handler.ts';
import { pageOfItems } from './common/paging.ts';

/** What there may be, in ELB's names: enforced where the things are made. */
const LIMITS: Readonly<Record<string, number>> = {
  'application-load-balancers': 50,
  'condition-values-per-alb-rule': 5,
  'listeners-per-application-load-balancer': 50,
  'listeners-per-network-load-balancer': 50,
  'network-load-balancers': 50,
  'rules-per-application-load-balancer': 100,
  'target-groups': 3000,
  'target-groups-per-action-on-application-load-balancer': 5,
  'target-groups-per-action-on-network-load-balancer': 1,
  'target-groups-per-application-load-balancer': 100,
  'targets-per-application-load-balancer': 1000,
  'targets-per-network-load-balancer': 1000,
};

export function limitHandlers(): Pick<ElbHandlers, 'DescribeAccountLimits'> {
  return {
    DescribeAccountLimits: async (input) => {
      const { items, end } = pageOfItems(Object.entries(LIMITS), input, ([name]) => name);
      return { Limits: items.map(([Name, most]) => ({ Name, Max: String(most) })), ...end };
    },
  };
}
