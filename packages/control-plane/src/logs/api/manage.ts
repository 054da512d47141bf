import { invalidParameter, ServiceError, type LogsOperations } from '@gantry/protocol';
import type { HandlersOf } from '../../handlers.ts';
import type { Platform } from '../../platform.ts';
import type { LogGroup } from '../../state/tables.ts';
import type { LogStore } from '../port.ts';
import {
  groupNamed,
  groupOfArn,
  logGroupArn,
  logGroupKey,
  logStreamKey,
  RETENTION_DAYS,
  streamOf,
  type FoundGroup,
} from './groups.ts';

const MOST_TAGS = 50;

/** Making, changing and deleting groups and streams. */
export function manageHandlers(platform: Platform, store: LogStore): HandlersOf<LogsOperations> {
  const { state } = platform;
  return {
    CreateLogGroup: async (input, { scope }) => {
      refuseUnserved(input);
      const name = required(input.logGroupName);
      const key = logGroupKey(scope, name);
      const tags = withTags({}, input.tags ?? {});
      // What a deletion that was cut short may have left must not come back with the new group.
      if (state.tables.logGroups.get(key) === undefined) await store.deleteGroup(key);
      await state.transact((tx) => {
        if (tx.tables.logGroups.get(key) !== undefined) throw exists('group');
        const arn = logGroupArn(scope, name);
        tx.put(tx.tables.logGroups, key, { logGroupName: name, arn, createdAt: tx.now, tags });
      });
      return {};
    },

    DeleteLogGroup: async (input, { scope }) => {
      const key = await state.transact((tx) => {
        const found = groupNamed(tx.tables, scope, required(input.logGroupName));
        for (const { logStreamName } of tx.tables.logStreams.by('group', found.key))
          tx.delete(tx.tables.logStreams, logStreamKey(found.key, logStreamName));
        tx.delete(tx.tables.logGroups, found.key);
        return found.key;
      });
      await store.deleteGroup(key);
      return {};
    },

    CreateLogStream: async (input, { scope }) => {
      const name = required(input.logStreamName);
      await state.transact((tx) => {
        const found = groupNamed(tx.tables, scope, required(input.logGroupName));
        const key = logStreamKey(found.key, name);
        if (tx.tables.logStreams.get(key) !== undefined) throw exists('stream');
        const arn = `${found.group.arn}:log-stream:${name}`;
        const stream = { logGroupKey: found.key, logStreamName: name, arn, createdAt: tx.now };
        tx.put(tx.tables.logStreams, key, stream);
      });
      return {};
    },

    DeleteLogStream: async (input, { scope }) => {
      const name = required(input.logStreamName);
      const key = await state.transact((tx) => {
        const found = groupNamed(tx.tables, scope, required(input.logGroupName));
        streamOf(tx.tables, found, name);
        tx.delete(tx.tables.logStreams, logStreamKey(found.key, name));
        return found.key;
      });
      await store.deleteStream(key, name);
      return {};
    },
    ...retentionHandlers(platform),
    ...tagHandlers(platform),
  };
}

function retentionHandlers({ state }: Platform): HandlersOf<LogsOperations> {
  return {
    PutRetentionPolicy: async (input, { scope }) => {
      const days = required(input.retentionInDays);
      if (!RETENTION_DAYS.has(days))
        throw invalidParameter(
          `1 validation error detected: Value '${days}' at 'retentionInDays' failed to satisfy constraint: ` +
            `Member must satisfy enum value set: [${[...RETENTION_DAYS].join(', ')}]`,
        );
      await state.transact((tx) => {
        const { key, group } = groupNamed(tx.tables, scope, required(input.logGroupName));
        tx.put(tx.tables.logGroups, key, { ...group, retentionInDays: days });
      });
      return {};
    },

    DeleteRetentionPolicy: async (input, { scope }) => {
      await state.transact((tx) => {
        const { key, group } = groupNamed(tx.tables, scope, required(input.logGroupName));
        tx.put(tx.tables.logGroups, key, { ...group, retentionInDays: undefined });
      });
      return {};
    },
  };
}

function tagHandlers({ state }: Platform): HandlersOf<LogsOperations> {
  type Tags = LogGroup['tags'];
  const retag = (find: (tables: typeof state.tables) => FoundGroup, change: (tags: Tags) => Tags): Promise<void> =>
    state.transact((tx) => {
      const { key, group } = find(tx.tables);
      tx.put(tx.tables.logGroups, key, { ...group, tags: change(group.tags) });
    });
  return {
    TagResource: async (input, { scope }) => {
      const find = (tables: typeof state.tables) => groupOfArn(tables, scope, required(input.resourceArn));
      await retag(find, (tags) => withTags(tags, input.tags ?? {}));
      return {};
    },
    UntagResource: async (input, { scope }) => {
      const find = (tables: typeof state.tables) => groupOfArn(tables, scope, required(input.resourceArn));
      await retag(find, (tags) => withoutTags(tags, input.tagKeys ?? []));
      return {};
    },
    ListTagsForResource: async (input, { scope }) => {
      return { tags: { ...groupOfArn(state.tables, scope, required(input.resourceArn)).group.tags } };
    },
    TagLogGroup: async (input, { scope }) => {
      const find = (tables: typeof state.tables) => groupNamed(tables, scope, required(input.logGroupName));
      await retag(find, (tags) => withTags(tags, input.tags ?? {}));
      return {};
    },
    UntagLogGroup: async (input, { scope }) => {
      const find = (tables: typeof state.tables) => groupNamed(tables, scope, required(input.logGroupName));
      await retag(find, (tags) => withoutTags(tags, input.tags ?? []));
      return {};
    },
    ListTagsLogGroup: async (input, { scope }) => {
      return { tags: { ...groupNamed(state.tables, scope, required(input.logGroupName)).group.tags } };
    },
  };
}

/** What would change how events are kept is refused, not quietly ignored. */
function refuseUnserved(input: LogsOperations['CreateLogGroup']['input']): void {
  if (input.kmsKeyId !== undefined) throw notServed('kmsKeyId');
  if (input.logGroupClass !== undefined && input.logGroupClass !== 'STANDARD')
    throw notServed(`logGroupClass ${input.logGroupClass}`);
  if (input.deletionProtectionEnabled === true) throw notServed('deletionProtectionEnabled');
}

function notServed(what: string): ServiceError {
  return invalidParameter(`${what} is not served by this version of Gantry. Create the log group without it.`);
}

function exists(what: 'group' | 'stream'): ServiceError {
  return new ServiceError('ResourceAlreadyExistsException', `The specified log ${what} already exists`);
}

function withTags(tags: LogGroup['tags'], more: Readonly<Record<string, string>>): LogGroup['tags'] {
  const all = { ...tags, ...more };
  if (Object.keys(all).length > MOST_TAGS)
    throw new ServiceError('TooManyTagsException', `A log group can have no more than ${MOST_TAGS} tags.`);
  return all;
}

function withoutTags(tags: LogGroup['tags'], keys: readonly string[]): LogGroup['tags'] {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key)));
}

/** The codec has refused a request without it. */
function required<T>(value: T | undefined): T {
  if (value === undefined) throw invalidParameter('A required parameter is missing.');
  return value;
}
