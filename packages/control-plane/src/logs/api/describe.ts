import { invalidParameter, type LogsOperations } from '@gantry/protocol';
import type { HandlersOf } from '../../handlers.ts';
import type { Platform } from '../../platform.ts';
import type { LogGroup, LogStream } from '../../state/tables.ts';
import type { LogStore, StreamSummary } from '../port.ts';
import { groupOf, logGroupKey, logStreamKey } from './groups.ts';
import { readNameToken, writeNameToken } from './tokens.ts';

const DEFAULT_PAGE = 50;

type StreamSummaries = ReadonlyMap<string, StreamSummary>;

/** Listing groups and streams. Order and paging are by name, or by last event for streams. */
export function describeHandlers({ state }: Platform, store: LogStore): HandlersOf<LogsOperations> {
  return {
    DescribeLogGroups: async (input, { scope }) => {
      const { logGroupNamePrefix, logGroupNamePattern } = input;
      if (logGroupNamePrefix !== undefined && logGroupNamePattern !== undefined)
        throw invalidParameter('LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.');
      const wanted = input.logGroupIdentifiers && new Set(input.logGroupIdentifiers.map(nameOfIdentifier));
      const matches = ({ logGroupName }: LogGroup): boolean =>
        logGroupName.includes(logGroupNamePattern ?? '') && (wanted === undefined || wanted.has(logGroupName));
      const [after = ''] = input.nextToken === undefined ? [] : readNameToken(input.nextToken, 1);
      const groups = [...state.tables.logGroups.withPrefix(logGroupKey(scope, logGroupNamePrefix ?? ''))]
        .filter((group) => matches(group) && group.logGroupName > after)
        .filter(() => input.logGroupClass === undefined || input.logGroupClass === 'STANDARD');
      const page = groups.slice(0, input.limit ?? DEFAULT_PAGE);
      const logGroups = await Promise.all(
        page.map(async (group) => wireGroup(group, await store.storedBytes(logGroupKey(scope, group.logGroupName)))),
      );
      const last = page.at(-1);
      const isLast = last === undefined || page.length === groups.length;
      return { logGroups, nextToken: isLast ? undefined : writeNameToken(last.logGroupName) };
    },

    DescribeLogStreams: async (input, { scope }) => {
      const found = groupOf(state.tables, scope, input);
      const byTime = input.orderBy === 'LastEventTime';
      if (byTime && input.logStreamNamePrefix !== undefined)
        throw invalidParameter('Cannot order by LastEventTime with a logStreamNamePrefix.');
      const summaries = await store.summaries(found.key);
      const rank = rankBy(byTime, summaries);
      const direction = input.descending === true ? -1 : 1;
      const compare = (a: Rank, b: Rank): number => direction * compareRanks(a, b);
      const prefix = logStreamKey(found.key, input.logStreamNamePrefix ?? '');
      const ranked = [...state.tables.logStreams.withPrefix(prefix)]
        .map((stream) => ({ stream, rank: rank(stream) }))
        .toSorted((a, b) => compare(a.rank, b.rank));
      const after = input.nextToken === undefined ? undefined : readRank(input.nextToken);
      const rest = after === undefined ? ranked : ranked.filter((each) => compare(each.rank, after) > 0);
      const page = rest.slice(0, input.limit ?? DEFAULT_PAGE);
      const last = page.at(-1);
      return {
        logStreams: page.map(({ stream }) => wireStream(stream, summaries.get(stream.logStreamName))),
        nextToken: last === undefined || page.length === rest.length ? undefined : writeNameToken(...last.rank),
      };
    },
  };
}

/** Last event's time in 20 digits (or nothing), then the name. */
type Rank = readonly [time: string, name: string];

function rankBy(byTime: boolean, summaries: StreamSummaries): (stream: LogStream) => Rank {
  return ({ logStreamName }) => {
    const time = byTime ? (summaries.get(logStreamName)?.lastEventTimestamp ?? 0) : 0;
    return [String(time).padStart(20, '0'), logStreamName];
  };
}

function readRank(token: string): Rank {
  const [time = '', name = ''] = readNameToken(token, 2);
  return [time, name];
}

function compareRanks([timeA, nameA]: Rank, [timeB, nameB]: Rank): number {
  if (timeA !== timeB) return timeA < timeB ? -1 : 1;
  return nameA < nameB ? -1 : nameA > nameB ? 1 : 0;
}

function nameOfIdentifier(identifier: string): string {
  const at = identifier.indexOf(':log-group:');
  return at < 0 ? identifier : identifier.slice(at + ':log-group:'.length).replace(/:\*$/, '');
}

function wireGroup(group: LogGroup, storedBytes: number) {
  return {
    logGroupName: group.logGroupName,
    creationTime: group.createdAt,
    retentionInDays: group.retentionInDays,
    metricFilterCount: 0,
    arn: `${group.arn}:*`,
    logGroupArn: group.arn,
    storedBytes,
    logGroupClass: 'STANDARD' as const,
  };
}

function wireStream(stream: LogStream, summary: StreamSummary | undefined) {
  return {
    logStreamName: stream.logStreamName,
    creationTime: stream.createdAt,
    firstEventTimestamp: summary?.firstEventTimestamp,
    lastEventTimestamp: summary?.lastEventTimestamp,
    lastIngestionTime: summary?.lastIngestionTime,
    arn: stream.arn,
    storedBytes: summary?.storedBytes ?? 0,
  };
}
