import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { RegisterTaskDefinitionRequest, RunTaskRequest, Task } from '@aws-sdk/client-ecs';
import { ecsClient } from './ecs.ts';
import { startWorld, until, type World } from './world.ts';

const SUBNET = 'subnet-00000000000000001';
let world: World;
let ecs: ReturnType<typeof ecsClient>;

before(async () => {
  world = await startWorld();
  ecs = ecsClient(world);
});
after(async () => {
  await world?.down();
});

/** Runs a task to its end. A container that is not what it should be exits with the number of the line. */
async function toItsEnd(define: RegisterTaskDefinitionRequest, run: Partial<RunTaskRequest> = {}): Promise<Task> {
  await ecs.call('RegisterTaskDefinition', define);
  const { tasks, failures } = await ecs.call('RunTask', { taskDefinition: define.family, ...run });
  assert.deepEqual(failures, []);
  const arn = tasks?.[0]?.taskArn ?? '';
  return until(`${define.family} has stopped`, async () => {
    const [task] = (await ecs.call('DescribeTasks', { tasks: [arn] })).tasks ?? [];
    return task?.lastStatus === 'STOPPED' ? task : undefined;
  });
}

const checks = (...lines: string[]): string => lines.map((line, number) => `${line} || exit ${number + 1}`).join('\n');

test('members of a definition, as the container sees them', async () => {
  const task = await toItsEnd({
    family: 'members',
    networkMode: 'bridge',
    cpu: '256',
    memory: '256',
    volumes: [{ name: 'shared' }],
    containerDefinitions: [
      {
        name: 'first',
        image: 'gantry/hello',
        essential: false,
        command: ['echo there > /data/word'],
        entryPoint: ['/bin/sh', '-c'],
        mountPoints: [{ sourceVolume: 'shared', containerPath: '/data' }],
      },
      {
        name: 'main',
        image: 'gantry/hello',
        memory: 128,
        memoryReservation: 64,
        dependsOn: [{ containerName: 'first', condition: 'SUCCESS' }],
        entryPoint: ['/bin/sh', '-c'],
        command: [
          checks(
            'test "$(cat /data/word)" = there',
            '! touch /data/x 2>/dev/null',
            '! touch /x 2>/dev/null',
            'test "$(hostname)" = web',
            'test "$(id -u):$(id -g)" = 1000:1000',
            'test "$(pwd)" = /run',
            'grep -q "10.9.8.7.*db" /etc/hosts',
            'grep -q "nameserver 10.9.8.6" /etc/resolv.conf',
            'test "$(ulimit -n)" = 512',
            'grep -q "^tmpfs /run tmpfs.*noexec.*size=1024k" /proc/mounts',
            'test "$(cat /proc/sys/net/core/somaxconn)" = 321',
            'grep -q "^NoNewPrivs:.*1" /proc/self/status',
            'test "$A" = b',
          ),
        ],
        environment: [{ name: 'A', value: 'b' }],
        mountPoints: [{ sourceVolume: 'shared', containerPath: '/data', readOnly: true }],
        readonlyRootFilesystem: true,
        hostname: 'web',
        user: '1000:1000',
        workingDirectory: '/run',
        extraHosts: [{ hostname: 'db', ipAddress: '10.9.8.7' }],
        dnsServers: ['10.9.8.6'],
        dockerSecurityOptions: ['no-new-privileges'],
        ulimits: [{ name: 'nofile', softLimit: 512, hardLimit: 512 }],
        linuxParameters: {
          tmpfs: [{ containerPath: '/run', size: 1, mountOptions: ['noexec'] }],
          initProcessEnabled: true,
        },
        systemControls: [{ namespace: 'net.core.somaxconn', value: '321' }],
      },
    ],
  });
  const main = task.containers?.find(({ name }) => name === 'main');
  assert.equal(main?.exitCode, 0, `line ${main?.exitCode}: ${task.stoppedReason} ${main?.reason ?? ''}`);
});

test('links, the volumes of another, devices, capabilities, terminals, and no network', async () => {
  const image = 'gantry/hello';
  const entryPoint = ['/bin/sh', '-c'];
  const task = await toItsEnd({
    family: 'privileges',
    cpu: '256',
    memory: '256',
    volumes: [{ name: 'of-db', dockerVolumeConfiguration: { scope: 'task', driver: 'local' } }],
    containerDefinitions: [
      {
        name: 'db',
        image,
        essential: false,
        entryPoint,
        command: ['echo kept > /db/word; sleep 60'],
        mountPoints: [{ sourceVolume: 'of-db', containerPath: '/db' }],
        healthCheck: { command: ['CMD-SHELL', 'test -s /db/word'], interval: 5, timeout: 2 },
        stopTimeout: 1,
      },
      {
        name: 'alone',
        image,
        essential: false,
        entryPoint,
        command: [checks('test "$(ls /sys/class/net)" = lo')],
        disableNetworking: true,
      },
      {
        name: 'main',
        image,
        memory: 64,
        links: ['db:store'],
        volumesFrom: [{ sourceContainer: 'db', readOnly: true }],
        dependsOn: [
          { containerName: 'db', condition: 'HEALTHY' },
          { containerName: 'alone', condition: 'SUCCESS' },
        ],
        entryPoint,
        command: [
          checks(
            'grep -q store /etc/hosts',
            'test "$(cat /db/word)" = kept',
            '! touch /db/x 2>/dev/null',
            'test -c /dev/nought',
            'grep -q "^shm /dev/shm tmpfs.*size=32768k" /proc/mounts',
            'grep -q "^CapEff:.*0000000000080000$" /proc/self/status',
            'test -t 1',
          ),
        ],
        pseudoTerminal: true,
        interactive: true,
        dockerLabels: { tier: 'front' },
        linuxParameters: {
          capabilities: { add: ['SYS_PTRACE'], drop: ['ALL'] },
          devices: [{ hostPath: '/dev/zero', containerPath: '/dev/nought', permissions: ['read'] }],
          sharedMemorySize: 32,
          maxSwap: 0,
        },
      },
    ],
  });
  const main = task.containers?.find(({ name }) => name === 'main');
  assert.equal(main?.exitCode, 0, `line ${main?.exitCode}: ${task.stoppedReason} ${main?.reason ?? ''}`);
});

test('containers of an awsvpc task share the namespaces they are asked to share', async () => {
  const task = await toItsEnd(
    {
      family: 'namespaces',
      networkMode: 'awsvpc',
      pidMode: 'task',
      ipcMode: 'task',
      containerDefinitions: [
        {
          name: 'other',
          image: 'gantry/hello',
          memory: 32,
          essential: false,
          entryPoint: ['/bin/sh', '-c'],
          command: ['readlink /proc/self/ns/ipc > /dev/shm/ipc; sleep 31'],
        },
        {
          name: 'main',
          image: 'gantry/hello',
          memory: 32,
          dependsOn: [{ containerName: 'other', condition: 'START' }],
          systemControls: [
            { namespace: 'net.core.somaxconn', value: '321' },
            { namespace: 'kernel.msgmax', value: '4321' },
          ],
          entryPoint: ['/bin/sh', '-c'],
          command: [
            checks(
              'for n in 1 2 3 4 5 6 7 8 9; do test -s /dev/shm/ipc || sleep 1; done; test -s /dev/shm/ipc',
              'test "$(readlink /proc/self/ns/ipc)" = "$(cat /dev/shm/ipc)"',
              'test "$(cat /proc/sys/net/core/somaxconn)" = 321',
              'test "$(cat /proc/sys/kernel/msgmax)" = 4321',
              "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -q 'sleep 31'",
            ),
          ],
        },
      ],
    },
    { networkConfiguration: { awsvpcConfiguration: { subnets: [SUBNET] } } },
  );
  const main = task.containers?.find(({ name }) => name === 'main');
  assert.equal(main?.exitCode, 0, `line ${main?.exitCode}: ${task.stoppedReason} ${main?.reason ?? ''}`);
});

test('what a node can not run yet is registered, described, and refused by name', async () => {
  const fileSystemArn = 'arn:aws:s3files:us-east-1:000000000000:file-system/fs-1';
  const volumes = [{ name: 'data', s3filesVolumeConfiguration: { fileSystemArn } }];
  const containerDefinitions = [{ name: 'app', image: 'gantry/hello', memory: 32 }];
  const { taskDefinition } = await ecs.call('RegisterTaskDefinition', {
    family: 'later',
    taskRoleArn: 'arn:aws:iam::000000000000:role/files',
    volumes,
    containerDefinitions,
  });
  assert.deepEqual(taskDefinition?.volumes, [
    { name: 'data', s3filesVolumeConfiguration: { fileSystemArn, rootDirectory: '/' } },
  ]);
  await assert.rejects(
    ecs.call('RunTask', { taskDefinition: 'later' }),
    /S3 Files volumes .*volume 'data'.* is not supported/,
  );
});
