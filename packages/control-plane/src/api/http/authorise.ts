import { ServiceError } from '@gantry/protocol';
import type { Principal, Role } from './keys.ts';

const AGENT_MAY: ReadonlySet<string> = new Set([
  'ecs:CreateCluster',
  'ecs:DeregisterContainerInstance',
  'ecs:DiscoverPollEndpoint',
  'ecs:GetTaskProtection',
  'ecs:ListTagsForResource',
  'ecs:Poll',
  'ecs:RegisterContainerInstance',
  'ecs:StartTelemetrySession',
  'ecs:SubmitAttachmentStateChanges',
  'ecs:SubmitContainerStateChange',
  'ecs:SubmitTaskStateChange',
  'ecs:UpdateContainerInstancesState',
  'ecs:UpdateTaskProtection',
  'logs:CreateLogGroup',
  'logs:CreateLogStream',
  'logs:DescribeLogGroups',
  'logs:DescribeLogStreams',
  'logs:PutLogEvents',
  'sts:GetCallerIdentity',
]);

const MAY: Readonly<Record<Role, (action: string) => boolean>> = {
  administrator: () => true,
  agent: (action) => AGENT_MAY.has(action),
};

/**
 * Whether the principal may do the action (`ecs:RunTask`; the agent's sockets are `ecs:Poll` and
 * `ecs:StartTelemetrySession`, as in IAM).
 * @throws ServiceError AccessDeniedException
 */
export function authorise(principal: Principal, action: string): void {
  if (MAY[principal.role](action)) return;
  throw new ServiceError(
    'AccessDeniedException',
    `User: ${principal.principalArn} is not authorized to perform: ${action} because its role '${principal.role}' ` +
      `does not allow it. Use the administrator's key.`,
  );
}
