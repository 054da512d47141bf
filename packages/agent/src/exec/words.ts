/**
 * The words of a command line by the shell's rules for quotes and backslashes; nothing is expanded.
 * @returns undefined when a quote is not closed, or nothing is there.
 */
export function wordsOf(line: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote: '"' | "'" | undefined;
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at] as string;
    if (quote === undefined && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === quote) quote = undefined;
    else if (quote === undefined && (char === '"' || char === "'")) {
      quote = char;
      word ??= '';
    } else if (char === '\\' && quote !== "'") {
      const next = line[at + 1];
      if (next === undefined) return undefined;
      // Between double quotes a backslash stands for itself before most characters.
      const isEscape = quote === undefined || next === '"' || next === '\\';
      word = (word ?? '') + (isEscape ? next : char + next);
      at += 1;
    } else word = (word ?? '') + char;
  }
  if (quote !== undefined) return undefined;
  if (word !== undefined) words.push(word);
  return words.length === 0 ? undefined : words;
}
