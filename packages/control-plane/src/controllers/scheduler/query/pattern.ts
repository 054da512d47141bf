/** Tests a whole value. */
export type Pattern = (value: string) => boolean;

/**
 * Compiles a regular expression that must match the whole value, as `matches` wants it.
 * @returns the pattern, or what is wrong with it.
 */
export function compilePattern(source: string): Pattern | string {
  try {
    const regExp = new RegExp(`^(?:${source})$`, 's');
    return (value) => regExp.test(value);
  } catch (error) {
    return error instanceof Error ? error.message : 'it cannot be read';
  }
}
