const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/**
 * `40s`, `1m30s`, `2h`, `250ms`, or a bare number of seconds. `undefined` for anything else, negative and empty included.
 * @returns milliseconds
 */
export function parseDurationMs(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Math.round(Number(trimmed) * UNIT_MS.s);
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d|w))+$/.test(trimmed)) return undefined;
  let total = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/g)) {
    total += Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
  }
  return Math.round(total);
}

/** How old, in one unit a person reads at once: `3s`, `12m`, `5h`, `9d`. Never negative. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}

/**
 * A moment for `--since`: a duration back from now (`10m`) or an ISO 8601 time.
 * @returns milliseconds since 1970, or `undefined` when it is neither
 */
export function parseSince(text: string, nowMs: number): number | undefined {
  const duration = parseDurationMs(text);
  if (duration !== undefined) return nowMs - duration;
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

/** `2026-11-22 07:31:05`, UTC. */
export function moment(at: Date | number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}
