import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { modelOf, type ServiceName } from '@gantry/protocol';
import { actionsText, readActions } from './actions.ts';

test('the committed actions are what the installed data says', async () => {
  const actions = await readActions((service) => Object.keys(modelOf(service as ServiceName).operations));
  const file = join(import.meta.dirname, '../../packages/control-plane/src/authorise/generated/actions.json');
  assert.equal(readFileSync(file, 'utf8'), actionsText(actions), 'run "npm run model"');
});
