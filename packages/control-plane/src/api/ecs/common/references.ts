import { NAME_PATTERN, parseArn, type ParsedArn, type Scope } from '@gantry/domain';
import { invalidParameter, ServiceError } from '@gantry/protocol';

/**
 * What users write for a resource: its short name or id, or its ARN, long or legacy (ecs-semantics 1.2).
 * All functions here are pure and refuse ARNs of another account, region or cluster.
 */
export type ResourceType = 'cluster' | 'service' | 'task' | 'container-instance';

const WORD: Readonly<Record<ResourceType, string>> = {
  cluster: 'cluster',
  service: 'service',
  task: 'task',
  'container-instance': 'container instance',
};

/**
 * The short cluster name in a reference; `default` when there is none. A cluster of another account or region is
 * one that is not there: throws ClusterNotFoundException.
 */
export function clusterNameIn(scope: Scope, reference: string | undefined): string {
  if (reference === undefined || reference === '') return 'default';
  const arn = parseArn(reference);
  if (arn === undefined) {
    if (!reference.startsWith('arn:')) return wellFormed(reference);
    throw invalidParameter(`Invalid ARN '${reference.slice(0, 128)}'. Give a cluster's short name or its full ARN.`);
  }
  const name = /^cluster\/([^/]+)$/.exec(arn.resource)?.[1];
  if (arn.service !== 'ecs' || name === undefined) throw wrongKind(reference, 'cluster');
  if (!isOf(scope, arn)) throw clusterNotFound();
  return wellFormed(name);
}

function wellFormed(cluster: string): string {
  if (NAME_PATTERN.test(cluster)) return cluster;
  throw invalidParameter(`Cluster must match ^[a-zA-Z0-9\\-_]{1,255}$, but was ${cluster.slice(0, 256)}`);
}

/**
 * The id or name of a `service`, `task` or `container-instance` that belongs to `cluster`.
 * Throws InvalidParameterException when the ARN is of another kind, account, region or cluster.
 */
export function idIn(scope: Scope, cluster: string, type: Exclude<ResourceType, 'cluster'>, reference: string): string {
  const arn = parseArn(reference);
  if (arn === undefined) {
    if (reference === '' || reference.startsWith('arn:')) throw wrongKind(reference, type);
    return reference;
  }
  const parts = arn.resource.split('/');
  const id = parts.at(-1);
  if (arn.service !== 'ecs' || parts[0] !== type || parts.length < 2 || parts.length > 3 || !id) {
    throw wrongKind(reference, type);
  }
  if (arn.account !== scope.account) {
    throw invalidParameter(`Invalid identifier: Identifier is for ${arn.account}. Your accountId is ${scope.account}`);
  }
  if (arn.region !== scope.region) {
    throw invalidParameter(`Invalid identifier: Identifier is for ${arn.region}. Your region is ${scope.region}`);
  }
  if (parts.length === 3 && parts[1] !== cluster) {
    throw invalidParameter(`Invalid identifier: Identifier is for cluster ${parts[1]}. Your cluster is ${cluster}`);
  }
  return id;
}

export function isOf(scope: Scope, arn: ParsedArn): boolean {
  return arn.account === scope.account && arn.region === scope.region;
}

export function clusterNotFound(message = 'Cluster not found.'): ServiceError {
  return new ServiceError('ClusterNotFoundException', message);
}

export function serviceNotFound(): ServiceError {
  return new ServiceError('ServiceNotFoundException', 'Service not found.');
}

function wrongKind(reference: string, type: ResourceType): ServiceError {
  return invalidParameter(
    `Invalid identifier '${reference.slice(0, 128)}'. Give the ${WORD[type]}'s short name or id, or its full ARN.`,
  );
}
