import type { Ids } from '@gantry/domain';
import { invalidParameter, type SecretsmanagerOperations } from '@gantry/protocol';

type Input = SecretsmanagerOperations['GetRandomPassword']['input'];

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';
const DEFAULT_LENGTH = 32;

/** Evenly chosen numbers below a bound of at most 256. */
export type Pick = (bound: number) => number;

/** From the only source of chance, byte by byte; what would make some numbers likelier is thrown away. */
export function evenly(ids: Ids): Pick {
  let bytes = Buffer.alloc(0);
  const next = (): number => {
    if (bytes.length === 0) bytes = Buffer.from(ids.hex32(), 'hex');
    const byte = bytes[0] as number;
    bytes = bytes.subarray(1);
    return byte;
  };
  return (bound) => {
    const limit = 256 - (256 % bound);
    for (;;) {
      const byte = next();
      if (byte < limit) return byte % bound;
    }
  };
}

/** `length` characters of the alphabet, each as likely as any other. */
export function randomText(pick: Pick, alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet[pick(alphabet.length)]).join('');
}

export const ALPHANUMERIC = `${LOWER}${LOWER.toUpperCase()}${DIGITS}`;

/**
 * A password of the wanted kind; every one that fits is as likely as any other.
 * @throws ServiceError InvalidParameterException when none fits
 */
export function randomPassword(input: Input, pick: Pick): string {
  const length = input.PasswordLength ?? DEFAULT_LENGTH;
  const types = typesOf(input);
  if (types.length === 0)
    throw invalidParameter('There are no characters left to make a password of. Exclude fewer of them.');
  const all = types.join('');
  if (input.RequireEachIncludedType === false) return randomText(pick, all, length);
  if (length < types.length) throw invalidParameter('Password length is too short based on the required types.');
  // Throwing away what lacks a type keeps the rest even. The worst case, five types in five characters, takes some
  // thousand attempts.
  for (;;) {
    const text = randomText(pick, all, length);
    if (types.every((type) => type.split('').some((character) => text.includes(character)))) return text;
  }
}

/** The alphabet of each type there is, without what is excluded. */
function typesOf(input: Input): readonly string[] {
  const excluded = new Set(input.ExcludeCharacters ?? '');
  const types = [
    input.ExcludeLowercase === true ? '' : LOWER,
    input.ExcludeUppercase === true ? '' : LOWER.toUpperCase(),
    input.ExcludeNumbers === true ? '' : DIGITS,
    input.ExcludePunctuation === true ? '' : PUNCTUATION,
    input.IncludeSpace === true ? ' ' : '',
  ];
  return types
    .map((type) =>
      type
        .split('')
        .filter((each) => !excluded.has(each))
        .join(''),
    )
    .filter((type) => type !== '');
}
