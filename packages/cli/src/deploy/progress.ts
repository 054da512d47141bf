import type { EcsOutput, Service } from '../api/port.ts';

export type Deployment = NonNullable<EcsOutput<'DescribeServiceDeployments'>['serviceDeployments']>[number];

export interface Progress {
  /** One line: where it is. The same text means that nothing has happened. */
  readonly text: string;
  /** Set when it is over. */
  readonly end?: { readonly succeeded: boolean; readonly text: string };
}

const ENDS: Readonly<Record<string, boolean>> = {
  SUCCESSFUL: true,
  STOPPED: false,
  ROLLBACK_SUCCESSFUL: false,
  ROLLBACK_FAILED: false,
};
const STAGES: Readonly<Record<string, string>> = {
  RECONCILE_SERVICE: 'before it begins',
  PRE_SCALE_UP: 'before the new tasks start',
  SCALE_UP: 'starting the new tasks',
  POST_SCALE_UP: 'the new tasks are healthy',
  TEST_TRAFFIC_SHIFT: 'shifting test traffic',
  POST_TEST_TRAFFIC_SHIFT: 'test traffic is shifted',
  PRODUCTION_TRAFFIC_SHIFT: 'shifting traffic',
  POST_PRODUCTION_TRAFFIC_SHIFT: 'traffic is shifted',
  BAKE_TIME: 'waiting before the old tasks go',
  CLEAN_UP: 'stopping the old tasks',
};

/** Where a deployment is, and what it waits for. `isRollback`: to go back is what was asked for. Pure. */
export function progressOf(deployment: Deployment, service: Service | undefined, isRollback: boolean): Progress {
  const { status = '', statusReason, lifecycleStage, lifecycleHookDetails = [] } = deployment;
  const head = headOf(status, isRollback);
  const isOver = ENDS[status];
  if (isOver !== undefined) {
    const succeeded = isRollback ? status === 'ROLLBACK_SUCCESSFUL' : isOver;
    return { text: head, end: { succeeded, text: statusReason ?? status } };
  }
  const parts = [head];
  const primary = service?.deployments?.find((each) => each.status === 'PRIMARY');
  if (primary !== undefined) {
    const { runningCount = 0, desiredCount = 0, pendingCount = 0, failedTasks = 0 } = primary;
    parts.push(`${runningCount} of ${desiredCount} new tasks run`);
    if (pendingCount > 0) parts.push(`${pendingCount} on their way`);
    if (failedTasks > 0) parts.push(`${failedTasks} failed`);
    const older = (service?.deployments ?? []).filter((each) => each !== primary);
    const left = older.reduce((sum, each) => sum + (each.runningCount ?? 0) + (each.pendingCount ?? 0), 0);
    if (left > 0) parts.push(`${left} old ones left`);
  }
  if (lifecycleStage !== undefined) parts.push(STAGES[lifecycleStage] ?? lifecycleStage);
  for (const hook of lifecycleHookDetails) {
    if (hook.status === 'AWAITING_ACTION')
      parts.push(
        `paused: aws ecs continue-service-deployment --service-deployment-arn ${deployment.serviceDeploymentArn} --hook-id ${hook.hookId}`,
      );
    if (hook.status === 'IN_PROGRESS') parts.push(`asking ${hook.targetArn ?? 'a hook'}`);
  }
  return { text: parts.join(', ') };
}

function headOf(status: string, isRollback: boolean): string {
  switch (status) {
    case 'PENDING':
      return 'waiting to begin';
    case 'IN_PROGRESS':
      return 'deploying';
    case 'SUCCESSFUL':
      return 'deployed';
    case 'ROLLBACK_REQUESTED':
    case 'ROLLBACK_IN_PROGRESS':
      return 'going back';
    case 'ROLLBACK_SUCCESSFUL':
      return isRollback ? 'is back' : 'went back';
    default:
      return status.toLowerCase().replaceAll('_', ' ');
  }
}
