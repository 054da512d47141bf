import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogConfiguration } from '@aws-sdk/client-ecs';
import { elsewhere } from './elsewhere.ts';

const task = { taskArn: 'arn:t', containers: [{ name: 'web', runtimeId: 'abcdef0123456789' }] };
const placeOf = (logConfiguration?: LogConfiguration): string | undefined =>
  elsewhere(task, { containerDefinitions: [{ name: 'web', ...(logConfiguration && { logConfiguration }) }] })[0];

const cases: readonly (readonly [LogConfiguration | undefined, string])[] = [
  [undefined, "web: the engine's own log on its instance; read it there with: docker logs abcdef012345"],
  [
    { logDriver: 'json-file' },
    'web: a file of the engine on its instance; read it there with: docker logs abcdef012345',
  ],
  [
    { logDriver: 'journald' },
    'web: the journal of its instance; read it there with: journalctl CONTAINER_ID=abcdef012345',
  ],
  [
    { logDriver: 'syslog', options: { 'syslog-address': 'udp://10.0.0.1:514', tag: 'shop' } },
    'web: syslog at udp://10.0.0.1:514; read it there, tagged shop (the last of it also with: docker logs abcdef012345)',
  ],
  [
    { logDriver: 'gelf', options: { 'gelf-address': 'udp://g:1' } },
    'web: the GELF server at udp://g:1; read it there (the last of it also with: docker logs abcdef012345)',
  ],
  [
    { logDriver: 'fluentd' },
    'web: fluentd at localhost:24224 of its instance; read it there (the last of it also with: docker logs abcdef012345)',
  ],
  [
    { logDriver: 'splunk', options: { 'splunk-index': 'i' }, secretOptions: [{ name: 'splunk-url', valueFrom: 'x' }] },
    'web: Splunk at the address in its secret; read it there in the index i (the last of it also with: docker logs abcdef012345)',
  ],
];
for (const [configuration, expected] of cases) {
  test(`where ${configuration?.logDriver ?? 'no driver'} sends it`, () =>
    assert.equal(placeOf(configuration), expected));
}

test('what Gantry keeps is not elsewhere', () => {
  assert.equal(placeOf({ logDriver: 'awslogs', options: { 'awslogs-group': 'g' } }), undefined);
});
