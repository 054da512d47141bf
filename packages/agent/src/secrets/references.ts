import type { PayloadContainer, PayloadTask } from '@gantry/protocol';
import type { RegistryLogin } from '../engine/port.ts';
import { MOST_NAMES, type ObjectAsk, type SecretAsk } from './port.ts';

type PayloadSecret = NonNullable<PayloadContainer['secrets']>[number];

export interface ParameterBatch {
  readonly region: string;
  readonly names: readonly string[];
}

export interface SecretVersion extends SecretAsk {
  readonly region: string;
}

/** A reference that cannot be understood. */
export class BadReference extends Error {
  override readonly name = 'BadReference';
}

/** Values that are not in the payload: secrets, what is in environment files, a log router's configuration. */
export function usesSecrets({ containers }: Pick<PayloadTask, 'containers'>): boolean {
  return containers.some(
    ({ secrets = [], environmentFiles = [], firelensConfiguration }) =>
      secrets.length + environmentFiles.length > 0 || firelensConfiguration?.options?.['config-file-type'] === 's3',
  );
}

/** Every environment file of a task once, by the ARN it is named by. Pure. @throws BadReference */
export function environmentFiles({ containers }: PayloadTask): ReadonlyMap<string, ObjectAsk> {
  const arns = containers.flatMap((container) => (container.environmentFiles ?? []).map(({ value }) => value));
  return new Map(arns.map((arn) => [arn, objectOf(arn, 'environmentFile')]));
}

/** The object with the rest of a log router's configuration. Pure. @throws BadReference */
export function routerFile({ firelensConfiguration }: PayloadContainer): ObjectAsk | undefined {
  const { 'config-file-type': type, 'config-file-value': arn = '' } = firelensConfiguration?.options ?? {};
  return type === 's3' ? objectOf(arn, 'config-file-value') : undefined;
}

/** `arn:aws:s3:::bucket/key`. Pure. @throws BadReference */
function objectOf(arn: string, member: string): ObjectAsk {
  const [, bucket, key] = /^arn:[^:]+:s3:::([^/]+)\/(.+)$/s.exec(arn) ?? [];
  if (bucket !== undefined && key !== undefined) return { bucket, key };
  const what = `unable to parse bucket and key from s3 ARN specified in ${member}`;
  throw new BadReference(`${what} ${arn.slice(0, 256)}`);
}

/** The secret with the login of a container's registry. */
export function loginSecret({ registryAuthentication }: PayloadContainer): SecretVersion | undefined {
  if (registryAuthentication === undefined) return undefined;
  const { credentialsParameter: secretId, region } = registryAuthentication.asmAuthData;
  return { secretId, region };
}

/** `{"username": …, "password": …}`; `undefined`: something else. The text itself is in no error. Pure. */
export function readLogin(text: string): RegistryLogin | undefined {
  const username = jsonMember(text, 'username') ?? '';
  const password = jsonMember(text, 'password') ?? '';
  return username === '' || password === '' ? undefined : { username, password };
}

/** Every parameter once, by region, as many to a call as it takes. Pure. */
export function parameterBatches(task: PayloadTask): readonly ParameterBatch[] {
  const byRegion = Map.groupBy(secretsOf(task, 'ssm'), ({ region }) => region);
  return [...byRegion].flatMap(([region, secrets]) => {
    const names = [...new Set(secrets.map(({ valueFrom }) => valueFrom))];
    const starts = names.flatMap((_, n) => (n % MOST_NAMES === 0 ? [n] : []));
    return starts.map((from) => ({ region, names: names.slice(from, from + MOST_NAMES) }));
  });
}

/** Every version of a secret once, however many of its keys are used. Pure. @throws BadReference */
export function secretVersions(task: PayloadTask): readonly SecretVersion[] {
  const versions = secretsOf(task, 'asm').map(({ valueFrom, region }) => ({
    region,
    ...readSecretReference(valueFrom).ask,
  }));
  return [...new Map(versions.map((version) => [versionKey(version), version])).values()];
}

export function versionKey({ region, secretId, versionStage = '', versionId = '' }: SecretVersion): string {
  return [region, secretId, versionStage, versionId].join('\n');
}

/** `arn:…:secret:name-AbCdEf[:json-key:version-stage:version-id]`, each of the three perhaps empty. @throws BadReference */
export function readSecretReference(valueFrom: string): { readonly ask: SecretAsk; readonly jsonKey?: string } {
  const parts = valueFrom.split(':');
  if (parts.length <= 7) return { ask: { secretId: valueFrom } };
  if (parts.length !== 10)
    throw new BadReference('unexpected ARN format with parameters when trying to retrieve ASM secret');
  const [jsonKey = '', versionStage = '', versionId = ''] = parts.slice(7);
  const ask = {
    secretId: parts.slice(0, 7).join(':'),
    ...(versionStage === '' ? {} : { versionStage }),
    ...(versionId === '' ? {} : { versionId }),
  };
  return { ask, ...(jsonKey === '' ? {} : { jsonKey }) };
}

/** A member of a secret's JSON text, as text; `undefined`: there is none. The text itself is in no error. Pure. */
export function jsonMember(text: string, key: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  const member = (value as Readonly<Record<string, unknown>>)[key];
  return typeof member === 'string' ? member : JSON.stringify(member);
}

function secretsOf({ containers }: PayloadTask, provider: 'ssm' | 'asm'): readonly PayloadSecret[] {
  return containers.flatMap(({ secrets = [] }) => secrets.filter((secret) => secret.provider === provider));
}
