import type { Platform } from '../../platform.ts';
import { withDryRun, type Ec2Handlers } from './common/handler.ts';
import { groupRuleHandlers } from './group-rules.ts';
import { groupHandlers } from './groups.ts';
import { interfaceHandlers } from './interfaces.ts';
import { subnetHandlers } from './subnets.ts';
import { surroundingsHandlers } from './surroundings.ts';
import { taggingHandlers } from './tagging.ts';
import { vpcHandlers } from './vpcs.ts';
import { zoneHandlers } from './zones.ts';

/** The part of EC2 that ECS users need: networks. */
export function ec2Handlers(platform: Platform): Ec2Handlers {
  return withDryRun({
    ...groupHandlers(platform),
    ...groupRuleHandlers(platform),
    ...interfaceHandlers(platform),
    ...subnetHandlers(platform),
    ...surroundingsHandlers(platform),
    ...taggingHandlers(platform),
    ...vpcHandlers(platform),
    ...zoneHandlers(platform),
  });
}
