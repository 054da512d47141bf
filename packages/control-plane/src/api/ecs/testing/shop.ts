import assert from 'node:assert/strict';
import {
  isLive,
  type Listener,
  type ListenerAction,
  type ListenerRule,
  type Task,
  type TargetGroup,
} from '@gantry/domain';
import type { DeploymentConfiguration as WireConfiguration } from '@aws-sdk/client-ecs';
import { SCOPE } from '../../../controllers/testing/builders.ts';
import { putTask } from '../../../controllers/testing/world.ts';
import { taskKey } from '../../../state/keys.ts';
import { aRollout, RUNNING, type RolloutWorld } from './rollout.ts';

export const group = (name: string): string =>
  `arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/${name}/1`;
export const RULE = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:listener-rule/app/lb/1/2/3';
export const TEST_RULE = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:listener-rule/app/lb/1/2/4';
const LISTENER = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/lb/1/2';
const ROLE = 'arn:aws:iam::123456789012:role/infrastructure';
export const pair = {
  targetGroupArn: group('one'),
  containerName: 'app',
  containerPort: 80,
  advancedConfiguration: { alternateTargetGroupArn: group('two'), productionListenerRule: RULE, roleArn: ROLE },
};

/** The API with a load balancer of two groups, and a service behind it whose first deployment is complete. */
export async function aShop(deploymentConfiguration: WireConfiguration, test?: string): Promise<RolloutWorld> {
  const world = await aRollout();
  const forward = (arn: string): ListenerAction => ({
    type: 'forward',
    targetGroups: [{ targetGroupArn: arn, weight: 1 }],
  });
  await world.run((tx) => {
    const place = '123456789012/us-east-1/';
    for (const name of ['one', 'two'])
      tx.put(tx.tables.targetGroups, `${place}targetgroup/${name}/1`, {
        scope: SCOPE,
        name,
        arn: group(name),
        targetType: 'instance',
        protocol: 'HTTP',
        attributes: {},
      } as unknown as TargetGroup);
    for (const [arn, to] of [
      [RULE, 'one'],
      [TEST_RULE, 'one'],
    ] as const)
      tx.put(tx.tables.listenerRules, `${place}${arn.slice(arn.indexOf('listener-rule'))}`, {
        scope: SCOPE,
        arn,
        listenerArn: LISTENER,
        action: forward(group(to)),
      } as unknown as ListenerRule);
    tx.put(tx.tables.listeners, `${place}listener/app/lb/1/2`, {
      scope: SCOPE,
      arn: LISTENER,
      loadBalancerArn: 'lb',
      protocol: 'HTTP',
      defaultAction: forward(group('two')),
    } as unknown as Listener);
  });
  const containerDefinitions = [{ name: 'app', image: 'x', memory: 64, portMappings: [{ containerPort: 80 }] }];
  for (const _ of [1, 2]) await world.ecs.RegisterTaskDefinition({ family: 'shop', containerDefinitions });
  const advancedConfiguration = {
    ...pair.advancedConfiguration,
    ...(test === undefined ? {} : { testListenerRule: test }),
  };
  await world.ecs.CreateService({
    serviceName: 'shop',
    taskDefinition: 'shop:1',
    desiredCount: 2,
    deploymentConfiguration,
    loadBalancers: [{ ...pair, advancedConfiguration }],
  });
  await world.settle();
  await healthy(world);
  return world;
}

/** What agents report, and what the load balancer finds of what runs; `which` tasks it finds healthy. */
export async function healthy(world: RolloutWorld, which: (task: Task) => boolean = () => true): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    await world.report(RUNNING, (task) => isLive(task) && task.lastStatus === 'PENDING');
    await world.run((tx) => {
      for (const task of world.tasks().filter((one) => one.lastStatus === 'RUNNING' && which(one)))
        if (task.targetHealth !== 'healthy')
          putTask(tx, { ...(tx.tables.tasks.get(taskKey(task)) as Task), targetHealth: 'healthy' });
    });
    await world.settle();
    await world.report({ status: 'STOPPED', containers: [] }, (task) => !isLive(task));
  }
}

export async function turn(world: RolloutWorld, ms: number): Promise<void> {
  world.turn(ms);
  await world.settle();
}

export const traffic = (world: RolloutWorld, arn = RULE): string => {
  const key = `123456789012/us-east-1/${arn.slice(arn.indexOf('listener-rule'))}`;
  const action = world.state.tables.listenerRules.get(key)?.action;
  const groups = action?.type === 'forward' ? action.targetGroups : [];
  return groups.map(({ targetGroupArn, weight }) => `${targetGroupArn.split('/')[1]} ${weight}`).join(', ');
};
export const running = (world: RolloutWorld): string[] =>
  world
    .tasks()
    .map((task) => `${task.revision} in ${task.loadBalancers?.[0]?.targetGroupArn.split('/')[1]}`)
    .toSorted();
export const deployment = async (world: RolloutWorld) => {
  const { services } = await world.ecs.DescribeServices({ services: ['shop'] });
  const arn = services?.[0]?.currentServiceDeployment ?? '';
  const { serviceDeployments } = await world.ecs.DescribeServiceDeployments({ serviceDeploymentArns: [arn] });
  assert.ok(serviceDeployments?.[0]);
  return serviceDeployments[0];
};
export const deploy = async (world: RolloutWorld, taskDefinition: string): Promise<void> => {
  await world.ecs.UpdateService({ service: 'shop', taskDefinition });
  await world.settle();
};
