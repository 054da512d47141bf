export type CharacterTest = (character: string) => boolean;

export type PatternNode =
  | { readonly kind: 'empty' }
  | { readonly kind: 'take'; readonly test: CharacterTest }
  | { readonly kind: 'border'; readonly at: 'start' | 'end' }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'either'; readonly options: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly inner: PatternNode; readonly least: number; readonly most: number | undefined };

const DEEPEST = 100;
const MOST_REPEATS = 1000;

class PatternError extends Error {}

/**
 * Reads a regular expression: characters, `.`, classes, groups, `|`, quantifiers, `^`, `$`, the usual escapes and a
 * leading `(?i)`. Look-around and back-references are refused: they cannot be matched in bounded time.
 * @returns the pattern as a tree, or what is wrong with it.
 */
export function parsePattern(source: string): PatternNode | string {
  const ignoreCase = source.startsWith('(?i)');
  try {
    const parser = new PatternParser(Array.from(ignoreCase ? source.slice(4) : source), ignoreCase);
    const node = parser.either(0);
    parser.end();
    return node;
  } catch (error) {
    if (error instanceof PatternError) return error.message;
    throw error;
  }
}

class PatternParser {
  readonly #text: readonly string[];
  readonly #ignoreCase: boolean;
  #at = 0;

  constructor(text: readonly string[], ignoreCase: boolean) {
    this.#text = text;
    this.#ignoreCase = ignoreCase;
  }

  either(depth: number): PatternNode {
    if (depth > DEEPEST) throw new PatternError('it is nested too deeply');
    const options = [this.#sequence(depth)];
    while (this.#takes('|')) options.push(this.#sequence(depth));
    return options.length === 1 ? (options[0] as PatternNode) : { kind: 'either', options };
  }

  end(): void {
    if (this.#at < this.#text.length) throw new PatternError(`unexpected ${this.#text[this.#at]}`);
  }

  #sequence(depth: number): PatternNode {
    const parts: PatternNode[] = [];
    while (this.#at < this.#text.length && !/^[|)]$/.test(this.#text[this.#at] as string))
      parts.push(this.#quantified(this.#atom(depth)));
    return parts.length === 0 ? { kind: 'empty' } : { kind: 'sequence', parts };
  }

  #quantified(inner: PatternNode): PatternNode {
    const bounds = this.#bounds();
    if (bounds === undefined) return inner;
    // Lazy or not, the whole value must match: the same values do.
    this.#takes('?');
    if (this.#takes('+')) throw new PatternError('possessive quantifiers are not supported');
    if (this.#bounds() !== undefined) throw new PatternError('there is nothing to repeat');
    if (inner.kind === 'border') throw new PatternError('there is nothing to repeat');
    return { kind: 'repeat', inner, ...bounds };
  }

  #bounds(): { readonly least: number; readonly most: number | undefined } | undefined {
    if (this.#takes('*')) return { least: 0, most: undefined };
    if (this.#takes('+')) return { least: 1, most: undefined };
    if (this.#takes('?')) return { least: 0, most: 1 };
    if (this.#text[this.#at] !== '{') return undefined;
    const match = /^\{(\d{1,4})(,(\d{1,4})?)?\}/.exec(this.#text.slice(this.#at, this.#at + 12).join(''));
    if (match === null) throw new PatternError('{ must be followed by numbers and }');
    this.#at += match[0].length;
    const least = Number(match[1]);
    const most = match[2] === undefined ? least : match[3] === undefined ? undefined : Number(match[3]);
    if (least > MOST_REPEATS || (most ?? 0) > MOST_REPEATS)
      throw new PatternError(`at most ${MOST_REPEATS} repetitions`);
    if (most !== undefined && most < least) throw new PatternError('numbers out of order in {}');
    return { least, most };
  }

  #atom(depth: number): PatternNode {
    const character = this.#take();
    switch (character) {
      case '(':
        return this.#group(depth);
      case '[':
        return { kind: 'take', test: this.#class() };
      case '.':
        return { kind: 'take', test: (one) => one !== '\n' };
      case '^':
        return { kind: 'border', at: 'start' };
      case '$':
        return { kind: 'border', at: 'end' };
      case '\\':
        return { kind: 'take', test: this.#escaped() };
      case '*':
      case '+':
      case '?':
      case '{':
        throw new PatternError(`there is nothing to repeat before ${character}`);
      default:
        return { kind: 'take', test: this.#is(character) };
    }
  }

  #group(depth: number): PatternNode {
    if (this.#takes('?') && !this.#takes(':'))
      throw new PatternError('look-around, flags and named groups are not supported');
    const inner = this.either(depth + 1);
    if (!this.#takes(')')) throw new PatternError('a group is not closed');
    return inner;
  }

  #class(): CharacterTest {
    const negated = this.#takes('^');
    const tests: CharacterTest[] = [];
    for (let first = true; first || this.#text[this.#at] !== ']'; first = false) {
      const from = this.#take();
      if (from === '\\' && /[dwsDWS]/.test(this.#text[this.#at] ?? '')) {
        tests.push(this.#escaped());
        continue;
      }
      const low = from === '\\' ? this.#literal() : from;
      const isRange = this.#text[this.#at] === '-' && this.#text[this.#at + 1] !== ']';
      if (!isRange) {
        tests.push(this.#is(low));
        continue;
      }
      this.#at += 1;
      const to = this.#take();
      const high = to === '\\' ? this.#literal() : to;
      if (high < low) throw new PatternError(`range out of order: ${low}-${high}`);
      tests.push(this.#between(low, high));
    }
    this.#at += 1;
    return (one) => tests.some((test) => test(one)) !== negated;
  }

  #escaped(): CharacterTest {
    const kinds: Readonly<Record<string, RegExp>> = {
      d: /^\d$/,
      w: /^\w$/,
      s: /^\s$/,
      D: /^\D$/,
      W: /^\W$/,
      S: /^\S$/,
    };
    const kind = kinds[this.#text[this.#at] ?? ''];
    if (kind === undefined) return this.#is(this.#literal());
    this.#at += 1;
    return (one) => kind.test(one);
  }

  /** What an escape stands for, when it is one character. */
  #literal(): string {
    const character = this.#take();
    const controls: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };
    const control = controls[character];
    if (control !== undefined) return control;
    if (/[A-Za-z0-9]/.test(character)) throw new PatternError(`\\${character} is not supported`);
    return character;
  }

  #is(character: string): CharacterTest {
    if (!this.#ignoreCase) return (one) => one === character;
    const low = character.toLowerCase();
    return (one) => one.toLowerCase() === low;
  }

  #between(low: string, high: string): CharacterTest {
    const inside = (one: string): boolean => one >= low && one <= high;
    return this.#ignoreCase ? (one) => inside(one.toLowerCase()) || inside(one.toUpperCase()) : inside;
  }

  #take(): string {
    const character = this.#text[this.#at];
    if (character === undefined) throw new PatternError('it ends too soon');
    this.#at += 1;
    return character;
  }

  #takes(character: string): boolean {
    const fits = this.#text[this.#at] === character;
    if (fits) this.#at += 1;
    return fits;
  }
}
