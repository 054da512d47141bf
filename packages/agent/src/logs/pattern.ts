/** `[:name:]` within brackets. */
const CLASSES: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7f',
  blank: '\\t ',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

/**
 * A regular expression as awslogs takes them (Go's), as one of ours. What Go has not, lookaround and references back, is refused here, too:
 * without it every expression can be matched in linear time (`wiring.ts`). Pure. @throws SyntaxError
 */
export function goPattern(text: string): RegExp {
  const [lead = '', flags = ''] = /^\(\?([a-zA-Z]+)\)/.exec(text) ?? [];
  if (/[^ims]/.test(flags)) throw new SyntaxError(`flags ${flags} of a regular expression`);
  const source = text
    .slice(lead.length)
    .replace(
      /\\Q([\s\S]*?)(?:\\E|$)|\\[\s\S]|\(\?P<|\(\?<?[=!]|\[:(\w+):\]/g,
      (found, quoted?: string, name?: string) => {
        if (quoted !== undefined) return quoted.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
        if (name !== undefined) return CLASSES[name] ?? found;
        if (found === '(?P<') return '(?<';
        if (found === '\\A') return '^';
        if (found === '\\z') return '$';
        if (/^\\[1-9k]$|^\(\?/.test(found)) throw new SyntaxError(`${found} in a regular expression`);
        return found;
      },
    );
  return new RegExp(source, [...new Set(flags)].join(''));
}
