import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import { SERVICES } from '@gantry/protocol';
import { anApi } from '../testing/world.ts';

const PREFIX = 'com.amazonaws.ecs.capability.';
/** What every driver needs beside its own attribute. */
const API = [19, 28].map((minor) => ({ name: `${PREFIX}docker-remote-api.1.${minor}` }));
const IMAGE = { image: 'x', memory: 16 };

const cases: readonly (readonly [string, readonly ContainerDefinition[], readonly string[]])[] = [
  ...(['json-file', 'syslog', 'journald', 'gelf', 'fluentd', 'splunk'] as const).map(
    (logDriver) =>
      [
        logDriver,
        [
          {
            name: 'a',
            ...IMAGE,
            logConfiguration: {
              logDriver,
              options: {
                mode: 'non-blocking',
                ...(logDriver === 'splunk' ? { 'splunk-token': 't', 'splunk-url': 'u' } : {}),
              },
            },
          },
        ],
        [`${PREFIX}logging-driver.${logDriver}`],
      ] as const,
  ),
  [
    'awsfirelens',
    [
      { name: 'a', ...IMAGE, logConfiguration: { logDriver: 'awsfirelens', options: { '@type': 'null' } } },
      { name: 'b', ...IMAGE, firelensConfiguration: { type: 'fluentd' } },
    ],
    [`${PREFIX}logging-driver.awsfirelens`, 'ecs.capability.firelens.fluentd'],
  ],
];
for (const [name, containerDefinitions, needs] of cases) {
  test(`${name}: tasks go where it is, and it is said what is lacking elsewhere`, async () => {
    const { ecs, addInstance } = await anApi();
    await addInstance(1, { attributes: API });
    await ecs.RegisterTaskDefinition({ family: 'g', containerDefinitions: [...containerDefinitions] });
    const [failure] = (await ecs.RunTask({ taskDefinition: 'g' })).failures ?? [];
    assert.equal(failure?.reason, 'ATTRIBUTE');
    for (const attribute of needs) assert.ok(failure?.detail?.includes(attribute), attribute);
    await addInstance(2, { attributes: [...API, ...needs.map((attribute) => ({ name: attribute }))] });
    assert.deepEqual((await ecs.RunTask({ taskDefinition: 'g' })).failures, []);
  });
}

test('logentries is no log driver of ECS any more', () => {
  const registered = (logDriver: string): unknown =>
    SERVICES.ecs
      .operation('RegisterTaskDefinition')
      ?.readInput({ family: 'g', containerDefinitions: [{ name: 'a', logConfiguration: { logDriver } }] });
  assert.ok(registered('syslog') !== undefined);
  assert.throws(() => registered('logentries'));
});
