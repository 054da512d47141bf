/**
 * Lines of a table: columns as wide as their widest cell, two spaces apart, the last one unpadded.
 * @param head titles; @param rows cells, missing ones empty. An empty table is its head alone.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ''))));
  return all.map((row) =>
    head
      .map((_, column) => {
        const cell = row[column] ?? '';
        return column === head.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell));
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Names are ASCII, and so is what we say: a character is a column. */
function widthOf(text: string): number {
  return text.length;
}

/** `key  value` lines, keys padded to the longest. */
export function pairs(entries: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(0, ...entries.map(([key]) => key.length));
  return entries.map(([key, value]) => `${key.padEnd(width)}  ${value}`.trimEnd());
}
