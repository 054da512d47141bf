import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DockerEngine } from '@gantry/agent/engine/docker.ts';
import { ensureBuiltInImages } from '@gantry/agent/images/ensure.ts';
import { ecsClient } from './ecs.ts';
import { command, has, startWorld, until, type World } from './world.ts';

const SUBNET = 'subnet-00000000000000001';
const NAMESPACE = 'gantry-e2e-firelens';
/** In the place of Fluent Bit: says what comes, by the socket the engine writes to and by the port that containers find. */
const ROUTER = `
const { createServer } = require('node:net');
const { readFileSync } = require('node:fs');
console.log(readFileSync('/fluent-bit/etc/fluent-bit.conf', 'utf8').replace(/\\s+/g, ' '));
const say = (how) => (socket) => socket.on('data', (data) => console.log(how, data.toString('latin1').replace(/[^ -~]+/g, ' ')));
createServer(say('socket')).listen('/var/run/fluent.sock');
createServer(say('port')).listen(24224, '127.0.0.1');
process.on('SIGTERM', () => setTimeout(() => process.exit(0), 300));
`;
const APP = `echo "from stdout $FLUENT_HOST:$FLUENT_PORT"; for n in 1 2 3 4 5 6 7 8 9; do echo from-port | nc -w 1 $FLUENT_HOST $FLUENT_PORT && break; sleep 1; done; sleep 600`;
const skip = has('aws') ? false : 'SKIPPED: the AWS CLI is not on this machine';
let world: World;

before(async () => {
  if (skip !== false) return console.error(skip);
  const engine = new DockerEngine();
  await ensureBuiltInImages(engine, { busyboxPaths: [], namespace: NAMESPACE });
  await engine.close();
  world = await startWorld();
});
after(async () => {
  await world?.down();
  await command('docker', ['image', 'rm', '-f', `${NAMESPACE}/hello:latest`, `${NAMESPACE}/pause:1`]);
});

test('a FARGATE task routes its own output', { skip }, async () => {
  const ecs = ecsClient(world);
  const logConfiguration = {
    logDriver: 'awslogs' as const,
    options: {
      'awslogs-group': '/router',
      'awslogs-region': 'us-east-1',
      'awslogs-stream-prefix': 'r',
      'awslogs-create-group': 'true',
    },
  };
  await ecs.call('RegisterTaskDefinition', {
    family: 'routed',
    requiresCompatibilities: ['FARGATE'],
    networkMode: 'awsvpc',
    cpu: '256',
    memory: '512',
    containerDefinitions: [
      {
        name: 'app',
        image: 'gantry/hello',
        entryPoint: ['/bin/sh', '-c'],
        command: [APP],
        logConfiguration: { logDriver: 'awsfirelens', options: { Name: 'stdout' } },
      },
      {
        name: 'router',
        image: `${NAMESPACE}/hello`,
        entryPoint: ['/bin/node'],
        command: ['-e', ROUTER],
        firelensConfiguration: { type: 'fluentbit' },
        logConfiguration,
      },
    ],
  });
  const { tasks, failures } = await ecs.call('RunTask', {
    taskDefinition: 'routed',
    launchType: 'FARGATE',
    networkConfiguration: { awsvpcConfiguration: { subnets: [SUBNET] } },
  });
  assert.deepEqual(failures, []);
  const taskArn = tasks?.[0]?.taskArn ?? '';
  const id = taskArn.slice(-32);
  const text = await until('what the router got', async () => {
    const query = ['logs', 'filter-log-events', '--log-group-name', '/router'];
    const { events } = await world.aws<{ events: { message: string }[] }>(...query).catch(() => ({ events: [] }));
    const all = events.map(({ message }) => message).join('\n');
    return all.includes('from-port') && all.includes('from stdout') ? all : undefined;
  });
  assert.match(text, new RegExp(`^socket .*app-firelens-${id}.*from stdout 127\\.0\\.0\\.1:24224`, 'm'));
  assert.match(text, /^port .*from-port/m);
  assert.match(
    text,
    new RegExp(`Record ecs_cluster default Record ecs_task_arn ${taskArn} Record ecs_task_definition routed:1`),
  );
  assert.match(text, /\[OUTPUT\] Name stdout Match app-firelens\*/);
  assert.match(await world.gantry('logs', id), /from-port/);
  await ecs.call('StopTask', { task: taskArn });
});
