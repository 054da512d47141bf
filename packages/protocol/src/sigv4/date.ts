/** `YYYYMMDDTHHMMSSZ` of a moment in milliseconds. */
export function amzDate(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

/** The last one that was read: the requests of a second all say the same. */
let last: { readonly text: string; readonly ms: number | undefined } = { text: '', ms: undefined };

/** Milliseconds of `YYYYMMDDTHHMMSSZ`; undefined when it is not one. */
export function parseAmzDate(text: string): number | undefined {
  if (text !== last.text) last = { text, ms: msOf(text) };
  return last.ms;
}

function msOf(text: string): number | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match.map(Number) as [number, ...number[]];
  const ms = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second);
  return amzDate(ms) === text ? ms : undefined;
}

/** The moment a `Date` header tells, as `YYYYMMDDTHHMMSSZ`. */
export function amzDateOfHttpDate(text: string): string | undefined {
  if (parseAmzDate(text) !== undefined) return text;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : amzDate(ms);
}
