import type { Clock } from '@gantry/domain';
import type { Credentials, PayloadContainer, PayloadTask } from '@gantry/protocol';
import type { RegistryLogin } from '../engine/port.ts';
import { isCode, isTransient, LinkError } from '../session/port.ts';
import { addedByFiles, readEnvFile } from './env-file.ts';
import type { ExecutionCredentials, ObjectAsk, SecretStore } from './port.ts';
import { BadReference, environmentFiles, jsonMember, parameterBatches, readSecretReference } from './references.ts';
import { loginSecret, readLogin, routerFile, secretVersions, versionKey, type SecretVersion } from './references.ts';

export interface FetchPorts {
  readonly store: SecretStore;
  readonly credentials: ExecutionCredentials;
  readonly clock: Clock;
}

/** Values by the name of the variable or option, by container. */
export type ByContainer = ReadonlyMap<string, Readonly<Record<string, string>>>;

export interface FetchedSecrets {
  /** Of secrets and of environment files, without what the container's own environment has before them. */
  readonly environment: ByContainer;
  readonly logOptions: ByContainer;
  /** The rest of a log router's configuration, by container. */
  readonly routerFiles: ReadonlyMap<string, string>;
  /** By container. */
  readonly logins: ReadonlyMap<string, RegistryLogin>;
}

/** Why they cannot be had, in ECS's words and without a value. */
export class SecretsUnavailable extends Error {
  override readonly name = 'SecretsUnavailable';
}

/** An environment file, or a log router's configuration, cannot be had. */
export class FilesUnavailable extends Error {
  override readonly name = 'FilesUnavailable';
  readonly what: string;

  constructor(what: string, cause: Error) {
    super(cause.message, { cause });
    this.what = what;
  }
}

type PayloadSecret = NonNullable<PayloadContainer['secrets']>[number];
type Asking = FetchPorts & { readonly task: PayloadTask; readonly signal: AbortSignal };

const MOST_TRIES = 5;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
const FROM_SSM = 'unable to retrieve secrets from ssm';
const FROM_ASM = 'unable to retrieve secret from asm';
const FROM_FILES = 'file download command: non empty error stream';
const MOST_FILE_CHARACTERS = 1024 * 1024;
const LOGIN_FROM_ASM = 'unable to get registry auth from asm';

/**
 * All secrets of a task, in as few calls as they take, all at once. A service that fails is asked again a few times,
 * a control plane that is away until it is back.
 * @throws SecretsUnavailable, FilesUnavailable, or the signal's reason
 */
export async function fetchSecrets(ports: FetchPorts, task: PayloadTask, signal: AbortSignal): Promise<FetchedSecrets> {
  const asking: Asking = { ...ports, task, signal };
  const [parameters, texts, logins, files, routerFiles] = await Promise.all([
    parametersOf(asking),
    textsOf(asking),
    loginsOf(asking),
    filesOf(asking),
    routerFilesOf(asking),
  ]);
  const valueOf = (secret: PayloadSecret): string =>
    secret.provider === 'ssm'
      ? (parameters.get(parameterKey(secret.region, secret.valueFrom)) ?? '')
      : member(secret, texts);
  return {
    environment: withFiles(task, files, valuesFor(task, 'CONTAINER', valueOf)),
    logOptions: valuesFor(task, 'LOG_DRIVER', valueOf),
    logins,
    routerFiles,
  };
}

const parameterKey = (region: string, name: string): string => `${region}\n${name}`;

async function parametersOf(asking: Asking): Promise<ReadonlyMap<string, string>> {
  const all = new Map<string, string>();
  const batch = async ({ region, names }: ReturnType<typeof parameterBatches>[number]): Promise<void> => {
    const { values } = await insist(asking, FROM_SSM, (credentials) =>
      asking.store.parameters(names, { region, credentials }, asking.signal),
    );
    const missing = names.filter((name) => !values.has(name));
    if (missing.length > 0) throw failed(FROM_SSM, 1, `invalid parameters in ${region}: ${missing.join(', ')}`);
    for (const [name, value] of values) all.set(parameterKey(region, name), value);
  };
  await Promise.all(parameterBatches(asking.task).map(batch));
  return all;
}

async function textsOf(asking: Asking): Promise<ReadonlyMap<string, string>> {
  const all = new Map<string, string>();
  await Promise.all(
    understood(() => secretVersions(asking.task)).map(async (version) => {
      const lead = `failed to fetch secret ${version.secretId} from secrets manager: `;
      all.set(versionKey(version), await secretText(asking, version, FROM_ASM, lead));
    }),
  );
  return all;
}

type Files = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** What is in each environment file, by its ARN. */
async function filesOf(asking: Asking): Promise<Files> {
  return downloading('failed to download env files', async () => {
    const read = async ([arn, object]: [string, ObjectAsk]) =>
      [arn, readEnvFile(await objectText(asking, 'env file', object))] as const;
    return new Map(await Promise.all([...environmentFiles(asking.task)].map(read)));
  });
}

/** By container. */
async function routerFilesOf(asking: Asking): Promise<ReadonlyMap<string, string>> {
  return downloading('failed to download firelens config', async () => {
    const reads = asking.task.containers.flatMap((container) => {
      const object = routerFile(container);
      if (object === undefined) return [];
      return [objectText(asking, 'config', object).then((text) => [container.name, text] as const)];
    });
    return new Map(await Promise.all(reads));
  });
}

async function downloading<T>(what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const isOurs = error instanceof SecretsUnavailable || error instanceof BadReference;
    throw isOurs ? new FilesUnavailable(what, error) : error;
  }
}

async function objectText(asking: Asking, what: string, { bucket, key }: ObjectAsk): Promise<string> {
  const { region = '' } = /^arn:[^:]*:ecs:(?<region>[^:]*):/.exec(asking.task.arn)?.groups ?? {};
  const lead = `unable to download ${what} with key ${key} from bucket ${bucket}, error: `;
  const ask = (credentials: Credentials): Promise<string> =>
    asking.store.object({ bucket, key }, { region, credentials }, asking.signal);
  const text = await insist(asking, FROM_FILES, ask, lead);
  if (text.length > MOST_FILE_CHARACTERS)
    throw failed(FROM_FILES, 1, `${lead}it is larger than ${MOST_FILE_CHARACTERS} characters`);
  return text;
}

/** A secret stands before a file's variable of the same name, as the container's own environment does. */
function withFiles({ containers }: PayloadTask, files: Files, secrets: ByContainer): ByContainer {
  return new Map(
    containers.map(({ name, environment, environmentFiles: named = [] }) => {
      const own = named.map(({ value }) => files.get(value) ?? {});
      return [name, { ...addedByFiles(own, environment), ...secrets.get(name) }];
    }),
  );
}

async function loginsOf(asking: Asking): Promise<ReadonlyMap<string, RegistryLogin>> {
  const { containers } = asking.task;
  const asked = new Map<string, Promise<RegistryLogin>>();
  const all = containers.flatMap((container) => {
    const version = loginSecret(container);
    if (version === undefined) return [];
    const key = versionKey(version);
    const login = asked.get(key) ?? loginOf(asking, version);
    asked.set(key, login);
    return [login.then((found) => [container.name, found] as const)];
  });
  return new Map(await Promise.all(all));
}

async function loginOf(asking: Asking, version: SecretVersion): Promise<RegistryLogin> {
  const lead = `asm fetching secret from the service for ${version.secretId}: `;
  const login = readLogin(await secretText(asking, version, LOGIN_FROM_ASM, lead));
  if (login === undefined) throw failed(LOGIN_FROM_ASM, 1, `${lead}it is not {"username": "…", "password": "…"}`);
  return login;
}

/** `what` could not be done, and for which secret (`lead`). */
async function secretText(asking: Asking, version: SecretVersion, what: string, lead: string): Promise<string> {
  const { region } = version;
  const ask = (credentials: Credentials): Promise<string | undefined> =>
    asking.store.secret(version, { region, credentials }, asking.signal);
  const text = await insist(asking, what, ask, lead);
  if (text === undefined) throw failed(what, 1, `${lead}it has bytes and no text`);
  return text;
}

function member({ valueFrom, region }: PayloadSecret, texts: ReadonlyMap<string, string>): string {
  const { ask, jsonKey } = understood(() => readSecretReference(valueFrom));
  const text = texts.get(versionKey({ region, ...ask })) ?? '';
  const value = jsonKey === undefined ? text : jsonMember(text, jsonKey);
  if (value !== undefined) return value;
  throw failed(FROM_ASM, 1, `retrieved secret from Secrets Manager did not contain json key ${jsonKey}`);
}

function valuesFor(
  { containers }: PayloadTask,
  target: PayloadSecret['target'],
  valueOf: (secret: PayloadSecret) => string,
): ByContainer {
  return new Map(
    containers.map(({ name, secrets = [] }) => {
      const own = secrets.filter((secret) => secret.target === target);
      return [name, Object.fromEntries(own.map((secret) => [secret.name, valueOf(secret)]))];
    }),
  );
}

/** Credentials are asked for anew before each try: they may have ended meanwhile. */
async function insist<T>(
  { credentials, clock, task, signal }: Asking,
  what: string,
  ask: (credentials: Credentials) => Promise<T>,
  lead = '',
): Promise<T> {
  let waitMs = FIRST_WAIT_MS;
  for (let tries = 1; ;) {
    const own = await credentials(task, signal);
    if (own === undefined) throw new SecretsUnavailable(NO_CREDENTIALS);
    try {
      return await ask(own);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof LinkError)) throw error;
      const again = isTransient(error) || isCode(error, 'ExpiredTokenException');
      if (!again || tries >= MOST_TRIES) throw failed(what, tries, `${lead}${error.code}: ${error.message}`, error);
      if (!isCode(error, 'Unreachable')) tries += 1;
    }
    await clock.sleep(waitMs, signal);
    signal.throwIfAborted();
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
  }
}

const NO_CREDENTIALS =
  'unable to find execution role credentials: does the role of executionRoleArn exist, and may ' +
  'ecs-tasks.amazonaws.com assume it?';

function failed(what: string, tries: number, why: string, cause?: unknown): SecretsUnavailable {
  return new SecretsUnavailable(`${what}: service call has been retried ${tries} time(s): ${why}`, { cause });
}

function understood<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof BadReference ? failed(FROM_ASM, 1, error.message, error) : error;
  }
}
