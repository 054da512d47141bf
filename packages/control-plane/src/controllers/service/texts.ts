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

export const UNHEALTHY_REASON = 'Task failed container health checks';

function list(tasks: readonly Task[]): string {
  return tasks.map((task) => `(task ${task.id})`).join(' ');
}
