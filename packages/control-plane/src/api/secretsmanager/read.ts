import { epochMs, type EpochMs, type Secret } from '@gantry/domain';
import { invalidParameter, ServiceError, type SecretsmanagerOperations } from '@gantry/protocol';
import type { HandlersOf } from '../../handlers.ts';
import type { Platform } from '../../platform.ts';
import { paged } from '../common/paged.ts';
import { pageOfList, pagesOf, type PageLimits } from '../ecs/common/paging.ts';
import { invalidRequest, valueNotFound } from './errors.ts';
import { secretsMatching } from './filters.ts';
import { livingSecret, secretKey } from './names.ts';
import { openValue, valueKey } from './values.ts';
import { CURRENT, holderOf } from './versions.ts';

type Operations = SecretsmanagerOperations;
type Answer = Operations['GetSecretValue']['output'];

const DAY_MS = 86_400_000;
const BATCH: PageLimits = pagesOf('BatchGetSecretValue', { defaultResults: 20, maxResults: 20 });

/** Reading values. A value is opened for the answer it is in, and kept nowhere. */
export function readHandlers(platform: Platform): HandlersOf<Operations> {
  const { state } = platform;
  return {
    GetSecretValue: async (input, { scope }) => {
      const secret = livingSecret(state.tables, scope, input.SecretId);
      return read(platform, secret, input);
    },

    BatchGetSecretValue: async (input, { scope }) => {
      const { SecretIdList: list = [], Filters: filters = [] } = input;
      if ((list.length === 0) === (filters.length === 0))
        throw invalidParameter("Either 'SecretIdList' or 'Filters' must be provided, but not both.");
      if (list.length > 0 && input.MaxResults !== undefined)
        throw invalidParameter(
          "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.",
        );
      const ids = secretsMatching(state.tables, scope, filters).map(({ name }) => name);
      const page =
        list.length > 0
          ? { items: list, nextToken: undefined }
          : paged('InvalidNextTokenException', input, (request) => pageOfList(ids, request, BATCH, (name) => name));
      const SecretValues: Answer[] = [];
      const Errors: NonNullable<Operations['BatchGetSecretValue']['output']['Errors']> = [];
      for (const id of page.items) {
        try {
          SecretValues.push(read(platform, livingSecret(state.tables, scope, id), {}));
        } catch (error) {
          if (!(error instanceof ServiceError)) throw error;
          Errors.push({ SecretId: id, ErrorCode: error.code, Message: error.message });
        }
      }
      return { SecretValues, Errors, NextToken: page.nextToken };
    },
  };
}

function read(
  platform: Platform,
  secret: Secret,
  asked: { readonly VersionId?: string | undefined; readonly VersionStage?: string | undefined },
): Answer {
  const versionId = versionAsked(secret, asked);
  const version = secret.versions[versionId];
  const key = valueKey(secretKey(secret), versionId);
  const value = platform.state.tables.secretValues.get(key);
  if (version === undefined || value === undefined) throw valueNotFound('VersionId', versionId);
  noteAccess(platform, secret, versionId);
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: versionId,
    ...openValue(platform.seal, key, value),
    VersionStages: version.stages.length === 0 ? undefined : [...version.stages],
    CreatedDate: new Date(version.createdAt),
  };
}

function versionAsked(
  { versions }: Secret,
  { VersionId: id, VersionStage: stage }: Parameters<typeof read>[2],
): string {
  if (id !== undefined && !Object.hasOwn(versions, id)) throw valueNotFound('VersionId', id);
  if (id !== undefined && stage !== undefined && versions[id]?.stages.includes(stage) !== true)
    throw invalidRequest('You provided a VersionStage that is not associated to the provided VersionId.');
  const found = id ?? holderOf(versions, stage ?? CURRENT);
  if (found === undefined) throw valueNotFound('staging label', stage ?? CURRENT);
  return found;
}

/** LastAccessedDate tells the day: the first read of a version on a day writes it, and no reader waits for that. */
function noteAccess(platform: Platform, { scope, name }: Secret, versionId: string): void {
  const { state, clock } = platform;
  const today = epochMs(clock.now() - (clock.now() % DAY_MS));
  const key = secretKey({ scope, name });
  if (isNoted(state.tables.secrets.get(key), versionId, today)) return;
  const noted = state.transact((tx) => {
    const secret = tx.tables.secrets.get(key);
    const version = secret?.versions[versionId];
    if (secret === undefined || version === undefined || isNoted(secret, versionId, today)) return;
    const versions = { ...secret.versions, [versionId]: { ...version, lastAccessedDay: today } };
    tx.put(tx.tables.secrets, key, { ...secret, versions, lastAccessedDay: today });
  });
  noted.catch((error: unknown) =>
    platform.log('warn', 'the day a secret was read is not noted', { error: String(error) }),
  );
}

function isNoted(secret: Secret | undefined, versionId: string, today: EpochMs): boolean {
  return secret?.lastAccessedDay === today && secret.versions[versionId]?.lastAccessedDay === today;
}
