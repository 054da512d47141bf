import { arnOf } from '@gantry/domain';
import type { CloudtrailOperations, GantryOperations, SchedulerOperations, StsOperations } from '@gantry/protocol';
import { any, type Demand, type Place, type RulesOf } from '../demand.ts';
import { passRoles } from './pass-role.ts';
import { iamTags } from './tags.ts';

/**
 * STS. AssumeRole is decided where the role's trust policy is read (`api/sts`), and who may know who he is needs no
 * permission: `FREE` in authorise.ts.
 */
export const stsRules: RulesOf<StsOperations> = {
  AssumeRole: ({ RoleArn }) => ({ resource: RoleArn ?? '*' }),
  GetAccessKeyInfo: any,
  GetCallerIdentity: any,
  GetSessionToken: any,
};

export const cloudtrailRules: RulesOf<CloudtrailOperations> = { LookupEvents: any };

export const gantryRules: RulesOf<GantryOperations> = { Status: any, Why: any };

interface OfSchedule {
  readonly Name?: string | undefined;
  readonly GroupName?: string | undefined;
}

const schedule = ({ Name, GroupName }: OfSchedule, at: Place): Demand => ({
  resource: arnOf(at.scope, 'scheduler', `schedule/${GroupName ?? 'default'}/${Name ?? ''}`),
});
const group = ({ Name }: OfSchedule, at: Place): Demand => ({
  resource: arnOf(at.scope, 'scheduler', `schedule-group/${Name ?? ''}`),
});
const byArn = ({ ResourceArn }: { readonly ResourceArn?: string | undefined }): Demand => ({
  resource: ResourceArn ?? '*',
});

type Write = OfSchedule & { readonly Target?: { readonly RoleArn?: string | undefined } | undefined };
const write = (input: Write, at: Place): readonly Demand[] => {
  const demand = schedule(input, at);
  return [demand, ...passRoles(at, demand.resource, [{ role: input.Target?.RoleArn, to: 'scheduler.amazonaws.com' }])];
};

export const schedulerRules: RulesOf<SchedulerOperations> = {
  CreateSchedule: write,
  CreateScheduleGroup: (input, at) => ({ ...group(input, at), requestTags: iamTags(input.Tags) }),
  DeleteSchedule: schedule,
  DeleteScheduleGroup: group,
  GetSchedule: schedule,
  GetScheduleGroup: group,
  ListScheduleGroups: any,
  ListSchedules: any,
  ListTagsForResource: byArn,
  TagResource: (input) => ({ ...byArn(input), requestTags: iamTags(input.Tags) }),
  UntagResource: (input) => ({ ...byArn(input), tagKeys: input.TagKeys }),
  UpdateSchedule: write,
};
