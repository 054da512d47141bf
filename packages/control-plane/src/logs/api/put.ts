import { invalidParameter, type LogsOperations } from '@gantry/protocol';
import type { HandlersOf } from '../../handlers.ts';
import type { Platform } from '../../platform.ts';
import type { LogLine, LogStore } from '../port.ts';
import { DAY_MS, groupNamed, oldestShownMs, streamOf } from './groups.ts';

/** UTF-8 bytes of the messages plus 26 for each event. */
const MOST_BATCH_BYTES = 1_048_576;
const EVENT_OVERHEAD_BYTES = 26;
const LONGEST_SPAN_MS = DAY_MS;
const MOST_AHEAD_MS = 2 * 3_600_000;
const MOST_BEHIND_MS = 14 * DAY_MS;

export function putHandlers({ state, clock }: Platform, store: LogStore): HandlersOf<LogsOperations> {
  return {
    PutLogEvents: async (input, { scope }) => {
      const found = groupNamed(state.tables, scope, input.logGroupName ?? '');
      const { logStreamName } = streamOf(state.tables, found, input.logStreamName ?? '');
      const lines = (input.logEvents ?? []) as readonly LogLine[];
      checkBatch(lines);
      const now = clock.now();
      const { accepted, rejected } = sift(lines, now, oldestShownMs(found.group, now));
      await store.append(found.key, logStreamName, accepted, now);
      return { rejectedLogEventsInfo: rejected };
    },
  };
}

/** @throws ServiceError InvalidParameterException when the batch as a whole breaks a limit. */
export function checkBatch(lines: readonly LogLine[]): void {
  const bytes = lines.reduce((sum, { message }) => sum + Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES, 0);
  if (bytes > MOST_BATCH_BYTES)
    throw invalidParameter(`Upload too large: ${bytes} bytes exceeds limit of ${MOST_BATCH_BYTES}`);
  for (const [index, { timestamp }] of lines.entries()) {
    if (index > 0 && timestamp < (lines[index - 1] as LogLine).timestamp)
      throw invalidParameter('Log events in a single PutLogEvents request must be in chronological order.');
  }
  const [first, last] = [lines[0], lines.at(-1)];
  if (first !== undefined && last !== undefined && last.timestamp - first.timestamp > LONGEST_SPAN_MS)
    throw invalidParameter('The batch of log events in a single PutLogEvents request cannot span more than 24 hours.');
}

export interface Rejected {
  /** Events from this index on are too far in the future. */
  readonly tooNewLogEventStartIndex?: number;
  /** Events before this index are more than 14 days old. */
  readonly tooOldLogEventEndIndex?: number;
  /** Events before this index are older than the group's retention. */
  readonly expiredLogEventEndIndex?: number;
}

/** Takes out, of a batch in order, what is too new, too old or expired. */
export function sift(
  lines: readonly LogLine[],
  nowMs: number,
  oldestShown: number,
): { readonly accepted: readonly LogLine[]; readonly rejected: Rejected | undefined } {
  const firstNotBefore = (ms: number): number => {
    const index = lines.findIndex((line) => line.timestamp >= ms);
    return index < 0 ? lines.length : index;
  };
  const tooNew = firstNotBefore(nowMs + MOST_AHEAD_MS + 1);
  const tooOld = firstNotBefore(nowMs - MOST_BEHIND_MS);
  const expired = firstNotBefore(oldestShown);
  const rejected: Rejected = {
    ...(tooNew < lines.length ? { tooNewLogEventStartIndex: tooNew } : {}),
    ...(tooOld > 0 ? { tooOldLogEventEndIndex: tooOld } : {}),
    ...(expired > 0 ? { expiredLogEventEndIndex: expired } : {}),
  };
  return {
    accepted: lines.slice(Math.max(tooOld, expired), tooNew),
    rejected: Object.keys(rejected).length > 0 ? rejected : undefined,
  };
}
