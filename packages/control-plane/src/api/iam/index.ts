import type { Identity } from '../../identity/index.ts';
import type { Platform } from '../../platform.ts';
import { accessKeyHandlers, accessKeyLookupHandlers } from './access-keys.ts';
import { attachmentHandlers } from './attachments.ts';
import { boundaryHandlers } from './boundaries.ts';
import { groupHandlers, membershipHandlers } from './groups.ts';
import type { IamHandlers } from './common/handler.ts';
import { inlinePolicyHandlers } from './inline-policies.ts';
import { instanceProfileHandlers, profileRoleHandlers } from './instance-profiles.ts';
import { policyHandlers, policyListHandlers } from './policies.ts';
import { policyVersionHandlers, policyVersionLookupHandlers } from './policy-versions.ts';
import { roleHandlers, roleUpdateHandlers } from './roles.ts';
import { serviceLinkedRoleHandlers } from './service-linked-roles.ts';
import { simulateHandlers } from './simulate.ts';
import { taggingHandlers } from './tagging.ts';
import { userHandlers, userLookupHandlers } from './users.ts';

/** IAM: one world for each account, whatever region a request is signed for. */
export function iamHandlers(platform: Platform, { lastUses }: Identity): Partial<IamHandlers> {
  return {
    ...accessKeyHandlers(platform),
    ...accessKeyLookupHandlers(platform, lastUses),
    ...attachmentHandlers(platform),
    ...boundaryHandlers(platform),
    ...groupHandlers(platform),
    ...inlinePolicyHandlers(platform),
    ...instanceProfileHandlers(platform),
    ...membershipHandlers(platform),
    ...policyHandlers(platform),
    ...policyListHandlers(platform),
    ...policyVersionHandlers(platform),
    ...policyVersionLookupHandlers(platform),
    ...profileRoleHandlers(platform),
    ...roleHandlers(platform, lastUses),
    ...roleUpdateHandlers(platform),
    ...serviceLinkedRoleHandlers(platform),
    ...simulateHandlers(platform),
    ...taggingHandlers(platform),
    ...userHandlers(platform),
    ...userLookupHandlers(platform),
  };
}
