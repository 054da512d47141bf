import { parseArn } from '@gantry/domain';
import { clientException } from '@gantry/protocol';
import type { ContainerDefinition, RegisterTaskDefinitionRequest, Secret } from '@aws-sdk/client-ecs';

const MAX_ENVIRONMENT_FILES = 10;
/** Of a parameter or secret of the task's own region. */
const PLAIN_NAME = /^[A-Za-z0-9_.\-/+=@!]{1,2048}$/;

/**
 * Secrets, environment files and registry credentials (ecs-semantics 2.2, 2.5), and the execution role they need.
 * Pure; throws ClientException.
 */
export function checkSecrets(input: RegisterTaskDefinitionRequest): void {
  const hasRole = (input.executionRoleArn ?? '') !== '';
  for (const container of input.containerDefinitions ?? []) {
    checkContainerSecrets(container, hasRole);
    checkEnvironmentFiles(container, hasRole);
    const credentials = container.repositoryCredentials?.credentialsParameter;
    if (credentials === undefined) continue;
    if (!hasRole) {
      throw clientException(
        'Private repository authentication requires that the task definition specify a value for executionRoleArn.',
      );
    }
    if (!isSecret(credentials, ['secretsmanager'])) {
      throw clientException(
        `Container '${container.name}': 'repositoryCredentials.credentialsParameter' must be the ARN or the name of a secret; it is '${credentials.slice(0, 128)}'.`,
      );
    }
  }
}

function checkContainerSecrets(container: ContainerDefinition, hasRole: boolean): void {
  const secrets = container.secrets ?? [];
  const options = container.logConfiguration?.secretOptions ?? [];
  if (secrets.length + options.length > 0 && !hasRole) {
    throw clientException(
      "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
    );
  }
  const taken = new Set((container.environment ?? []).map((variable) => variable.name));
  for (const secret of secrets) {
    checkSecret(container.name ?? '', 'secrets', secret);
    if (taken.has(secret.name)) throw notUnique(secret.name);
    taken.add(secret.name);
  }
  for (const option of options) checkSecret(container.name ?? '', 'logConfiguration.secretOptions', option);
}

/** A secret and a variable of the same name. Pure. */
export function notUnique(name: string | undefined): Error {
  return clientException(
    `The secret name must be unique and not shared with any new or existing environment variables set on the container, such as '${name}'.`,
  );
}

function checkSecret(container: string, member: string, { name, valueFrom }: Secret): void {
  if (name === undefined || name === '') throw clientException(`Container '${container}': '${member}' needs a 'name'.`);
  if (valueFrom === undefined || !isSecret(valueFrom, ['secretsmanager', 'ssm'])) {
    throw clientException(
      `Container '${container}': 'valueFrom' of '${name}' in '${member}' must be the ARN of a Secrets Manager secret, or the ARN or the name of an SSM parameter; it is '${(valueFrom ?? '').slice(0, 128)}'.`,
    );
  }
}

function isSecret(reference: string, services: readonly string[]): boolean {
  if (!reference.startsWith('arn:')) return PLAIN_NAME.test(reference);
  const arn = parseArn(reference);
  if (arn === undefined || !services.includes(arn.service)) return false;
  if (arn.service === 'ssm') return /^parameter\/.+/.test(arn.resource);
  // secret:<name>[:<json key>:<version stage>:<version id>], the last three possibly empty.
  return /^secret:[^:]+(:[^:]*){0,3}$/.test(arn.resource);
}

function checkEnvironmentFiles(container: ContainerDefinition, hasRole: boolean): void {
  const files = container.environmentFiles ?? [];
  if (files.length === 0) return;
  const problem = environmentFilesProblem(files);
  if (problem !== undefined) throw clientException(`Container '${container.name}' ${problem}`);
  if (!hasRole) throw clientException(FILES_NEED_ROLE);
}

export const FILES_NEED_ROLE =
  "When you are specifying environment files, you must also specify a value for 'executionRoleArn'.";

/** What is wrong with a container's environment files, a verb first; undefined when nothing is. Pure. */
export function environmentFilesProblem(files: readonly { readonly value?: string | undefined }[]): string | undefined {
  if (files.length > MAX_ENVIRONMENT_FILES) return `has more than ${MAX_ENVIRONMENT_FILES} environment files.`;
  for (const { value = '' } of files) {
    if (isObjectArn(value) && value.endsWith('.env')) continue;
    return `has the environment file '${value.slice(0, 128)}': give the ARN of an S3 object whose name ends in .env.`;
  }
  return undefined;
}

/** `arn:aws:s3:::bucket/key`. Pure. */
export function isObjectArn(text: string): boolean {
  return /^arn:[a-z-]+:s3:::[a-z0-9][a-z0-9.-]{1,62}\/.+$/.test(text);
}
