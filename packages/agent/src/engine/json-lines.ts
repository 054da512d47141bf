/** Objects of a stream of JSON texts, one a line. A broken line is a broken stream: it throws, unless we broke it. */
export async function* jsonLines(
  chunks: AsyncIterable<Buffer>,
  signal?: AbortSignal,
): AsyncGenerator<unknown, void, undefined> {
  const decoder = new TextDecoder();
  let pieces: string[] = [];
  for await (const chunk of chunks) {
    const lines = decoder.decode(chunk, { stream: true }).split('\n');
    const last = lines.pop() ?? '';
    for (const line of lines) {
      const text = pieces.join('') + line;
      pieces = [];
      if (text.trim() !== '') yield JSON.parse(text);
    }
    if (last !== '') pieces.push(last);
  }
  const rest = pieces.join('');
  if (rest.trim() !== '' && signal?.aborted !== true) yield JSON.parse(rest);
}
