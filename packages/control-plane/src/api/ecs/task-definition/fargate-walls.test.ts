import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerDefinition, RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';
import { ServiceError } from '@gantry/protocol';
import { compatibilitiesOf } from './compatibilities.ts';
import { validateTaskDefinition } from './validate.ts';

/** What would make a hole in the wall around a Fargate task: refused at registration, and never launched as one. */
type Task = Partial<RegisterTaskDefinitionRequest>;

const of = (container: Partial<ContainerDefinition>, task: Task = {}): RegisterTaskDefinitionRequest => ({
  family: 'web',
  networkMode: 'awsvpc',
  cpu: '256',
  memory: '512',
  containerDefinitions: [{ name: 'app', image: 'gantry/hello', ...container }],
  ...task,
});
const linux = (linuxParameters: NonNullable<ContainerDefinition['linuxParameters']>) => of({ linuxParameters });
const capability = (name: string) => linux({ capabilities: { add: [name] } });

const HOLES: readonly (readonly [string, RegisterTaskDefinitionRequest])[] = [
  ["'privileged' is not supported", of({ privileged: true })],
  ["'linuxParameters.devices' is not supported", linux({ devices: [{ hostPath: '/dev/kvm' }] })],
  ["'linuxParameters.sharedMemorySize' is not supported", linux({ sharedMemorySize: 64 })],
  ["'linuxParameters.maxSwap' is not supported", linux({ maxSwap: 64 })],
  ["'dockerSecurityOptions' is not supported", of({ dockerSecurityOptions: ['apparmor:unconfined'] })],
  ["'dockerSecurityOptions' is not supported", of({ dockerSecurityOptions: ['label:disable'] })],
  ["'links' is not supported", of({ links: ['other'] })],
  ["'hostname' is not supported", of({ hostname: 'other' })],
  ["'extraHosts' is not supported", of({ extraHosts: [{ hostname: 'a', ipAddress: '169.254.170.2' }] })],
  ["'dnsServers' is not supported", of({ dnsServers: ['192.0.2.1'] })],
  ["'disableNetworking' is not supported", of({ disableNetworking: true })],
  ...['ALL', 'SYS_ADMIN', 'NET_ADMIN', 'NET_RAW', 'SYS_MODULE', 'SYS_RAWIO', 'DAC_READ_SEARCH', 'BPF'].map(
    (name) => [`capability '${name}' can not be added`, capability(name)] as const,
  ),
  ["do not support pidMode 'host'", of({}, { pidMode: 'host' })],
  ['do not support ipcMode', of({}, { ipcMode: 'host' })],
  ['do not support ipcMode', of({}, { ipcMode: 'task' })],
  ['network mode ‘awsvpc’', of({ memory: 64 }, { networkMode: 'host' })],
  ['network mode ‘awsvpc’', of({ memory: 64 }, { networkMode: 'bridge' })],
  [
    'host.sourcePath should not be set',
    of({}, { volumes: [{ name: 'v', host: { sourcePath: '/var/run/docker.sock' } }] }),
  ],
  [
    'Docker volumes are not supported',
    of({}, { volumes: [{ name: 'v', dockerVolumeConfiguration: { driver: 'local' } }] }),
  ],
  ["log driver 'syslog' is not supported", of({ logConfiguration: { logDriver: 'syslog' } })],
];

for (const [index, [words, input]] of HOLES.entries()) {
  test(`${index + 1}. ${words}`, () => {
    const registered = (): unknown => validateTaskDefinition({ ...input, requiresCompatibilities: ['FARGATE'] });
    assert.throws(registered, (error) => error instanceof ServiceError && error.message.includes(words));
  });

  test(`${index + 1}. ${words}: registered for EC2 it still does not run as a Fargate task`, () => {
    let compatibilities: readonly string[] = [];
    try {
      compatibilities = compatibilitiesOf(validateTaskDefinition(input));
    } catch (error) {
      // Not to be registered at all.
      assert.ok(error instanceof ServiceError);
    }
    assert.ok(!compatibilities.includes('FARGATE'));
  });
}

test('what is left is a Fargate task', () => {
  for (const input of [
    of({}),
    capability('SYS_PTRACE'),
    of({}, { pidMode: 'task' }),
    linux({ initProcessEnabled: true }),
  ]) {
    assert.ok(compatibilitiesOf(validateTaskDefinition(input)).includes('FARGATE'));
  }
});
