import { setTimeout as pause } from 'node:timers/promises';
import type { Service, ServiceDeployment } from '@aws-sdk/client-ecs';
import type { World } from './world.ts';

interface Made {
  readonly LoadBalancers: { LoadBalancerArn: string }[];
  readonly TargetGroups: { TargetGroupArn: string }[];
  readonly Listeners: { ListenerArn: string }[];
  readonly Rules: { RuleArn: string }[];
  readonly Attributes: { Value: string }[];
}

export interface ShopOptions {
  readonly networkMode: 'bridge' | 'awsvpc';
  readonly deploymentConfiguration?: object;
  readonly desiredCount?: number;
  readonly deregistrationDelaySeconds?: number;
}

/** A service behind a load balancer of its own; with a configuration that shifts traffic, between two groups. */
export interface Shop {
  readonly name: string;
  readonly group: string;
  /** Of the host, where the load balancer listens. */
  readonly port: number;
  describe(): Promise<Service>;
  /** The current service deployment. */
  deployment(): Promise<ServiceDeployment>;
  update(...words: string[]): Promise<unknown>;
  /** Resolves when its one deployment is complete. */
  stable(): Promise<void>;
}

/** Made with the AWS CLI alone. */
export async function openShop(world: World, name: string, options: ShopOptions): Promise<Shop> {
  const aws = <T = Made>(...words: string[]): Promise<T> => world.aws<T>(...words);
  const { networkMode, deploymentConfiguration, desiredCount = 2, deregistrationDelaySeconds = 5 } = options;
  const balancer = (await aws('elbv2', 'create-load-balancer', '--name', name)).LoadBalancers[0]?.LoadBalancerArn ?? '';
  const type = networkMode === 'awsvpc' ? 'ip' : 'instance';
  const { Vpcs } = await aws<{ Vpcs: { VpcId: string }[] }>('ec2', 'describe-vpcs');
  const group = async (called: string): Promise<string> => {
    const shape = ['--protocol', 'HTTP', '--port', '80', '--vpc-id', Vpcs[0]?.VpcId ?? '', '--target-type', type];
    const check = ['--health-check-interval-seconds', '5', '--health-check-timeout-seconds', '2'];
    const arn =
      (await aws('elbv2', 'create-target-group', '--name', called, ...shape, ...check)).TargetGroups[0]
        ?.TargetGroupArn ?? '';
    const delay = `Key=deregistration_delay.timeout_seconds,Value=${deregistrationDelaySeconds}`;
    await aws('elbv2', 'modify-target-group-attributes', '--target-group-arn', arn, '--attributes', delay);
    return arn;
  };
  const one = await group(name);
  const two = deploymentConfiguration === undefined ? undefined : await group(`${name}-2`);
  const forward = `Type=forward,TargetGroupArn=${one}`;
  const on = ['--load-balancer-arn', balancer, '--protocol', 'HTTP', '--port', '80'];
  const listener =
    (await aws('elbv2', 'create-listener', ...on, '--default-actions', forward)).Listeners[0]?.ListenerArn ?? '';
  const told = await aws('elbv2', 'describe-listener-attributes', '--listener-arn', listener);
  const containers = [{ name: 'web', image: 'gantry/hello', memory: 32, portMappings: [{ containerPort: 80 }] }];
  const family = ['--family', name, '--network-mode', networkMode];
  await aws('ecs', 'register-task-definition', ...family, '--container-definitions', JSON.stringify(containers));
  const behind: Record<string, unknown> = { targetGroupArn: one, containerName: 'web', containerPort: 80 };
  if (two !== undefined) {
    const conditions = ['--priority', '1', '--conditions', 'Field=path-pattern,Values=/*'];
    const rule = await aws('elbv2', 'create-rule', '--listener-arn', listener, ...conditions, '--actions', forward);
    behind['advancedConfiguration'] = {
      alternateTargetGroupArn: two,
      productionListenerRule: rule.Rules[0]?.RuleArn,
      roleArn: 'arn:aws:iam::000000000000:role/infrastructure',
    };
  }
  const network =
    networkMode === 'awsvpc'
      ? ['--network-configuration', 'awsvpcConfiguration={subnets=[subnet-00000000000000001]}']
      : [];
  const how =
    deploymentConfiguration === undefined
      ? []
      : ['--deployment-configuration', JSON.stringify(deploymentConfiguration)];
  const asked = ['--service-name', name, '--task-definition', name, '--desired-count', String(desiredCount)];
  await aws('ecs', 'create-service', ...asked, '--load-balancers', JSON.stringify([behind]), ...network, ...how);
  const shop: Shop = {
    name,
    group: one,
    port: Number(told.Attributes[0]?.Value),
    describe: async () => {
      const { services } = await aws<{ services: Service[] }>('ecs', 'describe-services', '--services', name);
      return services[0] as Service;
    },
    deployment: async () => {
      const { currentServiceDeployment: arn = '' } = await shop.describe();
      const found = await aws<{ serviceDeployments: ServiceDeployment[] }>(
        'ecs',
        'describe-service-deployments',
        '--service-deployment-arns',
        arn,
      );
      return found.serviceDeployments[0] as ServiceDeployment;
    },
    update: (...words) => aws('ecs', 'update-service', '--service', name, ...words),
    stable: async () => {
      const giveUpAt = Date.now() + 180_000;
      for (;;) {
        const service = await shop.describe();
        if (service.deployments?.length === 1 && service.deployments[0]?.rolloutState === 'COMPLETED') return;
        if (Date.now() > giveUpAt) throw new Error(JSON.stringify(service, null, 1));
        await pause(100);
      }
    },
  };
  await shop.stable();
  return shop;
}
