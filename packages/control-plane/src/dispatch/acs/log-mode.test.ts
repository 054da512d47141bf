import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACCOUNT_DEFAULT, settingKey } from '../../api/ecs/account-setting/settings.ts';
import { SCOPE } from '../testing/documents.ts';
import { ScriptedAgent } from '../testing/scripted-agent.ts';
import { DispatchWorld } from '../testing/world.ts';

test("a container that does not say gets the account's log driver mode, as it is when the task is sent", async () => {
  const world = await DispatchWorld.start();
  const arn = await world.register();
  const { state } = world.platform;
  await world.place(1, arn);
  await state.transact((tx) => {
    const key = world.task(1)?.taskDefinitionKey ?? '';
    const definition = tx.tables.taskDefinitions.get(key);
    if (definition !== undefined) {
      const containerDefinitions = definition.containerDefinitions.map((container) => ({
        ...container,
        logConfiguration: { logDriver: 'syslog' as const },
      }));
      tx.put(tx.tables.taskDefinitions, key, { ...definition, containerDefinitions });
    }
  });
  const agent = new ScriptedAgent(world, arn);
  agent.connect();
  await world.settle();
  const name = 'defaultLogDriverMode';
  await state.transact((tx) => {
    const setting = { name, value: 'blocking', principalArn: 'arn:aws:iam::000000000000:root' };
    tx.put(tx.tables.accountSettings, settingKey(SCOPE, ACCOUNT_DEFAULT, name), setting);
  });
  await world.place(2, arn);
  await world.settle();
  const configs = agent.get('PayloadMessage').map(({ message }) => {
    const hostConfig = message.tasks[0]?.containers[0]?.dockerConfig.hostConfig ?? '{}';
    return (JSON.parse(hostConfig) as { LogConfig?: unknown }).LogConfig;
  });
  assert.deepEqual(configs, [
    { Type: 'syslog', Config: { mode: 'non-blocking', 'max-buffer-size': '10m' } },
    { Type: 'syslog', Config: { mode: 'blocking' } },
  ]);
});
