import type {
  CreateDaemonRequest,
  RegisterDaemonTaskDefinitionRequest,
  UpdateDaemonRequest,
} from '@aws-sdk/client-ecs';
import { parseArn } from '@gantry/domain';
import { clientException, invalidParameter } from '@gantry/protocol';
import { checkClientToken, checkName, checkRange } from '../common/names.ts';
import { checkTags } from '../common/tags.ts';

/** Checks of daemon requests that need no state (ecs-semantics 5.18). All pure. */

const MAX_BAKE_MINUTES = 1440;
const MAX_DESCRIBED = 20;

/** Refuses what is not an ARN of the kind: these resources have no short names. */
export function checkArn(kind: string, arn: string | undefined): void {
  const parsed = parseArn(arn ?? '');
  if (parsed?.service === 'ecs' && parsed.resource.startsWith(`${kind}/`)) return;
  throw invalidParameter(
    `Invalid identifier '${(arn ?? '').slice(0, 128)}'. Give the full ARN of a ${kind.replaceAll('-', ' ')}.`,
  );
}

export function checkArns(kind: string, arns: readonly string[] | undefined): readonly string[] {
  const words = `${kind.replaceAll('-', ' ')}s`;
  if (arns === undefined || arns.length === 0) throw invalidParameter(`At least one of the ${words} must be given.`);
  if (arns.length > MAX_DESCRIBED) throw invalidParameter(`At most ${MAX_DESCRIBED} ${words} can be given per call.`);
  for (const arn of arns) checkArn(kind, arn);
  return arns;
}

export function checkCreateDaemon(input: CreateDaemonRequest): void {
  checkName('Daemon name', input.daemonName ?? '');
  checkClientToken(input.clientToken, 36);
  checkTags(input.tags);
  checkRollout(input);
}

export function checkRollout(input: CreateDaemonRequest | UpdateDaemonRequest): void {
  checkArn('daemon-task-definition', input.daemonTaskDefinitionArn);
  if ((input.capacityProviderArns ?? []).length === 0) throw invalidParameter('capacityProviderArns can not be empty.');
  for (const arn of input.capacityProviderArns ?? []) checkArn('capacity-provider', arn);
  checkRange('bakeTimeInMinutes', input.deploymentConfiguration?.bakeTimeInMinutes, 0, MAX_BAKE_MINUTES);
}

export function checkRegister(input: RegisterDaemonTaskDefinitionRequest): void {
  if ((input.family ?? '') === '') throw clientException('Family can not be blank.');
  checkName('Family', input.family ?? '');
  const containers = input.containerDefinitions ?? [];
  if (containers.length === 0) throw clientException('Container list cannot be empty.');
  for (const { name, image } of containers) {
    if (name === undefined || name === '') throw clientException('Container.name should not be null or empty.');
    if (image === undefined || image === '') throw clientException('Container.image should not be null or empty.');
    checkName('Container name', name);
  }
  const names = containers.map(({ name }) => name);
  if (new Set(names).size < names.length) throw clientException('Container names must be unique.');
  if (containers.every(({ essential }) => essential === false)) {
    throw clientException('At least one container of a task must be essential.');
  }
  checkTags(input.tags);
}

/** A family, a family with a revision, or an ARN. */
export function checkDefinition(reference: string | undefined): void {
  const text = reference ?? '';
  if (text.startsWith('arn:')) return checkArn('daemon-task-definition', text);
  if (/^[A-Za-z0-9_-]{1,255}(:[1-9][0-9]{0,8})?$/.test(text)) return;
  throw clientException(`Invalid daemon task definition '${text.slice(0, 128)}'. Give family:revision or an ARN.`);
}
