// Written by tools/model/generate.ts: do not edit.
import type {
  CreateScheduleGroupInput,
  CreateScheduleGroupOutput,
  CreateScheduleInput,
  CreateScheduleOutput,
  DeleteScheduleGroupInput,
  DeleteScheduleGroupOutput,
  DeleteScheduleInput,
  DeleteScheduleOutput,
  GetScheduleGroupInput,
  GetScheduleGroupOutput,
  GetScheduleInput,
  GetScheduleOutput,
  ListScheduleGroupsInput,
  ListScheduleGroupsOutput,
  ListSchedulesInput,
  ListSchedulesOutput,
  ListTagsForResourceInput,
  ListTagsForResourceOutput,
  TagResourceInput,
  TagResourceOutput,
  UntagResourceInput,
  UntagResourceOutput,
  UpdateScheduleInput,
  UpdateScheduleOutput,
} from '@aws-sdk/client-scheduler';

/** Every operation of scheduler (API 2021-06-30) with the shapes of its input and output. */
export interface SchedulerOperations {
  CreateSchedule: { input: CreateScheduleInput; output: CreateScheduleOutput };
  CreateScheduleGroup: { input: CreateScheduleGroupInput; output: CreateScheduleGroupOutput };
  DeleteSchedule: { input: DeleteScheduleInput; output: DeleteScheduleOutput };
  DeleteScheduleGroup: { input: DeleteScheduleGroupInput; output: DeleteScheduleGroupOutput };
  GetSchedule: { input: GetScheduleInput; output: GetScheduleOutput };
  GetScheduleGroup: { input: GetScheduleGroupInput; output: GetScheduleGroupOutput };
  ListScheduleGroups: { input: ListScheduleGroupsInput; output: ListScheduleGroupsOutput };
  ListSchedules: { input: ListSchedulesInput; output: ListSchedulesOutput };
  ListTagsForResource: { input: ListTagsForResourceInput; output: ListTagsForResourceOutput };
  TagResource: { input: TagResourceInput; output: TagResourceOutput };
  UntagResource: { input: UntagResourceInput; output: UntagResourceOutput };
  UpdateSchedule: { input: UpdateScheduleInput; output: UpdateScheduleOutput };
}
