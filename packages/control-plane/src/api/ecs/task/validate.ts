import { invalidParameter } from '@gantry/protocol';
import type { RunTaskRequest, StartTaskRequest } from '@aws-sdk/client-ecs';
import { checkClientToken, checkRange } from '../common/names.ts';

const MAX_COUNT = 10;
const MAX_GROUP = 255;
const MAX_STARTED_BY = { RunTask: 128, StartTask: 36 } as const;

/** What can be said of a RunTask without looking at any state (ecs-semantics 1.3, 4.1). Pure. */
export function checkRunTask(input: RunTaskRequest): void {
  checkRange('Count', input.count, 1, MAX_COUNT);
  checkClientToken(input.clientToken, 64);
  checkCommon(input, MAX_STARTED_BY.RunTask);
}

/** What can be said of a StartTask without looking at any state (ecs-semantics 1.3, 4.2). Pure. */
export function checkStartTask(input: StartTaskRequest): void {
  const count = (input.containerInstances ?? []).length;
  if (count === 0) throw invalidParameter('Container Instances cannot be empty.');
  if (count > MAX_COUNT) throw invalidParameter(`At most ${MAX_COUNT} container instances can be given per call.`);
  checkCommon(input, MAX_STARTED_BY.StartTask);
}

function checkCommon(input: RunTaskRequest | StartTaskRequest, maxStartedBy: number): void {
  const { group, propagateTags, startedBy } = input;
  if (group !== undefined && group.length > MAX_GROUP) throw invalidParameter(`group longer than ${MAX_GROUP}.`);
  if (startedBy !== undefined && startedBy !== '') {
    if (startedBy.length > maxStartedBy) throw invalidParameter(`startedBy longer than ${maxStartedBy}.`);
    if (!/^[A-Za-z0-9_/-]+$/.test(startedBy)) {
      throw invalidParameter('startedBy can contain letters, numbers, hyphens, forward slashes and underscores.');
    }
  }
  if (propagateTags === 'SERVICE') {
    throw invalidParameter('propagateTags SERVICE is for services only. Use TASK_DEFINITION or NONE.');
  }
}
