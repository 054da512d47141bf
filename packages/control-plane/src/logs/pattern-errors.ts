import { invalidParameter } from '@gantry/protocol';

export function invalidPattern(problem: string): Error {
  return invalidParameter(`Invalid filter pattern: ${problem}.`);
}

export function unsupported(what: string): Error {
  return invalidParameter(`Invalid filter pattern: ${what} are not supported by this version of Gantry.`);
}
