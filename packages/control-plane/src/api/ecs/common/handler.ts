import type { EpochMs } from '@gantry/domain';
import type { EcsOperations } from '@gantry/protocol';
import type { Handler } from '../../../handlers.ts';

/**
 * A document's list as a wire list. Documents are never changed in place, and nothing behind a handler changes its
 * output: the SDK's types only lack the word `readonly`.
 */
export function wireList<T>(list: readonly T[]): T[] {
  return list as T[];
}

/** Every operation of ecs with its handler's type; each file of this folder gives some of them. */
export type EcsHandlers = {
  readonly [N in keyof EcsOperations]: Handler<EcsOperations[N]['input'], EcsOperations[N]['output']>;
};

/** A moment as the wire has it; undefined stays undefined. */
export function wireDate(moment: EpochMs | undefined): Date | undefined {
  return moment === undefined ? undefined : new Date(moment);
}
