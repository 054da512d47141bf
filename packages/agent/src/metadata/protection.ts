import { isCode, LinkError } from '../session/port.ts';
import type { MetadataAnswer, MetadataRequest } from './port.ts';
import type { Asked } from './requester.ts';

const KEYS = ['ProtectionEnabled', 'ExpiresInMinutes'];

/** GET and PUT of a task's protection, made with the task's own role, as the stock agent does (agent-protocol 7.5). */
export async function protection(
  { source, view }: Asked,
  { method, body }: Pick<MetadataRequest, 'method' | 'body'>,
  signal: AbortSignal,
): Promise<MetadataAnswer> {
  const { arn, taskClusterArn: cluster } = view.payload;
  const fail = (status: number, Code: string, Message: string): MetadataAnswer => ({
    status,
    body: { error: { Arn: arn, Code, Message } },
  });
  const input = method === 'PUT' ? readInput(body) : undefined;
  if (typeof input === 'string') return fail(400, 'InvalidParameterException', input);
  const credentials = source.credentials.ofTask(view.payload);
  if (credentials === undefined)
    return fail(403, 'AccessDeniedException', 'Invalid Request: no task IAM role credentials available for task');
  const region = arn.split(':')[3];
  try {
    const { protectedTasks = [], failures = [] } =
      input === undefined
        ? await source.link.call('GetTaskProtection', { cluster, tasks: [arn] }, signal, { region, credentials })
        : await source.link.call('UpdateTaskProtection', { cluster, tasks: [arn], ...input }, signal, {
            region,
            credentials,
          });
    const [failure] = failures;
    if (failure !== undefined)
      return {
        status: 200,
        body: { failure: { Arn: failure.arn ?? arn, Detail: failure.detail ?? null, Reason: failure.reason ?? '' } },
      };
    const [task] = protectedTasks;
    const ExpirationDate = task?.expirationDate === undefined ? null : isoSeconds(new Date(task.expirationDate));
    return {
      status: 200,
      body: { protection: { ExpirationDate, ProtectionEnabled: task?.protectionEnabled === true, TaskArn: arn } },
    };
  } catch (error) {
    if (!(error instanceof LinkError)) throw error;
    if (isCode(error, 'Unreachable')) return fail(504, 'RequestTimeout', 'Timed out calling the ECS service');
    return fail(error.status ?? 500, error.code, error.message);
  }
}

/** A text says what is wrong with it. */
function readInput(body: string): { readonly protectionEnabled: boolean; readonly expiresInMinutes?: number } | string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return 'UpdateTaskProtection: failed to decode request';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'UpdateTaskProtection: failed to decode request';
  const { ProtectionEnabled, ExpiresInMinutes } = value as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(value).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) return `UpdateTaskProtection: failed to decode request: unknown field "${unknown}"`;
  if (ProtectionEnabled === undefined || ProtectionEnabled === null)
    return "Invalid request: does not contain 'ProtectionEnabled' field";
  if (typeof ProtectionEnabled !== 'boolean') return 'UpdateTaskProtection: failed to decode request';
  if (ExpiresInMinutes === undefined || ExpiresInMinutes === null) return { protectionEnabled: ProtectionEnabled };
  if (!Number.isInteger(ExpiresInMinutes)) return 'UpdateTaskProtection: failed to decode request';
  return { protectionEnabled: ProtectionEnabled, expiresInMinutes: ExpiresInMinutes as number };
}

const isoSeconds = (at: Date): string => at.toISOString().replace(/\.\d+Z$/, 'Z');
