import { invalidParameter, type LogsOperations } from '@gantry/protocol';
import type { HandlersOf } from '../../handlers.ts';
import type { Platform } from '../../platform.ts';
import { compileFilterPattern } from '../pattern.ts';
import type { LogPage, LogRead, LogStore, Position, StoredLogEvent } from '../port.ts';
import { groupOf, logStreamKey, oldestShownMs, streamOf, type FoundGroup } from './groups.ts';
import { eventId, readToken, writeToken, type DirectedToken } from './tokens.ts';

const MOST_EVENTS = 10_000;
const MOST_BYTES = 1_048_576;
/** A search that finds little answers an empty page with a token after so many events, and lets others have a turn. */
const MOST_SCANNED = 100_000;

export function readHandlers(platform: Platform, store: LogStore): HandlersOf<LogsOperations> {
  const { state, clock } = platform;
  return {
    GetLogEvents: async (input, { scope }) => {
      const found = groupOf(state.tables, scope, input);
      const { logStreamName } = streamOf(state.tables, found, input.logStreamName ?? '');
      const fromMs = Math.max(input.startTime ?? 0, oldestShownMs(found.group, clock.now()));
      const token = input.nextToken === undefined ? undefined : readToken(input.nextToken);
      const isForward = token === undefined ? input.startFromHead === true : token.direction === 'f';
      const page = await store.read(found.key, {
        ...directed(token, isForward),
        streams: new Set([logStreamName]),
        fromMs,
        toMs: input.endTime ?? Infinity,
        limit: input.limit ?? MOST_EVENTS,
        maxBytes: MOST_BYTES,
        maxScanned: MOST_SCANNED,
      });
      const events = isForward ? page.events : page.events.toReversed();
      // Without an event to stand on: where the caller stood, or before all there is.
      const here: Position = token?.position ?? { timestamp: fromMs, seq: 0 };
      return {
        events: events.map(({ timestamp, message, ingestionTime }) => ({ timestamp, message, ingestionTime })),
        nextForwardToken: writeToken('f', events.at(-1) ?? here),
        nextBackwardToken: writeToken('b', events[0] ?? here),
      };
    },

    FilterLogEvents: async (input, { scope }) => {
      const found = groupOf(state.tables, scope, input);
      const streams = searchedStreams(platform, found, input);
      const token = input.nextToken === undefined ? undefined : readToken(input.nextToken);
      const isForward = token === undefined ? input.startFromHead !== false : token.direction === 'f';
      const page = await store.read(found.key, {
        ...directed(token, isForward),
        streams,
        fromMs: Math.max(input.startTime ?? 0, oldestShownMs(found.group, clock.now())),
        // Inclusive here, unlike in GetLogEvents.
        toMs: input.endTime === undefined ? Infinity : input.endTime + 1,
        limit: input.limit ?? MOST_EVENTS,
        maxBytes: MOST_BYTES,
        maxScanned: MOST_SCANNED,
        matches: compileFilterPattern(input.filterPattern ?? ''),
      });
      return { events: page.events.map(wireEvent), searchedLogStreams: [], nextToken: nextToken(page, isForward) };
    },
  };
}

function directed(token: DirectedToken | undefined, isForward: boolean): Pick<LogRead, 'order' | 'after' | 'before'> {
  return isForward
    ? { order: 'oldest-first', after: token?.position }
    : { order: 'newest-first', before: token?.position };
}

function nextToken(page: LogPage, isForward: boolean): string | undefined {
  if (page.exhausted || page.scannedTo === undefined) return undefined;
  return writeToken(isForward ? 'f' : 'b', page.scannedTo);
}

function wireEvent(event: StoredLogEvent) {
  return {
    logStreamName: event.stream,
    timestamp: event.timestamp,
    message: event.message,
    ingestionTime: event.ingestionTime,
    eventId: eventId(event),
  };
}

/** `undefined`: all of the group's. */
function searchedStreams(
  { state }: Platform,
  found: FoundGroup,
  input: LogsOperations['FilterLogEvents']['input'],
): ReadonlySet<string> | undefined {
  const { logStreamNames, logStreamNamePrefix } = input;
  if (logStreamNames !== undefined && logStreamNamePrefix !== undefined)
    throw invalidParameter('logStreamNames and logStreamNamePrefix are mutually exclusive parameters.');
  if (logStreamNames !== undefined) {
    for (const name of logStreamNames) streamOf(state.tables, found, name);
    return new Set(logStreamNames);
  }
  if (logStreamNamePrefix === undefined) return undefined;
  const streams = state.tables.logStreams.withPrefix(logStreamKey(found.key, logStreamNamePrefix));
  return new Set([...streams].map((stream) => stream.logStreamName));
}
