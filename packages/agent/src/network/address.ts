/** An IPv4 network: its first address and the number of its leading bits. */
export interface Network {
  readonly base: number;
  readonly bits: number;
}

/** `10.0.0.1` as a number; throws for anything else. */
export function parseAddress(text: string): number {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) throw new Error(`Not an IPv4 address: ${text}`);
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

/** The network of `10.0.0.1/24`, which is `10.0.0.0/24`; an address alone is a network of one. */
export function networkOf(cidr: string): Network {
  const [address = '', bits = '32'] = cidr.split('/');
  if (!/^\d{1,2}$/.test(bits) || Number(bits) > 32) throw new Error(`Not an IPv4 network: ${cidr}`);
  const size = 2 ** (32 - Number(bits));
  return { base: Math.floor(parseAddress(address) / size) * size, bits: Number(bits) };
}

export function formatNetwork({ base, bits }: Network): string {
  const bytes = [24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256);
  return `${bytes.join('.')}/${bits}`;
}

export function overlap(one: Network, other: Network): boolean {
  const size = 2 ** (32 - Math.min(one.bits, other.bits));
  return Math.floor(one.base / size) === Math.floor(other.base / size);
}
