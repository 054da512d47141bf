import type { Platform } from '../../platform.ts';
import type { ElbHandlers } from './common/handler.ts';
import type { HostPorts } from './host-port.ts';
import { limitHandlers } from './limits.ts';
import { listenerHandlers, listenerReadHandlers } from './listeners.ts';
import { loadBalancerHandlers, loadBalancerSettingHandlers } from './load-balancers.ts';
import { ruleHandlers } from './rules.ts';
import { taggingHandlers } from './tagging.ts';
import { targetGroupAttributeHandlers, targetGroupChangeHandlers, targetGroupHandlers } from './target-groups.ts';
import { targetHandlers } from './targets.ts';

/** Elastic Load Balancing, version 2. */
export function elbHandlers(platform: Platform, ports: HostPorts): Partial<ElbHandlers> {
  return {
    ...loadBalancerHandlers(platform),
    ...loadBalancerSettingHandlers(platform),
    ...targetGroupHandlers(platform),
    ...targetGroupChangeHandlers(platform),
    ...targetGroupAttributeHandlers(platform),
    ...targetHandlers(platform),
    ...listenerHandlers(platform, ports),
    ...listenerReadHandlers(platform),
    ...ruleHandlers(platform),
    ...taggingHandlers(platform),
    ...limitHandlers(),
  };
}
