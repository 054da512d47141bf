import { parseAccountId, type AccountId, type Ids } from '@gantry/domain';

/** Of IAM's ids: base 32. */
export const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Digits of a number in base 32, the last `length` of them. */
function base32(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest >>= 5n) text = ALPHABET[Number(rest & 31n)] + text;
  return text;
}

/** `AIDA…`, `AROA…`, `AGPA…`, `ANPA…`, `AIPA…`: the prefix and 17 characters that nothing else has. */
export function uniqueId(prefix: 'AIDA' | 'AROA' | 'AGPA' | 'ANPA' | 'AIPA', ids: Ids): string {
  return `${prefix}${base32(BigInt(`0x${ids.hex32()}`), 17)}`;
}

/**
 * An access key id names its account, as AWS's do: 16 characters of base 32 after the prefix are 80 bits: a one, the
 * account in 40 bits, and 39 that are chance.
 */
export function accessKeyIdFor(prefix: 'AKIA' | 'ASIA', account: AccountId, chance: bigint): string {
  const bits = (1n << 79n) | (BigInt(account) << 39n) | (chance & ((1n << 39n) - 1n));
  return `${prefix}${base32(bits, 16)}`;
}

/** The account an access key id names; undefined for one that was made in another way. */
export function accountOfAccessKeyId(accessKeyId: string): AccountId | undefined {
  const match = /^A[KS]IA([A-Z2-7]{16})$/.exec(accessKeyId);
  if (match === null) return undefined;
  const bits = (match[1] as string)
    .split('')
    .reduce((sum, letter) => (sum << 5n) | BigInt(ALPHABET.indexOf(letter)), 0n);
  if (bits >> 79n === 0n) return undefined;
  return parseAccountId(((bits >> 39n) & ((1n << 40n) - 1n)).toString().padStart(12, '0'));
}

/** Twice the chance of `ids`, as bytes: for secrets of 240 bits. */
export function secretAccessKey(ids: Ids): string {
  return Buffer.from(ids.hex32() + ids.hex32(), 'hex')
    .subarray(0, 30)
    .toString('base64');
}
