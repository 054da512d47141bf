// IPv4 networks in text and number. Pure.

export interface Range {
  readonly base: number;
  /** Number of addresses, network and broadcast included. */
  readonly size: number;
}

/** @throws Error when the configuration holds something that is no IPv4 CIDR: refused at start, so a bug here. */
export function rangeOf(cidr: string): Range {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr);
  if (match === null) throw new Error(`${cidr} is not an IPv4 CIDR`);
  const [a = 0, b = 0, c = 0, d = 0, bits = 32] = match.slice(1).map(Number);
  const size = 2 ** (32 - bits);
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  return { base: address - (address % size), size };
}

export function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

/** Whether it is a CIDR block whose address is its first, of a size from /`most` to /`least`. */
export function isBlock(text: string, most: number, least: number): boolean {
  const bits = Number(/^\d{1,3}(?:\.\d{1,3}){3}\/(\d{1,2})$/.exec(text)?.[1] ?? Number.NaN);
  if (!(bits >= most && bits <= least)) return false;
  return (
    text
      .split(/[./]/)
      .slice(0, 4)
      .every((part) => Number(part) < 256) && canonical(text) === text
  );
}

/** `10.0.0.7/24` → `10.0.0.0/24`. */
export function canonical(cidr: string): string {
  return `${dotted(rangeOf(cidr).base)}/${cidr.slice(cidr.indexOf('/') + 1)}`;
}

export function overlap(one: string, other: string): boolean {
  const [a, b] = [rangeOf(one), rangeOf(other)];
  return a.base < b.base + b.size && b.base < a.base + a.size;
}

export function contains(outer: string, inner: string): boolean {
  const [a, b] = [rangeOf(outer), rangeOf(inner)];
  return a.base <= b.base && b.base + b.size <= a.base + a.size;
}

/** The smallest block, at most a /16, that holds all of them; undefined when there is none. */
export function enclosing(blocks: readonly string[]): string | undefined {
  const [first] = blocks;
  if (first === undefined) return undefined;
  for (let bits = Number(first.split('/')[1]); bits >= 16; bits -= 1) {
    const block = canonical(`${first.split('/')[0]}/${bits}`);
    if (blocks.every((inner) => contains(block, inner))) return block;
  }
  return undefined;
}
