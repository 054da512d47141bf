import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PayloadTask } from '@gantry/protocol';
import { aContainer, aTask, eni } from '../testing/payloads.ts';
import { containerSpec, fixedPorts, InvalidVolume, type SpecOptions } from './container-spec.ts';
import type { TaskModel } from './model.ts';
import { containerName, taskVolumeName } from './naming.ts';
import { newModel, planOf } from './plan.ts';

const OPTIONS: SpecOptions = { owner: 'me', logFileMiB: 20, logFiles: 5 };

type Spec = Record<string, unknown> & { HostConfig: Record<string, unknown>; Labels: Record<string, string> };

function specOf(task: PayloadTask, over: Partial<TaskModel> = {}, options: SpecOptions = OPTIONS): Spec {
  const model = { ...newModel(planOf(task, { stopTimeoutS: 30 }), 0, 'RUNNING'), ...over };
  const [container] = task.containers;
  assert.ok(container !== undefined);
  return containerSpec(task, container, model, options) as Spec;
}

describe('the create body', () => {
  test('follows from the payload', () => {
    const spec = specOf(
      aTask(1, [
        aContainer('web', {
          command: ['serve'],
          entryPoint: ['/bin/app'],
          environment: { A: '1', B: 'x=y' },
          cpu: 256,
          memory: 128,
          portMappings: [
            { containerPort: 80, hostPort: 8080, protocol: 'tcp' },
            { containerPort: 81, hostPort: 0, protocol: 'udp' },
          ],
        }),
      ]),
    );
    assert.deepEqual(
      [spec['Image'], spec['Cmd'], spec['Entrypoint'], spec['Env']],
      ['app:1', ['serve'], ['/bin/app'], ['A=1', 'B=x=y']],
    );
    assert.deepEqual(spec['ExposedPorts'], { '80/tcp': {}, '81/udp': {} });
    assert.deepEqual(spec['Healthcheck'], { Test: ['NONE'] }, "an image's own check is not run");
    const { HostConfig } = spec;
    assert.equal(HostConfig['NetworkMode'], 'bridge');
    assert.equal(HostConfig['Memory'], 128 * 1024 * 1024);
    assert.equal(HostConfig['CpuShares'], 256);
    assert.deepEqual(HostConfig['PortBindings'], {
      '80/tcp': [{ HostIp: '0.0.0.0', HostPort: '8080' }],
      '81/udp': [{ HostIp: '0.0.0.0', HostPort: '' }],
    });
    assert.deepEqual(HostConfig['RestartPolicy'], {});
  });

  test('bears labels that nobody can overwrite', () => {
    const config = { Labels: { mine: 'yes', 'com.amazonaws.ecs.task-arn': 'forged', 'gantry.agent': 'forged' } };
    const task = aTask(1, [aContainer('web', { config })]);
    assert.deepEqual(specOf(task).Labels, {
      mine: 'yes',
      'com.amazonaws.ecs.task-arn': task.arn,
      'com.amazonaws.ecs.container-name': 'web',
      'com.amazonaws.ecs.task-definition-family': 'web',
      'com.amazonaws.ecs.task-definition-version': '1',
      'com.amazonaws.ecs.cluster': task.taskClusterArn,
      'gantry.agent': 'me',
    });
  });

  const resources: readonly (readonly [string, object, string, unknown])[] = [
    ['no memory limit', { memory: 0 }, 'Memory', 0],
    ['too little memory for the engine', { memory: 4 }, 'Memory', 6 * 1024 * 1024],
    ['no cpu', { cpu: 0 }, 'CpuShares', 2],
    ['too much cpu', { cpu: 1e6 }, 'CpuShares', 262_144],
    ['what was rendered wins', { memory: 64, hostConfig: { Memory: 1e9, Privileged: true } }, 'Memory', 1e9],
    ['but for the restart policy', { hostConfig: { RestartPolicy: { Name: 'always' } } }, 'RestartPolicy', {}],
    ['and for removing itself', { hostConfig: { AutoRemove: true } }, 'AutoRemove', false],
    [
      'another log driver passes',
      { hostConfig: { LogConfig: { Type: 'syslog', Config: {} } } },
      'LogConfig',
      { Type: 'syslog', Config: {} },
    ],
    ['links name containers', { links: ['db:database'] }, 'Links', [`${containerName(aTask(1, []), 'db')}:database`]],
  ];
  for (const [name, over, member, expected] of resources) {
    test(name, () => {
      const task = aTask(1, [aContainer('web', over), aContainer('db')]);
      assert.deepEqual(specOf(task).HostConfig[member], expected);
    });
  }

  test('the command of overrides wins', () => {
    assert.deepEqual(specOf(aTask(1, [aContainer('web', { command: ['a'], overrides: '{"command":["b"]}' })]))['Cmd'], [
      'b',
    ]);
  });

  test('a rendered health check is kept', () => {
    const Healthcheck = { Test: ['CMD', 'true'] };
    assert.deepEqual(specOf(aTask(1, [aContainer('web', { config: { Healthcheck } })]))['Healthcheck'], Healthcheck);
  });

  test('mounts: host paths, volumes of the task, shared ones', () => {
    const mount = (sourceVolume: string, readOnly = false) => ({
      sourceVolume,
      containerPath: `/${sourceVolume}`,
      readOnly,
    });
    const task = aTask(
      1,
      [aContainer('web', { mountPoints: [mount('etc', true), mount('scratch'), mount('shared')] })],
      {
        volumes: [
          { name: 'etc', host: { sourcePath: '/etc' } },
          { name: 'scratch', host: {} },
          { name: 'shared', dockerVolumeConfiguration: { scope: 'shared', autoprovision: true } },
        ],
      },
    );
    assert.deepEqual(specOf(task).HostConfig['Binds'], [
      '/etc:/etc:ro',
      `${taskVolumeName(task, 'scratch')}:/scratch`,
      'shared:/shared',
    ]);
    const missing = aTask(1, [aContainer('web', { mountPoints: [mount('nowhere')] })]);
    assert.throws(() => specOf(missing), InvalidVolume);
  });

  test('awsvpc: the namespace has the name, the DNS and the ports', () => {
    const hostConfig = { Dns: ['1.1.1.1'], ExtraHosts: ['a:1'], NetworkMode: 'awsvpc' };
    const web = aContainer('web', {
      hostConfig,
      config: { Hostname: 'h' },
      portMappings: [{ containerPort: 80, hostPort: 80, protocol: 'tcp' }],
    });
    const task = aTask(1, [web], {
      networkMode: 'awsvpc',
      elasticNetworkInterfaces: [eni()],
      pidMode: 'task',
      ipcMode: 'host',
    });
    const spec = specOf(task, { pauseContainerId: 'pause', cgroupParent: '/ecs/x' });
    assert.equal(spec.HostConfig['NetworkMode'], 'container:pause');
    assert.equal(spec.HostConfig['CgroupParent'], '/ecs/x');
    assert.equal(spec.HostConfig['PidMode'], 'container:pause');
    assert.equal(spec.HostConfig['IpcMode'], 'host');
    for (const gone of ['Hostname', 'ExposedPorts']) assert.equal(gone in spec, false, gone);
    for (const gone of ['Dns', 'ExtraHosts', 'PortBindings', 'Links'])
      assert.equal(gone in spec.HostConfig, false, gone);
    assert.deepEqual(fixedPorts(task, web), []);
  });

  test('an engine that cannot raise limits gets no more than it has', () => {
    const Ulimits = [
      { Name: 'nofile', Soft: 65_535, Hard: 65_535 },
      { Name: 'core', Soft: 1, Hard: 2 },
    ];
    const task = aTask(1, [aContainer('web', { hostConfig: { Ulimits } })]);
    assert.deepEqual(specOf(task).HostConfig['Ulimits'], Ulimits);
    assert.deepEqual(specOf(task, {}, { ...OPTIONS, mostOpenFiles: 1000 }).HostConfig['Ulimits'], [
      { Name: 'nofile', Soft: 1000, Hard: 1000 },
      { Name: 'core', Soft: 1, Hard: 2 },
    ]);
  });

  test('the runtime and the number of processes are the instance’s', () => {
    const task = aTask(1, [aContainer('web')]);
    const plain = specOf(task).HostConfig;
    assert.deepEqual([plain['Runtime'], plain['PidsLimit']], [undefined, undefined]);
    const taskRuntime = { class: 'runsc', runtime: 'gantry-runsc' } as const;
    const given = specOf(task, {}, { ...OPTIONS, taskRuntime, mostProcesses: 4096 }).HostConfig;
    assert.deepEqual([given['Runtime'], given['PidsLimit']], ['gantry-runsc', 4096]);
  });

  test('what a Fargate task without a log driver writes has bounds; elsewhere the engine’s settings hold', () => {
    const logsOf = (launchType: 'EC2' | 'FARGATE'): unknown =>
      specOf(aTask(1, [aContainer('web')], { launchType })).HostConfig['LogConfig'];
    assert.deepEqual(logsOf('FARGATE'), { Type: 'json-file', Config: { 'max-size': '20m', 'max-file': '5' } });
    assert.equal(logsOf('EC2'), undefined);
  });
});

test('names: as the stock agent makes them, the same again for the same task', () => {
  const task = aTask(1, [], { family: 'my_app.x', version: '12' });
  assert.match(containerName(task, 'we_b'), /^ecs-myappx-12-web-[0-9a-f]{20}$/);
  assert.equal(containerName(task, 'web'), containerName({ ...task, containers: [] }, 'web'));
  assert.notEqual(containerName(task, 'web'), containerName(aTask(2, []), 'web'));
});
