import { arnOf, parseArn, type Scope } from '@gantry/domain';
import { invalidParameter, ServiceError } from '@gantry/protocol';
import type { LogGroup, LogStream, Tables } from '../../state/tables.ts';

/** Days CloudWatch Logs knows; anything else is refused. */
export const RETENTION_DAYS: ReadonlySet<number> = new Set([
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]);
export const DAY_MS = 86_400_000;

export function logGroupKey(scope: Scope, name: string): string {
  return `${scope.account}/${scope.region}/${name}`;
}

export function logStreamKey(groupKey: string, stream: string): string {
  return `${groupKey}\n${stream}`;
}

/** Without the `:*` that older APIs put behind it. */
export function logGroupArn(scope: Scope, name: string): string {
  return arnOf(scope, 'logs', `log-group:${name}`);
}

export const noSuchGroup = (): ServiceError =>
  new ServiceError('ResourceNotFoundException', 'The specified log group does not exist.');
export const noSuchStream = (): ServiceError =>
  new ServiceError('ResourceNotFoundException', 'The specified log stream does not exist.');

export interface FoundGroup {
  readonly key: string;
  readonly group: LogGroup;
}

/** @throws ServiceError ResourceNotFoundException */
export function groupNamed(tables: Tables, scope: Scope, name: string): FoundGroup {
  const key = logGroupKey(scope, name);
  const group = tables.logGroups.get(key);
  if (group === undefined) throw noSuchGroup();
  return { key, group };
}

/** The group of a request that names it by `logGroupName` or by `logGroupIdentifier` (name or ARN), not both. */
export function groupOf(
  tables: Tables,
  scope: Scope,
  input: { readonly logGroupName?: string | undefined; readonly logGroupIdentifier?: string | undefined },
): FoundGroup {
  const { logGroupName, logGroupIdentifier } = input;
  if (logGroupName !== undefined && logGroupIdentifier !== undefined)
    throw invalidParameter('LogGroup name and LogGroup identifier are mutually exclusive parameters.');
  const name = logGroupName ?? (logGroupIdentifier === undefined ? undefined : nameIn(scope, logGroupIdentifier));
  if (name === undefined) throw invalidParameter('LogGroup name or LogGroup identifier is required.');
  return groupNamed(tables, scope, name);
}

/** The group of a `resourceArn`, with or without `:*`. */
export function groupOfArn(tables: Tables, scope: Scope, arn: string): FoundGroup {
  if (parseArn(arn) === undefined) throw invalidParameter(`${arn} is not the ARN of a log group.`);
  return groupNamed(tables, scope, nameIn(scope, arn));
}

/** @throws ServiceError ResourceNotFoundException */
export function streamOf(tables: Tables, found: FoundGroup, name: string): LogStream {
  const stream = tables.logStreams.get(logStreamKey(found.key, name));
  if (stream === undefined) throw noSuchStream();
  return stream;
}

/** Nothing older than this is shown; 0 without a retention. */
export function oldestShownMs(group: LogGroup, nowMs: number): number {
  return group.retentionInDays === undefined ? 0 : nowMs - group.retentionInDays * DAY_MS;
}

function nameIn(scope: Scope, identifier: string): string {
  const arn = parseArn(identifier);
  if (arn === undefined) return identifier;
  if (arn.service !== 'logs' || !arn.resource.startsWith('log-group:'))
    throw invalidParameter(`${identifier} is not the ARN of a log group.`);
  // Other accounts and regions are other worlds: nothing of theirs exists here.
  if (arn.account !== scope.account || arn.region !== scope.region) throw noSuchGroup();
  return arn.resource.slice('log-group:'.length).replace(/:\*$/, '');
}
