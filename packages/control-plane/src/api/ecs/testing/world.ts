import assert from 'node:assert/strict';
import { epochMs, type Clock, type Ids } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import { aWorld, putInstance, type World } from '../../../controllers/testing/world.ts';
import { SCOPE } from '../../../controllers/testing/builders.ts';
import type { RequestContext } from '../../../platform.ts';
import type { Tx } from '../../../state/state.ts';
import { putGroup } from '../../../vpc/testing/groups.ts';
import { gantryHandlers } from '../../gantry/index.ts';
import { ensureFirstClusters } from '../cluster/create.ts';
import { ecsHandlers } from '../index.ts';
import { familyKey } from '../task-definition/reference.ts';

type Ecs = ReturnType<typeof ecsHandlers>;
type Gantry = ReturnType<typeof gantryHandlers>;
export type Bound<H> = {
  readonly [N in keyof H]: H[N] extends (input: infer I, context: RequestContext) => infer R ? (input: I) => R : never;
};

export interface ApiWorld extends World {
  /** Every operation, called as the administrator of the test's account. */
  readonly ecs: Bound<Ecs>;
  readonly gantry: Bound<Gantry>;
  /** The same as somebody of another account. */
  readonly stranger: Bound<Ecs>;
  /** The same as another principal of the test's account. */
  readonly as: (principalArn: string) => Bound<Ecs>;
  readonly turn: (ms: number) => void;
  readonly addInstance: (n: number, more?: Parameters<typeof putInstance>[2]) => Promise<string>;
}

export const ADMINISTRATOR = `arn:aws:iam::${SCOPE.account}:user/administrator`;

/** The handlers on the real state, with the clusters of a first start, a clock that is turned and counted ids. */
export async function anApi(): Promise<ApiWorld> {
  let now = Date.UTC(2026, 0, 1);
  const clock: Clock = { now: () => epochMs(now), elapsedMs: () => now, sleep: () => Promise.resolve() };
  const world = await aWorld(clock, countedIds());
  await ensureFirstClusters(world.platform);
  // The world's own definition `web:1` was not registered: its family has to be known too.
  const family = { scope: SCOPE, family: 'web', lastRevision: 1 };
  await world.run((tx) => {
    tx.put(tx.tables.taskDefinitionFamilies, familyKey(SCOPE, 'web'), family);
    putGroup(tx, SCOPE, 'sg-1');
  });
  const ecs = ecsHandlers(world.platform);
  const other = { ...SCOPE, account: '999999999999' as typeof SCOPE.account };
  return {
    ...world,
    ecs: bind(ecs, contextOf(SCOPE, ADMINISTRATOR)),
    gantry: bind(gantryHandlers(world.platform), contextOf(SCOPE, ADMINISTRATOR)),
    stranger: bind(ecs, contextOf(other, `arn:aws:iam::${other.account}:root`)),
    as: (principalArn) => bind(ecs, contextOf(SCOPE, principalArn)),
    turn: (ms) => {
      now += ms;
    },
    addInstance: (n, more) => world.run((tx: Tx) => putInstance(tx, n, more)),
  };
}

function contextOf(scope: typeof SCOPE, principalArn: string): RequestContext {
  return {
    scope,
    requestId: 'request',
    caller: { ...scope, principalArn, accessKeyId: 'AKIATEST', principal: { kind: 'administrator' } },
  };
}

export function bind<H extends object>(handlers: H, context: RequestContext): Bound<H> {
  const entries = Object.entries(handlers) as [string, (input: unknown, context: RequestContext) => unknown][];
  const bound = entries.map(([name, handle]) => [name, (input: unknown) => handle(input, context)]);
  return Object.fromEntries(bound) as Bound<H>;
}

export function countedIds(): Ids {
  let count = 0;
  const next = (): number => (count += 1);
  return {
    hex32: () => next().toString(16).padStart(32, '0'),
    uuid: () => `00000000-0000-4000-8000-${next().toString(16).padStart(12, '0')}`,
    digits19: () => String(next()).padStart(19, '1'),
    random: () => 0.5,
  };
}

/** Fails unless the call is refused with this code and a message that holds the text. */
export async function refused(call: Promise<unknown>, code: string, text: string | RegExp): Promise<ServiceError> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof ServiceError, `not a ServiceError: ${String(error)}`);
    assert.equal(error.code, code, error.message);
    if (typeof text === 'string') assert.ok(error.message.includes(text), `'${error.message}' lacks '${text}'`);
    else assert.match(error.message, text);
    return error;
  }
  assert.fail(`the call was not refused with ${code}`);
}
