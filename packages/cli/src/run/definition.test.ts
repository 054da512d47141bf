import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CliError } from '../errors.ts';
import { familyOf, planRun, portMapping, type RunFlags } from './definition.ts';

const flags = (given: Partial<RunFlags> = {}): RunFlags => ({
  image: 'gantry/hello',
  command: [],
  publish: [],
  env: [],
  cluster: 'default',
  subnets: [],
  ...given,
});
const around = { region: 'us-east-1', env: { HOME: '/h' } };

const families: readonly (readonly [string, string])[] = [
  ['nginx', 'nginx'],
  ['gantry/hello', 'hello'],
  ['registry:5000/team/web-app:1.2', 'web-app'],
  ['web@sha256:abc', 'web'],
  ['a.b_c:x', 'a-b_c'],
  ['localhost:5000/x', 'x'],
];
for (const [image, family] of families) test(`family of ${image}`, () => assert.equal(familyOf(image), family));

test('a task on the EC2 instance', () => {
  const plan = planRun(flags({ publish: ['8080:80'], env: ['A=1=2', 'HOME'], command: ['sh', '-c', 'x'] }), around);
  assert.deepEqual(plan.registration, {
    family: 'hello',
    networkMode: 'bridge',
    requiresCompatibilities: ['EC2'],
    containerDefinitions: [
      {
        name: 'hello',
        image: 'gantry/hello',
        essential: true,
        cpu: 256,
        memory: 512,
        command: ['sh', '-c', 'x'],
        environment: [
          { name: 'A', value: '1=2' },
          { name: 'HOME', value: '/h' },
        ],
        portMappings: [{ containerPort: 80, hostPort: 8080, protocol: 'tcp' }],
        logConfiguration: {
          logDriver: 'awslogs',
          options: {
            'awslogs-group': '/gantry/hello',
            'awslogs-region': 'us-east-1',
            'awslogs-stream-prefix': 'run',
          },
        },
      },
    ],
  });
  assert.equal(plan.fixedHostPort, true);
});

test('a Fargate task has its size at the task, and an address of its own', () => {
  const plan = planRun(flags({ launchType: 'fargate', publish: ['80'], cpu: '512', memory: '1024' }), around);
  assert.deepEqual(
    [plan.registration.cpu, plan.registration.memory, plan.networkMode, plan.fixedHostPort],
    ['512', '1024', 'awsvpc', false],
  );
  const container = plan.registration.containerDefinitions?.[0];
  assert.deepEqual([container?.cpu, container?.memory], [undefined, undefined]);
  assert.deepEqual(container?.portMappings, [{ containerPort: 80, hostPort: 80, protocol: 'tcp' }]);
});

const ports: readonly (readonly [string, 'bridge' | 'host' | 'awsvpc', string])[] = [
  ['80', 'bridge', '0->80/tcp'],
  ['0:80', 'bridge', '0->80/tcp'],
  ['53:53/udp', 'bridge', '53->53/udp'],
  ['80', 'host', '80->80/tcp'],
  ['0:80', 'awsvpc', '80->80/tcp'],
  ['80:80', 'awsvpc', '80->80/tcp'],
  ['8080:80', 'awsvpc', 'cannot map one port to another'],
  ['8080:80', 'host', 'cannot map one port to another'],
  ['0', 'bridge', 'is not a port'],
  ['70000', 'bridge', 'is not a port'],
  ['a:80', 'bridge', 'a port looks like'],
  ['127.0.0.1:80:80', 'bridge', 'a port looks like'],
];
for (const [text, mode, expected] of ports) {
  test(`-p ${text} in ${mode} mode`, () => {
    try {
      const { hostPort, containerPort, protocol } = portMapping(text, mode);
      assert.equal(`${hostPort}->${containerPort}/${protocol}`, expected);
    } catch (error) {
      assert.ok(error instanceof CliError, String(error));
      assert.equal(error.exitCode, 2);
      assert.ok(error.message.includes(expected), error.message);
    }
  });
}

const wrong: readonly (readonly [string, Partial<RunFlags>, RegExp])[] = [
  ['no image name', { image: ':x' }, /not an image name/],
  ['a name with a space', { name: 'a b' }, /--name a b/],
  ['a launch type', { launchType: 'MOON' }, /--launch-type MOON: one of EC2, FARGATE/],
  ['a network mode', { networkMode: 'x' }, /--network-mode x/],
  ['Fargate in bridge mode', { launchType: 'FARGATE', networkMode: 'bridge' }, /address of their own/],
  ['cpu', { cpu: '-1' }, /--cpu -1/],
  ['memory', { memory: '5' }, /--memory 5/],
  ['count', { count: '0' }, /--count 0/],
  ['a variable without a name', { env: ['=x'] }, /NAME=VALUE/],
  ['a variable that is not there', { env: ['NOWHERE'] }, /no variable NOWHERE/],
];
for (const [name, given, message] of wrong) {
  test(`refused: ${name}`, () => assert.throws(() => planRun(flags(given), around), { name: 'CliError', message }));
}
