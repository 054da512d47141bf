import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CLOUD, EXTERNAL } from './attributes.ts';
import { StockAgent } from './stock-agent.ts';
import { World } from './world.ts';

let world: World;
let agent: StockAgent;
let inTheCloud: StockAgent;
let web: string;
before(async () => {
  world = await World.open();
  agent = await StockAgent.join(world, { attributes: EXTERNAL });
  inTheCloud = await StockAgent.join(world);
  await world.settle();
  web = await world.define('web');
});
after(() => world.end());

test('1.2 external mode: tasks of the launch type EXTERNAL run on it, and say so', async () => {
  const [arn = ''] = await world.start(agent, web);
  const { message } = await agent.acs.next('PayloadMessage');
  const [task] = message.tasks;
  assert.equal(task?.arn, arn);
  assert.equal(task?.launchType, 'EXTERNAL');
  assert.equal(task?.containers[0]?.environment['AWS_EXECUTION_ENV'], 'AWS_ECS_EXTERNAL');
  await agent.report(arn, 'RUNNING', {
    containers: [{ containerName: 'web', networkBindings: [], status: 'RUNNING' }],
  });
  const { tasks = [] } = await world.ecs.call('DescribeTasks', { tasks: [arn] });
  assert.deepEqual([tasks[0]?.lastStatus, tasks[0]?.launchType], ['RUNNING', 'EXTERNAL']);
});

test('1.2 external mode: StartTask names the machine, and the machine says what kind of task it is', async () => {
  for (const [machine, launchType] of [
    [agent, 'EXTERNAL'],
    [inTheCloud, 'EC2'],
  ] as const) {
    const input = { taskDefinition: web, containerInstances: [machine.arn] };
    const { tasks = [], failures } = await world.ecs.call('StartTask', input);
    assert.deepEqual(failures, []);
    assert.equal(tasks[0]?.launchType, launchType);
    await machine.acs.next('PayloadMessage');
  }
});

test('1.2 external mode: EC2 tasks stay away from it, EXTERNAL ones from the others', async () => {
  const ec2 = await world.ecs.call('RunTask', { taskDefinition: web, launchType: 'EC2', count: 3 });
  assert.deepEqual(new Set(ec2.tasks?.map((task) => task.containerInstanceArn)), new Set([inTheCloud.arn]));
  const external = await world.ecs.call('RunTask', { taskDefinition: web, launchType: 'EXTERNAL', count: 3 });
  assert.deepEqual(new Set(external.tasks?.map((task) => task.containerInstanceArn)), new Set([agent.arn]));
});

test('1.2 external mode: a service of the launch type EXTERNAL', async () => {
  const { service } = await world.ecs.call('CreateService', {
    serviceName: 'anywhere',
    taskDefinition: web,
    desiredCount: 2,
    launchType: 'EXTERNAL',
  });
  assert.equal(service?.launchType, 'EXTERNAL');
  await world.pass(5_000);
  const { taskArns = [] } = await world.ecs.call('ListTasks', { serviceName: 'anywhere' });
  const { tasks = [] } = await world.ecs.call('DescribeTasks', { tasks: [...taskArns] });
  assert.deepEqual(
    tasks.map((task) => [task.launchType, task.containerInstanceArn]),
    [
      ['EXTERNAL', agent.arn],
      ['EXTERNAL', agent.arn],
    ],
  );
});

test('10.11 external mode: what it cannot give is refused before it is sent: awsvpc, EFS', async () => {
  const containerDefinitions = [{ name: 'a', image: 'b', memory: 8 }];
  const awsvpc = await world.define('awsvpc', { networkMode: 'awsvpc', containerDefinitions });
  const configured = { awsvpcConfiguration: { subnets: ['subnet-1'] } };
  await assert.rejects(
    world.ecs.call('RunTask', { taskDefinition: awsvpc, launchType: 'EXTERNAL', networkConfiguration: configured }),
    /does not support launch_type EXTERNAL/,
  );
  const input = { taskDefinition: awsvpc, containerInstances: [agent.arn], networkConfiguration: configured };
  await assert.rejects(world.ecs.call('StartTask', input), /does not support launch_type EXTERNAL/);
  await assert.rejects(
    world.ecs.call('RunTask', { taskDefinition: web, launchType: 'EXTERNAL', platformVersion: 'LATEST' }),
    /platform version must be null when specifying an EXTERNAL launch type/,
  );
});

test('10.11 a task that needs what the agent does not offer is not placed on it, by name', async () => {
  const containerDefinitions = [{ name: 'a', image: 'b', memory: 8 }];
  const awsvpc = await world.define('eni', { networkMode: 'awsvpc', containerDefinitions });
  const networkConfiguration = { awsvpcConfiguration: { subnets: ['subnet-1'] } };
  const { failures = [], tasks } = await world.ecs.call('RunTask', { taskDefinition: awsvpc, networkConfiguration });
  assert.deepEqual(tasks, []);
  assert.equal(failures[0]?.reason, 'ATTRIBUTE');
  assert.match(failures[0]?.detail ?? '', /ecs\.capability\.task-eni/);
});

test('10.11 ECS_ENABLE_TASK_ENI: it would wait for a network card that never comes, so no awsvpc task is placed on it', async () => {
  const eager = await StockAgent.join(world, { attributes: [...CLOUD, { name: 'ecs.capability.task-eni' }] });
  await world.settle();
  const containerDefinitions = [{ name: 'a', image: 'b', memory: 8 }];
  const taskDefinition = await world.define('card', { networkMode: 'awsvpc', containerDefinitions });
  const networkConfiguration = { awsvpcConfiguration: { subnets: ['subnet-1'] } };
  const input = { taskDefinition, networkConfiguration, containerInstances: [eager.arn] };
  const { failures = [] } = await world.ecs.call('StartTask', input);
  assert.equal(failures[0]?.reason, 'RESOURCE:ENI');
});
