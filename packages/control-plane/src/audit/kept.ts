import type { ServiceName } from '@gantry/protocol';
import type { Principal } from '../identity/principal.ts';

/** Verbs of operations that look and change nothing. Every other verb changes something. */
export const READ_VERBS = [
  'BatchGet',
  'Describe',
  'Discover',
  'Filter',
  'Get',
  'Head',
  'List',
  'Lookup',
  'Select',
  'Simulate',
  'Status',
  'Validate',
  'Why',
] as const;

const READS = new RegExp(`^(${READ_VERBS.join('|')})(?![a-z])`);

/** They change nothing, but who got a secret or took on a role is what a trail is for. */
const KEPT_READS: ReadonlySet<string> = new Set([
  'secretsmanager:BatchGetSecretValue',
  'secretsmanager:GetSecretValue',
  'sts:AssumeRole',
  'sts:GetSessionToken',
]);

/** Kept when they ask for plain text (`WithDecryption`). */
const KEPT_WHEN_DECRYPTED: ReadonlySet<string> = new Set([
  'ssm:GetParameter',
  'ssm:GetParameterHistory',
  'ssm:GetParameters',
  'ssm:GetParametersByPath',
]);

/** What agents report all day; `gantry why` has it. CloudTrail takes log events for data, too. */
const ROUTINE: ReadonlySet<string> = new Set([
  'ecs:SubmitAttachmentStateChanges',
  'ecs:SubmitContainerStateChange',
  'ecs:SubmitTaskStateChange',
  'logs:PutLogEvents',
]);

/** S3's calls about buckets alone: those about objects are data events, which a trail does not have unless it is paid for. */
const S3_KEPT: ReadonlySet<string> = new Set(['CreateBucket', 'DeleteBucket']);

/** As CloudTrail's `readOnly` has it: taking on a role changes nothing. */
export function isReadOnly(service: ServiceName, operation: string): boolean {
  return READS.test(operation) || KEPT_READS.has(`${service}:${operation}`);
}

/** Whether a call belongs in the trail. */
export function isKept(service: ServiceName, operation: string, by: Principal['kind'], input: unknown): boolean {
  const action = `${service}:${operation}`;
  if (service === 's3') return S3_KEPT.has(operation);
  if (ROUTINE.has(action) || (by === 'agent' && service === 'logs')) return false;
  if (KEPT_WHEN_DECRYPTED.has(action))
    return (input as { WithDecryption?: boolean } | undefined)?.WithDecryption === true;
  return KEPT_READS.has(action) || !isReadOnly(service, operation);
}
