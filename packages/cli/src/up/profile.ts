/** First line inside a section we wrote: only such a section is ever rewritten. */
export const PROFILE_MARK = '# written by gantry up';

export type ProfileMerge =
  | { readonly kind: 'written'; readonly text: string }
  | { readonly kind: 'same' }
  /** A section of that name is somebody else's. */
  | { readonly kind: 'foreign' };

/**
 * Puts a section into an AWS config or credentials file and leaves every other byte as it was.
 * @param text the file as it is, empty when absent
 * @param section `profile gantry` in config, `gantry` in credentials
 */
export function mergeProfile(text: string, section: string, entries: Readonly<Record<string, string>>): ProfileMerge {
  const body = [PROFILE_MARK, ...Object.entries(entries).map(([key, value]) => `${key} = ${value}`)];
  const wanted = [`[${section}]`, ...body];
  const lines = text.split('\n');
  const start = lines.findIndex((line) => headOf(line) === section);
  if (start === -1) {
    const before = text === '' || text.endsWith('\n\n') ? text : text.endsWith('\n') ? `${text}\n` : `${text}\n\n`;
    return { kind: 'written', text: `${before}${wanted.join('\n')}\n` };
  }
  const next = lines.findIndex((line, index) => index > start && headOf(line) !== undefined);
  const end = next === -1 ? lines.length : next;
  const found = lines.slice(start + 1, end);
  if (!found.some((line) => line.trim() === PROFILE_MARK)) return { kind: 'foreign' };
  const blanks = found.length - found.findLastIndex((line) => line.trim() !== '') - 1;
  const merged = [...lines.slice(0, start), ...wanted, ...found.slice(found.length - blanks), ...lines.slice(end)];
  const result = merged.join('\n');
  return result === text ? { kind: 'same' } : { kind: 'written', text: result };
}

function headOf(line: string): string | undefined {
  return /^\s*\[\s*([^\]]*?)\s*\]/.exec(line)?.[1];
}
