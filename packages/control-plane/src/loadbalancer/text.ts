// Texts of users in HAProxy's configuration: everything but letters and digits is written as its number, so that no text
// ends a line, a quote or an expression.

const hex = (byte: number): string => `\\x${byte.toString(16).padStart(2, '0')}`;

/** In double quotes, for HAProxy's configuration. `format`: it is a log format, too, where `%` means something. */
export function quoted(text: string, { format = false } = {}): string {
  return `"${escaped(format ? text.replaceAll('%', '%%') : text)}"`;
}

/** What goes between double quotes. */
export function escaped(text: string): string {
  return [...Buffer.from(text, 'utf8')].map((byte) => (isPlain(byte) ? String.fromCharCode(byte) : hex(byte))).join('');
}

/** A pattern with `*` and `?` as a regular expression in single quotes. `any`: what a wildcard's character may be. */
export function globQuoted(pattern: string): string {
  return `'^${glob(pattern, '.')}$'`;
}

/** `key=value` anywhere in a query string. */
export function pairQuoted({ key, value }: { readonly key?: string | undefined; readonly value: string }): string {
  return `'(^|&)${glob(key ?? '*', '[^&]')}=${glob(value, '[^&]')}(&|$)'`;
}

function glob(pattern: string, any: string): string {
  return [...Buffer.from(pattern, 'utf8')]
    .map((byte) => {
      if (byte === 0x2a) return `${any}*`;
      if (byte === 0x3f) return any;
      return isPlain(byte) ? String.fromCharCode(byte) : hex(byte);
    })
    .join('');
}

const isPlain = (byte: number): boolean => /[A-Za-z0-9]/.test(String.fromCharCode(byte)) && byte < 0x80;
