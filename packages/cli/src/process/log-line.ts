const LEVELS: Readonly<Record<string, string>> = { debug: 'debug', info: 'info ', warn: 'warn ', error: 'error' };

/**
 * One line of a process log for a person: JSON lines become `12:30:01 warn  message key=value`, others stay as they are.
 */
export function renderLogLine(line: string): string {
  if (!line.startsWith('{')) return line;
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const { level, message, msg, time, at, ts, ...rest } = entry;
  const text = message ?? msg;
  if (typeof text !== 'string') return line;
  const moment = time ?? at ?? ts;
  const clock = typeof moment === 'number' || typeof moment === 'string' ? timeOfDay(moment) : '';
  const fields = Object.entries(rest).map(([key, value]) => `${key}=${fieldText(value)}`);
  return [clock, typeof level === 'string' ? (LEVELS[level] ?? level) : '', text, ...fields]
    .filter((part) => part !== '')
    .join(' ');
}

function timeOfDay(moment: number | string): string {
  const at = new Date(moment);
  return Number.isNaN(at.getTime()) ? String(moment) : at.toISOString().slice(11, 19);
}

function fieldText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /[\s"]/.test(text) && typeof value === 'string' ? JSON.stringify(text) : text;
}

/** Cuts a growing text into whole lines, keeping the unfinished rest for the next call. */
export class LineCutter {
  #rest = '';

  push(text: string): readonly string[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }
}
