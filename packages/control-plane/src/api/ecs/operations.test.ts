import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SERVICES } from '@gantry/protocol';
import { agentHandlers } from '../../dispatch/index.ts';
import { AWAITED } from './awaited.ts';
import type { EcsHandlers } from './common/handler.ts';
import { ecsHandlers } from './index.ts';
import { anApi } from './testing/world.ts';

test('no operation of the model is without a handler', async () => {
  const { platform } = await anApi();
  // The compiler sees to it as well: a handler that is missing, or of another type, does not satisfy the model's list.
  const handlers = { ...ecsHandlers(platform), ...agentHandlers(platform) } satisfies EcsHandlers;
  assert.deepEqual(Object.keys(handlers).toSorted(), [...SERVICES.ecs.operationNames()].toSorted());
  for (const name of Object.keys(AWAITED)) assert.ok(SERVICES.ecs.operation(name), name);
});
