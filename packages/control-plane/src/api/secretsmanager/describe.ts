import type { Secret } from '@gantry/domain';
import type { SecretsmanagerOperations } from '@gantry/protocol';
import type { HandlersOf } from '../../handlers.ts';
import type { Platform } from '../../platform.ts';
import { paged } from '../common/paged.ts';
import { HUNDRED, pageOfList, pageSize, pagesOf, tokensOf, type PageRequest } from '../ecs/common/paging.ts';
import { secretFilter } from './filters.ts';
import { secretOf } from './names.ts';
import { wireTags } from './tag-rules.ts';
import { inOrder } from './versions.ts';

type Operations = SecretsmanagerOperations;
type ListInput = Operations['ListSecrets']['input'];

const BAD_TOKEN = 'InvalidNextTokenException';
const SECRETS = pagesOf('ListSecrets', HUNDRED);
const VERSIONS = pagesOf('ListSecretVersionIds', HUNDRED);
/** What AWS calls the key of those who chose none. */
const DEFAULT_KEY = 'DefaultEncryptionKey';

/** Secrets without their values. */
export function describeHandlers({ state }: Platform): HandlersOf<Operations> {
  const { tables } = state;
  return {
    DescribeSecret: async (input, { scope }) => {
      const secret = secretOf(tables, scope, input.SecretId);
      return { ...wireSecret(secret), VersionIdsToStages: stagesOf(secret) };
    },

    ListSecretVersionIds: async (input, { scope }) => {
      const { name, arn, versions } = secretOf(tables, scope, input.SecretId);
      const shown = inOrder(versions).filter(([, { stages }]) => stages.length > 0 || input.IncludeDeprecated === true);
      const page = paged(BAD_TOKEN, input, (request) =>
        pageOfList(shown, request, VERSIONS, ([id, { createdAt }]) => `${String(createdAt).padStart(16, '0')} ${id}`),
      );
      const wire = page.items.map(([id, version]) => ({
        VersionId: id,
        VersionStages: version.stages.length === 0 ? undefined : [...version.stages],
        LastAccessedDate: date(version.lastAccessedDay),
        CreatedDate: date(version.createdAt),
        KmsKeyIds: [version.kmsKeyId ?? DEFAULT_KEY],
      }));
      return { ARN: arn, Name: name, Versions: wire, NextToken: page.nextToken };
    },

    ListSecrets: async (input, { scope }) => {
      const matches = secretFilter(input.Filters);
      const all = tables.secrets.by('scope', `${scope.account}/${scope.region}`);
      const found = all.filter(
        (secret) => (secret.deletion === undefined || input.IncludePlannedDeletion === true) && matches(secret),
      );
      const page = paged(BAD_TOKEN, input, (request) => sortedPage(found, input, request));
      const list = page.items.map((secret) => ({ ...wireSecret(secret), SecretVersionsToStages: stagesOf(secret) }));
      return { SecretList: list, NextToken: page.nextToken };
    },
  };
}

/** Sorted by a text or a moment, then by name: no two are equal, so a page begins behind the last one shown. */
type Rank = readonly [number, string];

function sortedPage(found: readonly Secret[], input: ListInput, request: PageRequest) {
  const rankOf = (secret: Secret): Rank => [sortMoment(secret, input.SortBy), secret.name];
  const ascending = input.SortOrder === 'asc' || (input.SortOrder === undefined && input.SortBy === 'name');
  const compare = (one: Rank, other: Rank): number => (ascending ? compareRanks(one, other) : compareRanks(other, one));
  const size = pageSize(request, SECRETS);
  const tokens = tokensOf(request, SECRETS);
  const after = tokens.lastSeen();
  const sorted = found.toSorted((one, other) => compare(rankOf(one), rankOf(other)));
  const last = after === undefined ? undefined : readRank(after);
  const rest = last === undefined ? sorted : sorted.filter((secret) => compare(rankOf(secret), last) > 0);
  const items = rest.slice(0, size);
  const end = items.at(-1);
  const nextToken = end !== undefined && rest.length > size ? tokens.after(rankOf(end).join(' ')) : undefined;
  return { items, nextToken };
}

function sortMoment(secret: Secret, by: ListInput['SortBy']): number {
  switch (by) {
    case 'name':
      return 0;
    case 'last-changed-date':
      return secret.lastChangedAt;
    case 'last-accessed-date':
      return secret.lastAccessedDay ?? 0;
    default:
      return secret.createdAt;
  }
}

function readRank(text: string): Rank {
  const [moment = '', name = ''] = text.split(' ', 2);
  return [Number(moment), name];
}

function compareRanks([one, nameOfOne]: Rank, [other, nameOfOther]: Rank): number {
  if (one !== other) return one - other;
  return nameOfOne < nameOfOther ? -1 : nameOfOne > nameOfOther ? 1 : 0;
}

function wireSecret(secret: Secret) {
  return {
    ARN: secret.arn,
    Name: secret.name,
    Description: secret.description,
    KmsKeyId: secret.kmsKeyId,
    LastChangedDate: date(secret.lastChangedAt),
    LastAccessedDate: date(secret.lastAccessedDay),
    DeletedDate: date(secret.deletion?.askedAt),
    Tags: wireTags(secret.tags),
    CreatedDate: date(secret.createdAt),
  };
}

function stagesOf({ versions }: Secret): Record<string, string[]> | undefined {
  const staged = inOrder(versions).filter(([, { stages }]) => stages.length > 0);
  return staged.length === 0 ? undefined : Object.fromEntries(staged.map(([id, { stages }]) => [id, [...stages]]));
}

function date(moment: number | undefined): Date | undefined {
  return moment === undefined ? undefined : new Date(moment);
}
