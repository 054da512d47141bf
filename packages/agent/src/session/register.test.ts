import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FakeClock } from '@gantry/testkit/fake-clock.ts';
import { SeededIds } from '@gantry/testkit/seeded.ts';
import { FAKE_ENGINE_INFO } from '../engine/fake-script.ts';
import { MemoryLink } from '../testing/memory-link.ts';
import { LinkError, type Input } from './port.ts';
import { register, registerInput, type Registration } from './register.ts';

const REGISTRATION: Registration = {
  cluster: 'default',
  identity: {
    pool: 'fargate',
    instanceType: 'm5.large',
    availabilityZone: 'a',
    architecture: 'x64',
    attributes: { rack: '7', ssd: '' },
    hasTaskNetwork: true,
    hasMetadata: true,
    hasRouters: true,
  },
  capacity: { cpuUnits: 1024, memoryMiB: 512, tcpPorts: [22], udpPorts: [], gpuIds: [] },
  engine: FAKE_ENGINE_INFO,
  clientToken: 'token',
};

type Answer = (input: Input<'RegisterContainerInstance'>) => unknown;
const echo: Answer = ({ attributes }) => ({ containerInstance: { containerInstanceArn: 'arn:i', attributes } });

async function registering(
  ...answers: readonly (Answer | Error)[]
): Promise<{ arn: string; tries: number; tookMs: number }> {
  const clock = new FakeClock();
  const startedAt = clock.now();
  let tries = 0;
  const plane = {
    call: (_operation: string, input: unknown) => {
      const answer = answers[Math.min(tries, answers.length - 1)] ?? echo;
      tries += 1;
      return answer instanceof Error
        ? Promise.reject(answer)
        : Promise.resolve(answer(input as Input<'RegisterContainerInstance'>));
    },
    accept: () => undefined,
    join: () => undefined,
  };
  const ports = { link: new MemoryLink(plane), clock, ids: new SeededIds(), log: () => undefined };
  let done = false;
  const result = register(ports, REGISTRATION, new AbortController().signal).finally(() => (done = true));
  result.catch(() => undefined);
  for (let turns = 0; !done && turns < 10_000; turns += 1) await clock.turn(1000);
  return { arn: await result, tries, tookMs: clock.now() - startedAt };
}

describe('log drivers', () => {
  const PREFIX = 'com.amazonaws.ecs.capability.logging-driver.';
  const offered = (logDrivers: readonly string[], hasRouters = true): string => {
    const { identity, engine } = REGISTRATION;
    const { attributes = [] } = registerInput({
      ...REGISTRATION,
      identity: { ...identity, hasRouters },
      engine: { ...engine, logDrivers },
    });
    const names = attributes.map(({ name = '' }) => name);
    const drivers = names.filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length));
    return [...drivers, ...names.filter((name) => name.includes('.firelens.')).map(() => 'router')].sort().join(' ');
  };
  test('what the engine has, and what stands on it', () => {
    assert.equal(offered([]), 'none');
    assert.equal(offered(['json-file', 'syslog', 'awslogs', 'gcplogs']), 'awslogs json-file none syslog');
    assert.equal(offered(['splunk']), 'none splunk');
    assert.equal(offered(['fluentd']), 'awsfirelens fluentd none router router router router');
    assert.equal(offered(['fluentd'], false), 'fluentd none');
  });
});

describe('registration', () => {
  test('sends what the instance is and has', () => {
    const { attributes = [], totalResources, containerInstanceArn } = registerInput(REGISTRATION);
    const names = new Map(attributes.map(({ name, value }) => [name, value]));
    for (const name of [
      'ecs.capability.full-sync',
      'ecs.capability.task-eni',
      'com.amazonaws.ecs.capability.docker-remote-api.1.18',
      'com.amazonaws.ecs.capability.logging-driver.awslogs',
    ]) {
      assert.ok(names.has(name), name);
    }
    assert.equal(names.get('gantry.pool'), 'fargate');
    assert.equal(names.get('rack'), '7');
    assert.equal(containerInstanceArn, undefined);
    assert.deepEqual(
      totalResources?.map(({ name, integerValue, stringSetValue }) => [name, integerValue ?? stringSetValue]),
      [
        ['CPU', 1024],
        ['MEMORY', 512],
        ['PORTS', ['22']],
        ['PORTS_UDP', []],
      ],
    );
  });

  test('of a known instance says who it was, without custom attributes', () => {
    const { attributes = [], containerInstanceArn } = registerInput({ ...REGISTRATION, containerInstanceArn: 'arn:i' });
    assert.equal(containerInstanceArn, 'arn:i');
    assert.equal(
      attributes.some(({ name }) => name === 'rack'),
      false,
    );
  });

  test('without a task network does not offer awsvpc', () => {
    const identity = { ...REGISTRATION.identity, hasTaskNetwork: false };
    assert.equal(
      registerInput({ ...REGISTRATION, identity }).attributes?.some(({ name }) => name === 'ecs.capability.task-eni'),
      false,
    );
  });

  test('waits for a control plane that is not there yet', async () => {
    const away = new LinkError('Unreachable', 'no');
    const { arn, tries } = await registering(
      away,
      away,
      new LinkError('ServerException', 'hot', { status: 500 }),
      echo,
    );
    assert.equal(arn, 'arn:i');
    assert.equal(tries, 4);
  });

  const failures: readonly (readonly [string, Answer | Error, number, RegExp])[] = [
    [
      'a refusal is final',
      new LinkError('InvalidParameterException', 'bad', { status: 400 }),
      5,
      /refuses this instance: bad/,
    ],
    [
      'an attribute that is not echoed is final',
      () => ({ containerInstance: { containerInstanceArn: 'arn:i', attributes: [] } }),
      5,
      /did not keep the attribute/,
    ],
    [
      'no answer for an hour: somebody may start it again',
      new LinkError('Unreachable', 'no'),
      1,
      /did not answer for an hour/,
    ],
  ];
  for (const [name, answer, exitCode, text] of failures) {
    test(name, async () => {
      await assert.rejects(registering(answer), (error: Error & { exitCode?: number }) => {
        assert.match(error.message, text);
        assert.equal(error.exitCode, exitCode);
        return true;
      });
    });
  }
});
