import type { Scope, Tag } from '@gantry/domain';
import type { Tables } from '../state/tables.ts';

/** Where a call is made and what is there. Rules only read it. */
export interface Place {
  readonly scope: Scope;
  readonly tables: Tables;
  /** ARN of the caller. */
  readonly principalArn: string;
}

/** Values of condition keys, by name. What is undefined is absent. */
export type KeyValues = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** One thing that has to be allowed for a call to pass; a call may need several. */
export interface Demand {
  /** The call's own action when left out. */
  readonly action?: string;
  /** What policies are held against: an ARN, or `*`. */
  readonly resource: string;
  /** What a refusal calls it, where `resource` tells more than the caller said. */
  readonly shown?: string;
  readonly keys?: KeyValues | undefined;
  /** `aws:ResourceTag/…`: asked for only when a policy does. */
  readonly tags?: (() => readonly Tag[] | undefined) | undefined;
  /** `aws:RequestTag/…` and `aws:TagKeys`. */
  readonly requestTags?: readonly Tag[] | undefined;
  /** `aws:TagKeys` where tags are named without values. */
  readonly tagKeys?: readonly string[] | undefined;
}

/**
 * What a checked input needs to be allowed. Never throws: an input that means nothing has a resource that is not there,
 * and the handler says what is wrong with it to those who may call it.
 */
export type Rule<I> = (input: I, at: Place) => Demand | readonly Demand[];

/** A rule for every operation of a service. */
export type RulesOf<Operations extends Record<keyof Operations, { input: unknown }>> = {
  readonly [Name in keyof Operations]: Rule<Operations[Name]['input']>;
};

/** For operations that are about no resource of their own. */
export const ANY: Demand = { resource: '*' };
export const any: Rule<unknown> = () => ANY;

/** A call about more than this many things, or with a key of more values, is refused: nobody else waits for it. */
export const MOST_LISTED = 1000;

/** What a call names, or all there is when it names none: no list is short enough to pass unasked. */
export function listed(names: readonly (string | undefined)[] | undefined): readonly (string | undefined)[] {
  return names === undefined || names.length === 0 ? ['*'] : names.slice(0, MOST_LISTED + 1);
}
