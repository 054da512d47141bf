import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secretsManagerHandlers } from '../../api/secretsmanager/index.ts';
import type { SecretsmanagerOperations } from '@gantry/protocol';
import { callerOf } from '../../api/common/testing/caller.ts';
import { countedIds } from '../../api/ecs/testing/world.ts';
import { SCOPE } from '../../controllers/testing/builders.ts';
import { aWorld } from '../../controllers/testing/world.ts';
import { demandsOf } from '../authorise.ts';

test('a batch of secrets needs leave for each of them, also when filters find them', async () => {
  const world = await aWorld(
    { now: () => 0 as never, elapsedMs: () => 0, sleep: () => Promise.resolve() },
    countedIds(),
  );
  const handlers = secretsManagerHandlers(world.platform);
  const call = callerOf<SecretsmanagerOperations>('secretsmanager', handlers);
  const arns: Record<string, string> = {};
  for (const Name of ['prod/db', 'dev/db', 'prod/api', 'prod/gone'])
    arns[Name] = (await call('CreateSecret', { Name, SecretString: 'v' })).ARN ?? '';
  await call('DeleteSecret', { SecretId: 'prod/gone' });
  const at = { scope: SCOPE, tables: world.state.tables, principalArn: 'arn:aws:iam::123456789012:user/ann' };
  const needs = (input: object): string[] =>
    demandsOf({ signingName: 'secretsmanager', operation: 'BatchGetSecretValue', input }, at)
      .filter(({ action }) => action === 'secretsmanager:GetSecretValue')
      .map(({ resource }) => resource);
  const byName = (value: string) => ({ Filters: [{ Key: 'name', Values: [value] }] });
  assert.deepEqual(needs({ SecretIdList: ['dev/db'] }), [arns['dev/db']]);
  assert.deepEqual(needs(byName('prod/')), [arns['prod/api'], arns['prod/db']]);
  assert.deepEqual(needs(byName('none')), []);
  assert.equal(needs({}).length, 1, 'nothing passes unasked');
  assert.equal(needs({ Filters: [{ Key: 'name' }] }).length, 1, 'nor with filters that mean nothing');
});
