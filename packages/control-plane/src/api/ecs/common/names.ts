import { NAME_PATTERN } from '@gantry/domain';
import { invalidParameter } from '@gantry/protocol';

/** Refuses a name ECS would not give out (ecs-semantics 1.3). Pure. */
export function checkName(what: string, name: string): void {
  if (name === '') throw invalidParameter(`${what} can not be blank.`);
  if (!NAME_PATTERN.test(name)) {
    throw invalidParameter(
      `Invalid ${what.toLowerCase()} '${name.slice(0, 64)}': up to 255 letters (uppercase and lowercase), numbers, underscores, and hyphens are allowed.`,
    );
  }
}

/** Refuses a client token outside 1..max characters of ASCII 33–126 (ecs-semantics 1.3). Pure. */
export function checkClientToken(token: string | undefined, maxLength: number): void {
  if (token === undefined) return;
  if (token.length > maxLength) throw invalidParameter(`clientToken longer than ${maxLength}.`);
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw invalidParameter('clientToken must be printable ASCII characters (33-126) and not be empty.');
  }
}

/** Refuses an optional integer outside the range. Pure. */
export function checkRange(what: string, value: number | undefined, min: number, max: number): void {
  if (value === undefined) return;
  if (!Number.isInteger(value) || value < min || value > max) {
    throw invalidParameter(`${what} must be between ${min} and ${max}; it is ${value}.`);
  }
}
