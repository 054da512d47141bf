import { ServiceError } from '@gantry/protocol';
import type { ApiCall, Authorise } from './port.ts';

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

/** The installation's own keys: the administrator may everything, an agent what agents do, and nobody else anything. */
export const byRole: Authorise = (caller, call) => {
  const { kind } = caller.principal;
  const action = actionOf(call);
  if (kind === 'administrator' || (kind === 'agent' && AGENT_MAY.has(action))) return;
  throw new ServiceError(
    'AccessDeniedException',
    `User: ${caller.principalArn} is not authorized to perform: ${action} because its role '${kind}' ` +
      `does not allow it. Use the administrator's key.`,
  );
};

function actionOf({ signingName, operation }: ApiCall): string {
  return `${signingName}:${operation}`;
}
