import { SeededIds } from '@gantry/testkit/seeded.ts';
import {
  epochMs,
  type ContainerDefinition,
  type Reservation,
  type TaskDefinition,
  type TaskOverride,
} from '@gantry/domain';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testSeal } from '../../seal/testing/test-seal.ts';
import { aDefinition, SCOPE } from '../testing/builders.ts';
import { newTask, taskKey, type NewTaskInput } from './create.ts';
import { reservationOf } from './reservation.ts';
import { parseCpuUnits, parseMemoryMiB } from './size.ts';

const container = (more: Partial<ContainerDefinition> = {}): ContainerDefinition => ({
  ...(aDefinition().containerDefinitions[0] as ContainerDefinition),
  ...more,
});
const none: TaskOverride = { containerOverrides: [] };
const ports = (...pairs: [number, number?, ('tcp' | 'udp')?][]) =>
  pairs.map(([containerPort, hostPort, protocol]) => ({ containerPort, hostPort, protocol }));

describe('a task reserves (2.4, 2.6)', () => {
  const two = [
    container({ cpu: 100, memory: 64 }),
    container({ name: 'b', cpu: 28, memory: 200, memoryReservation: 100 }),
  ];
  const gpu = [container({ resourceRequirements: [{ type: 'GPU', value: '2' }] })];
  const mapped = [container({ portMappings: ports([80, 8080], [53, 53, 'udp'], [443, 0], [90]) })];
  const cases: [string, Partial<TaskDefinition>, TaskOverride, Partial<Reservation>][] = [
    ['the sums over its containers', { containerDefinitions: two }, none, { cpuUnits: 128, memoryMiB: 164 }],
    [
      'its own size where it has one',
      { containerDefinitions: two, cpu: '512' },
      none,
      { cpuUnits: 512, memoryMiB: 164 },
    ],
    ['its own size in words', { cpu: '.5 vCPU', memory: '1 GB' }, none, { cpuUnits: 512, memoryMiB: 1024 }],
    [
      'the run’s size before its own',
      { cpu: '512' },
      { ...none, cpu: '256', memory: '99' },
      { cpuUnits: 256, memoryMiB: 99 },
    ],
    [
      'overridden containers',
      { containerDefinitions: two },
      { containerOverrides: [{ name: 'b', cpu: 0, memoryReservation: 1 }] },
      { cpuUnits: 100, memoryMiB: 65 },
    ],
    ['fixed host ports in bridge mode', { containerDefinitions: mapped }, none, { tcpPorts: [8080], udpPorts: [53] }],
    [
      'container ports in host mode',
      { containerDefinitions: mapped, networkMode: 'host' },
      none,
      { tcpPorts: [90, 443, 8080], udpPorts: [53] },
    ],
    [
      'no ports but an address in awsvpc',
      { containerDefinitions: mapped, networkMode: 'awsvpc' },
      none,
      { tcpPorts: [], eniCount: 1 },
    ],
    ['GPUs', { containerDefinitions: gpu }, none, { gpuCount: 2 }],
  ];
  for (const [name, definition, overrides, expected] of cases) {
    it(name, () => {
      const reservation = reservationOf(aDefinition(definition), overrides);
      for (const [member, value] of Object.entries(expected))
        assert.deepEqual(reservation[member as keyof Reservation], value, member);
    });
  }
});

it('reads sizes as ECS writes them', () => {
  assert.deepEqual(['256', '1 vCPU', '.25vcpu', 'many', ''].map(parseCpuUnits), [256, 1024, 256, undefined, undefined]);
  assert.deepEqual(['512', '1GB', '0.5 gb', '1 TB'].map(parseMemoryMiB), [512, 1024, 512, undefined]);
});

describe('a new task', () => {
  const input = (more: Partial<NewTaskInput> = {}): NewTaskInput => ({
    ids: new SeededIds(7),
    seal: testSeal(),
    now: epochMs(5),
    scope: SCOPE,
    cluster: 'default',
    definition: aDefinition({ placementConstraints: [{ type: 'memberOf', expression: 'attribute:a exists' }] }),
    overrides: none,
    launchType: 'EC2',
    group: 'family:web',
    tags: [],
    placementConstraints: [{ type: 'distinctInstance' }],
    placementStrategy: [],
    enableExecuteCommand: false,
    because: 'run-task',
    ...more,
  });
  it('on EC2 is PENDING, with the constraints of its definition first', () => {
    const task = newTask(input());
    assert.equal(task.lastStatus, 'PENDING');
    assert.deepEqual(
      task.placementConstraints.map(({ type }) => type),
      ['memberOf', 'distinctInstance'],
    );
    assert.deepEqual(task.overrides.containerOverrides, [{ name: 'app' }]);
    assert.equal(taskKey(task), `123456789012/us-east-1/default/${task.id}`);
    assert.match(task.containers[0]?.containerArn ?? '', new RegExp(`:container/default/${task.id}/[0-9a-f-]{36}$`));
  });
  it('waits for an address or for capacity in PROVISIONING, at most half an hour', () => {
    const waiting = [
      newTask(input({ launchType: 'FARGATE', platformVersion: 'LATEST' })),
      newTask(input({ definition: aDefinition({ networkMode: 'awsvpc' }) })),
      newTask(input({ capacityProviderName: 'group' })),
    ];
    for (const task of waiting)
      assert.deepEqual([task.lastStatus, task.placementDeadlineAt], ['PROVISIONING', 5 + 30 * 60_000]);
    assert.deepEqual([waiting[0]?.platformVersion, waiting[0]?.placementConstraints], ['1.4.0', []]);
  });
});
