import type { Rng } from '@gantry/testkit';
import type { Answer } from './compare.ts';
import type { Json, JsonObject } from './json.ts';
import type { Service, Side } from './sides.ts';
import type { Twins } from './twins.ts';

/** One request, in symbols. */
export interface Call {
  readonly service: Service;
  readonly operation: string;
  readonly input: JsonObject;
}

/** What a made-up call may refer to. */
export interface World {
  readonly rng: Rng;
  readonly twins: Twins;
}

/** Undefined: there is nothing yet to make this call about. */
export type Make = (world: World) => JsonObject | undefined;

/** What can be played of a service. */
export interface Book {
  readonly service: Service;
  /** What is called how often, and how a call of it is made up. */
  readonly calls: readonly (readonly [operation: string, weight: number, make: Make])[];
  /** What chance would hardly come upon: each is played once, on a world of its own. A write only one side does ends it. */
  readonly scenarios: readonly (readonly Call[])[];
  /** The first calls of a seed, so that there is something to talk about. */
  readonly opening: (world: World) => readonly Call[];
  /** Gives both sides what calls refer to, before the first one. */
  readonly furnish?: (twins: Twins, gantry: Side, moto: Side) => Promise<void>;
  /** Operations whose answers name something that has another name on each side: where, and what it is called. */
  readonly names: Readonly<Record<string, readonly [kind: string, at: string | undefined, member: string]>>;
  /** What Gantry needs when it has carried out a call; resolves to how to end it. */
  readonly after?: (gantry: Side, call: Call, output: JsonObject) => Promise<(() => Promise<void>) | undefined>;
}

export function nextCall({ service, calls }: Book, world: World): Call {
  const total = calls.reduce((sum, [, weight]) => sum + weight, 0);
  for (;;) {
    let at = world.rng.int(1, total);
    const [operation, , make] = calls.find(([, weight]) => (at -= weight) <= 0) as Book['calls'][number];
    const input = make(world);
    if (input !== undefined) return { service, operation, input };
  }
}

/** Remembers what both sides have named. */
export function learn({ names }: Book, twins: Twins, operation: string, gantry: Answer, moto: Answer): void {
  const rule = names[operation];
  if (rule === undefined || !gantry.ok || !moto.ok) return;
  const [kind, at, member] = rule;
  const [ours, theirs] = [namesIn(gantry.output, at, member), namesIn(moto.output, at, member)];
  for (const [n, name] of ours.entries()) {
    const other = theirs[n];
    if (other !== undefined) twins.add(kind, { gantry: name, moto: other });
  }
}

function namesIn(output: JsonObject, at: string | undefined, member: string): readonly string[] {
  const value = at === undefined ? output : output[at];
  const items = (Array.isArray(value) ? value : [value]) as readonly (JsonObject | undefined)[];
  return items.flatMap((item) => (typeof item?.[member] === 'string' ? [item[member]] : []));
}

/** Each member is there or not, by chance. */
export function maybe(rng: Rng, members: Readonly<Record<string, () => Json>>, probability = 0.3): JsonObject {
  const kept = Object.entries(members).filter(() => rng.chance(probability));
  return Object.fromEntries(kept.map(([name, make]) => [name, make()]));
}
