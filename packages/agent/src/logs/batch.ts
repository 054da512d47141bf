/** A position in a container's output: so many lines with this timestamp, and all before it, are behind it. */
export interface LogPosition {
  /** Nanoseconds since 1970, as text: JSON has no number for it. */
  readonly ns: string;
  readonly count: number;
}

export interface PendingEvent {
  readonly timestampMs: number;
  readonly message: string;
  readonly bytes: number;
  /** Where reading goes on once this one has been shipped. */
  readonly after: LogPosition;
}

export const BATCH_LIMITS = { events: 10_000, bytes: 1_048_576, spanMs: 24 * 3_600_000 - 1 } as const;
/** What PutLogEvents counts for an event on top of its text. */
const EVENT_OVERHEAD_BYTES = 26;
const LARGEST_MESSAGE_BYTES = 262_144 - EVENT_OVERHEAD_BYTES;

/** Lines too long for one event become several; empty ones are left out, as the awslogs driver does. */
export function eventsOf(text: string, timestampMs: number, after: LogPosition): readonly PendingEvent[] {
  if (text === '') return [];
  return pieces(text).map((message) => ({
    timestampMs,
    message,
    bytes: Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES,
    after,
  }));
}

/** The longest beginning of the queue that one PutLogEvents call may carry. */
export function takeBatch(queue: readonly PendingEvent[]): readonly PendingEvent[] {
  let bytes = 0;
  let earliestMs = Infinity;
  let latestMs = -Infinity;
  let size = 0;
  for (const event of queue) {
    bytes += event.bytes;
    earliestMs = Math.min(earliestMs, event.timestampMs);
    latestMs = Math.max(latestMs, event.timestampMs);
    const full =
      size >= BATCH_LIMITS.events || bytes > BATCH_LIMITS.bytes || latestMs - earliestMs > BATCH_LIMITS.spanMs;
    if (full && size > 0) break;
    size += 1;
  }
  return queue.slice(0, size);
}

/** As the API wants them: in order of time. Lines of one millisecond stay as they came. */
export function inOrder(batch: readonly PendingEvent[]): { timestamp: number; message: string }[] {
  return batch
    .map(({ timestampMs, message }) => ({ timestamp: timestampMs, message }))
    .toSorted((a, b) => a.timestamp - b.timestamp);
}

function pieces(text: string): readonly string[] {
  if (Buffer.byteLength(text) <= LARGEST_MESSAGE_BYTES) return [text];
  const found: string[] = [];
  // A character is at most 4 bytes: a quarter of the limit always fits, and no surrogate pair is cut.
  const length = Math.floor(LARGEST_MESSAGE_BYTES / 4);
  for (let from = 0; from < text.length;) {
    let to = Math.min(from + length, text.length);
    if (to < text.length && /[\uD800-\uDBFF]/.test(text.charAt(to - 1))) to -= 1;
    found.push(text.slice(from, to));
    from = to;
  }
  return found;
}
