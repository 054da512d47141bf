import type { Ids } from '@gantry/domain';
import type { EngineInfo } from '../engine/port.ts';
import type { Log } from '../log.ts';
import { candidates, DEFAULT_RUNTIME, isSandbox, type TaskRuntime } from './classes.ts';
import { whyNotWorking, type Trial } from './trial.ts';

export interface DetectOptions extends Omit<Trial, 'name'> {
  readonly ids: Ids;
  readonly info: Pick<EngineInfo, 'runtimes'>;
  readonly log: Log;
}

/** A runtime that was asked for by name does not do. */
export class NoSuchRuntime extends Error {
  override readonly name = 'NoSuchRuntime';
}

/**
 * The strongest runtime of the engine that really works, for tasks of one launch type. `wanted`: see `candidates`.
 * @throws NoSuchRuntime when none does; never for `auto`
 */
export async function detectRuntime(wanted: string, options: DetectOptions): Promise<TaskRuntime> {
  const problems: string[] = [];
  for (const runtime of candidates(wanted, options.info.runtimes)) {
    const { class: name, runtime: known } = runtime;
    if (runtime === DEFAULT_RUNTIME) return runtime;
    const why = await whyNotWorking({ ...options, name: `gantry-trial-${options.ids.hex32().slice(0, 12)}` }, runtime);
    if (why === undefined) return runtime;
    problems.push(`${known ?? name} does not work here: ${why}`);
    options.log('warn', `tasks do not run in ${known ?? name}: ${why}`);
  }
  const known = options.info.runtimes.join(', ');
  const why = problems.length > 0 ? problems.join('; ') : `the engine knows ${known}`;
  throw new NoSuchRuntime(
    `No runtime "${wanted}" for tasks: ${why}. Mend it, or configure another (auto takes what works).`,
  );
}

/** What is said once at the agent's start of tasks that were to be kept apart; `undefined`: they are. */
export function weakness(runtime: TaskRuntime): string | undefined {
  if (isSandbox(runtime)) return undefined;
  return (
    `FARGATE tasks share this host's kernel (${runtime.class}): no runtime that keeps them apart works here. ` +
    'gantry doctor says how to install gVisor.'
  );
}
