import type { Task } from '@gantry/domain';
import type { Refusal } from '../scheduler/place.ts';

/** Service event messages in ECS's own words (ecs-semantics 5.15). */

const TROUBLESHOOTING = 'For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.';

export function startedText(service: string, tasks: readonly Task[]): string {
  return `(service ${service}) has started ${tasks.length} tasks: ${list(tasks)}.`;
}

export function stoppedText(service: string, tasks: readonly Task[]): string {
  return `(service ${service}) has stopped ${tasks.length} running tasks: ${list(tasks)}.`;
}

export function steadyText(service: string): string {
  return `(service ${service}) has reached a steady state.`;
}

export function completedText(service: string, deploymentId: string): string {
  return `(service ${service}) (deployment ${deploymentId}) deployment completed.`;
}

export function failedText(service: string, deploymentId: string): string {
  return `(service ${service}) (deployment ${deploymentId}) deployment failed: tasks failed to start.`;
}

export function rollbackText(service: string, deploymentId: string): string {
  return `(service ${service}) rolling back to deployment ${deploymentId}.`;
}

export function throttledText(service: string): string {
  return `(service ${service}) is unable to consistently start tasks successfully.`;
}

export function stuckText(service: string): string {
  return (
    `(service ${service}) was unable to stop or start tasks during a deployment because of the service deployment ` +
    'configuration. Update the minimumHealthyPercent or maximumPercent value and try again.'
  );
}

export function protectedText(service: string, deploymentId: string): string {
  return (
    `service (${service}) was unable to reach steady state because task set (${deploymentId}) was unable to scale in. ` +
    'Reason: The number of protected tasks are more than the desired count of tasks'
  );
}

/** Why a service deployment has its status, in ECS's words where they are known. */
export const DEPLOYMENT_REASONS = {
  breakerRollback: 'Service deployment rolled back because the circuit breaker threshold was exceeded.',
  breakerStop: 'Service deployment stopped because the circuit breaker threshold was exceeded.',
  userRollback: 'Service deployment rolled back because a user requested it.',
  nothingToRollBackTo: 'Service deployment stopped: there is no completed deployment to roll back to.',
  userStop: 'Service deployment stopped because a user requested it.',
  superseded: 'Service deployment stopped because a newer one was started.',
  rollbackSuperseded: 'The rollback was not finished when a newer deployment was started.',
  rollbackFailed: 'The tasks of the deployment that was rolled back to failed to start.',
  serviceDeleted: 'Service deployment stopped because the service was deleted.',
} as const;

export function unplacedText(service: string, refusal: Refusal): string {
  if (refusal.because === 'fargate-capacity')
    return `(service ${service}) was unable to place a task. Reason: ${refusal.reason}.`;
  const instanceId = refusal.closestInstanceArn?.slice(refusal.closestInstanceArn.lastIndexOf('/') + 1);
  const reason =
    instanceId === undefined || refusal.eventText === undefined
      ? 'No Container Instances were found in your cluster.'
      : `The closest matching (container-instance ${instanceId}) ${refusal.eventText}`;
  return (
    `(service ${service}) was unable to place a task because no container instance met all of its requirements. ` +
    `Reason: ${reason} ${TROUBLESHOOTING}`
  );
}

export function scalingReason(deploymentId: string): string {
  return `Scaling activity initiated by (deployment ${deploymentId})`;
}

export function unhealthyReason(targetGroupArn: string | undefined): string {
  if (targetGroupArn === undefined) return 'Task failed container health checks';
  return `Task failed ELB health checks in (target-group ${targetGroupArn})`;
}

/** @param done `registered` or `deregistered` */
export function targetsText(service: string, done: string, count: number, targetGroupArn: string): string {
  return `(service ${service}) ${done} ${count} targets in (target-group ${targetGroupArn})`;
}

export function drainingText(service: string, count: number): string {
  return `(service ${service}) has begun draining connections on ${count} tasks.`;
}

/** @param reason what the health checks found */
export function targetUnhealthyText(service: string, port: number, targetGroupArn: string, reason: string): string {
  return `(service ${service}) (port ${port}) is unhealthy in (target-group ${targetGroupArn}) due to (reason ${reason})`;
}

function list(tasks: readonly Task[]): string {
  return tasks.map((task) => `(task ${task.id})`).join(' ');
}
