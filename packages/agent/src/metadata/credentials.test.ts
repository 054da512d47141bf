import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RoleCredentials } from '@gantry/protocol';
import { aTask } from '../testing/payloads.ts';
import { TaskCredentials, withoutSecrets } from './credentials.ts';

const given = (credentialsId: string, secretAccessKey = 's'): RoleCredentials => ({
  credentialsId,
  roleArn: 'arn:aws:iam::000000000000:role/app',
  accessKeyId: 'ASIA1',
  secretAccessKey,
  sessionToken: 't',
  expiration: '2026-01-01T06:00:00Z',
});

test('the last ones given count; those of tasks that are gone are forgotten', () => {
  const credentials = new TaskCredentials();
  credentials.put('a', 'TaskApplication', given('1', 'old'));
  credentials.put('a', 'TaskApplication', given('1', 'new'));
  credentials.put('b', 'TaskApplication', given('2'));
  assert.equal(credentials.get('1')?.credentials.secretAccessKey, 'new');
  credentials.keep((arn) => arn === 'b');
  assert.equal(credentials.get('1'), undefined);
  assert.equal(credentials.get('2')?.taskArn, 'b');
});

test('whoever needs those of the execution role waits for them, or for the end', async () => {
  const credentials = new TaskCredentials();
  const task = aTask(1, [], { executionRoleCredentials: given('x') });
  const life = new AbortController();
  const [first, second] = [
    credentials.ofExecution(task, life.signal),
    credentials.ofExecution(task, AbortSignal.abort()),
  ];
  assert.equal(await second, undefined);
  credentials.put(task.arn, 'TaskExecution', given('x'));
  assert.equal((await first)?.secretAccessKey, 's');
  assert.equal(await credentials.ofExecution(aTask(2, []), life.signal), undefined, 'a task without such a role');
});

test('of a payload ids are kept, and no secret', () => {
  const kept = withoutSecrets(aTask(1, [], { roleCredentials: given('own'), executionRoleCredentials: given('x') }));
  assert.equal(kept.roleCredentials?.credentialsId, 'own');
  assert.equal(kept.executionRoleCredentials?.roleArn, given('x').roleArn);
  for (const one of [kept.roleCredentials, kept.executionRoleCredentials])
    assert.equal(`${one?.accessKeyId}${one?.secretAccessKey}${one?.sessionToken}`, '');
});
