import vm from 'node:vm';
import { ServiceError } from '@gantry/protocol';

/** A pattern is a user's: one that would think for ever is ended. */
const MOST_MS = 100;

const context = vm.createContext(Object.create(null) as vm.Context);
const compile = new vm.Script('new RegExp(pattern)');
const test = new vm.Script('new RegExp(pattern).test(value)');

/**
 * Refuses a value its allowed pattern is not found in. Blocks for 100 ms at most.
 * @throws ServiceError InvalidAllowedPatternException, ParameterPatternMismatchException. The value is in neither.
 */
export function checkAllowedPattern(pattern: string | undefined, value: string): void {
  if (pattern === undefined) return;
  context['pattern'] = pattern;
  context['value'] = value;
  try {
    run(compile, pattern, 'it is no regular expression');
    if (run(test, pattern, `it takes more than ${MOST_MS} ms to apply`) === true) return;
  } finally {
    context['value'] = '';
  }
  throw new ServiceError(
    'ParameterPatternMismatchException',
    `Parameter value, cannot be validated against allowedPattern: ${pattern}`,
  );
}

function run(script: vm.Script, pattern: string, problem: string): unknown {
  try {
    return script.runInContext(context, { timeout: MOST_MS });
  } catch (cause) {
    throw new ServiceError(
      'InvalidAllowedPatternException',
      `The allowed pattern ${pattern} can not be used: ${problem}.`,
      {
        cause,
      },
    );
  }
}
