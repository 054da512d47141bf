import type { Brand } from './brand.ts';

export type AccountId = Brand<string, 'AccountId'>;
export type Region = Brand<string, 'Region'>;
export type TaskId = Brand<string, 'TaskId'>;
export type InstanceId = Brand<string, 'InstanceId'>;
export type DeploymentId = Brand<string, 'DeploymentId'>;

/** An account in a region: worlds that never see each other. */
export interface Scope {
  readonly account: AccountId;
  readonly region: Region;
}

export function parseAccountId(text: string): AccountId | undefined {
  return /^[0-9]{12}$/.test(text) ? (text as AccountId) : undefined;
}

export function parseRegion(text: string): Region | undefined {
  return /^[a-z]{2}(-[a-z]+)+-[0-9]+$/.test(text) ? (text as Region) : undefined;
}

/** The only door from text to a TaskId. Everything behind it trusts the type. */
export function parseTaskId(text: string): TaskId | undefined {
  return /^[0-9a-f]{32}$/.test(text) ? (text as TaskId) : undefined;
}

export function parseInstanceId(text: string): InstanceId | undefined {
  return /^[0-9a-f]{32}$/.test(text) ? (text as InstanceId) : undefined;
}

/** Names of clusters, services, families, containers, volumes (ecs-semantics 1.3). */
export const NAME_PATTERN = /^[A-Za-z0-9_-]{1,255}$/;

/** The AWS partition a region belongs to. */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  return 'aws';
}

/** `arn:<partition>:<service>:<region>:<account>:<resource>` */
export function arnOf(scope: Scope, service: string, resource: string): string {
  return `arn:${partitionOf(scope.region)}:${service}:${scope.region}:${scope.account}:${resource}`;
}

export interface ParsedArn {
  readonly partition: string;
  readonly service: string;
  readonly region: string;
  readonly account: string;
  readonly resource: string;
}

export function parseArn(text: string): ParsedArn | undefined {
  const match = /^arn:([^:]+):([^:]+):([^:]*):([^:]*):(.+)$/s.exec(text);
  if (match === null) return undefined;
  const [, partition = '', service = '', region = '', account = '', resource = ''] = match;
  return { partition, service, region, account, resource };
}

export const clusterArn = (s: Scope, cluster: string): string => arnOf(s, 'ecs', `cluster/${cluster}`);
export const serviceArn = (s: Scope, cluster: string, name: string): string =>
  arnOf(s, 'ecs', `service/${cluster}/${name}`);
export const serviceDeploymentArn = (s: Scope, cluster: string, service: string, id: string): string =>
  arnOf(s, 'ecs', `service-deployment/${cluster}/${service}/${id}`);
export const serviceRevisionArn = (s: Scope, cluster: string, service: string, id: string): string =>
  arnOf(s, 'ecs', `service-revision/${cluster}/${service}/${id}`);
export const taskArn = (s: Scope, cluster: string, id: TaskId): string => arnOf(s, 'ecs', `task/${cluster}/${id}`);
export const containerArn = (s: Scope, cluster: string, id: TaskId, uuid: string): string =>
  arnOf(s, 'ecs', `container/${cluster}/${id}/${uuid}`);
export const instanceArn = (s: Scope, cluster: string, id: InstanceId): string =>
  arnOf(s, 'ecs', `container-instance/${cluster}/${id}`);
export const taskDefinitionArn = (s: Scope, family: string, revision: number): string =>
  arnOf(s, 'ecs', `task-definition/${family}:${revision}`);
export const capacityProviderArn = (s: Scope, name: string): string => arnOf(s, 'ecs', `capacity-provider/${name}`);

/** The last path segment of an ARN, or the text itself: `…:cluster/web` and `web` both give `web`. */
export function shortName(arnOrName: string): string {
  const arn = parseArn(arnOrName);
  if (arn === undefined) return arnOrName;
  return arn.resource.slice(arn.resource.lastIndexOf('/') + 1);
}
