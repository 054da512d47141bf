import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startLoad } from './load.ts';
import { has, startWorld, type World } from './world.ts';

const skip = has('aws') && existsSync('/usr/sbin/haproxy') ? false : 'the AWS CLI or haproxy is not installed';

interface Made {
  readonly LoadBalancers: { LoadBalancerArn: string }[];
  readonly TargetGroups: { TargetGroupArn: string }[];
  readonly Listeners: { ListenerArn: string }[];
  readonly Attributes: { Value: string }[];
  readonly services: {
    runningCount: number;
    events: { message: string }[];
    deployments: { rolloutState: string }[];
    loadBalancers: object[];
  }[];
  readonly taskArns: string[];
  readonly TargetHealthDescriptions: { TargetHealth: { State: string } }[];
}

describe('services behind load balancers', { skip }, () => {
  let world: World;
  const aws = (...words: string[]): Promise<Made> => world.aws<Made>(...words);

  before(async () => {
    world = await startWorld('--healthy-after', '1s');
  });
  after(() => world.down());

  /** A service of its own load balancer. @returns its group and the port of the host */
  async function serve(name: string, networkMode: 'bridge' | 'awsvpc'): Promise<{ group: string; port: number }> {
    const balancer =
      (await aws('elbv2', 'create-load-balancer', '--name', name)).LoadBalancers[0]?.LoadBalancerArn ?? '';
    const type = networkMode === 'awsvpc' ? 'ip' : 'instance';
    const shape = ['--protocol', 'HTTP', '--port', '80', '--vpc-id', 'vpc-1', '--target-type', type];
    const check = ['--health-check-interval-seconds', '5', '--health-check-timeout-seconds', '2'];
    const made = await aws('elbv2', 'create-target-group', '--name', name, ...shape, ...check);
    const group = made.TargetGroups[0]?.TargetGroupArn ?? '';
    const delay = 'Key=deregistration_delay.timeout_seconds,Value=5';
    await aws('elbv2', 'modify-target-group-attributes', '--target-group-arn', group, '--attributes', delay);
    const forward = ['--default-actions', `Type=forward,TargetGroupArn=${group}`];
    const on = ['--load-balancer-arn', balancer, '--protocol', 'HTTP', '--port', '80'];
    const listener = (await aws('elbv2', 'create-listener', ...on, ...forward)).Listeners[0]?.ListenerArn ?? '';
    const told = await aws('elbv2', 'describe-listener-attributes', '--listener-arn', listener);
    const containers = [{ name: 'web', image: 'gantry/hello', memory: 32, portMappings: [{ containerPort: 80 }] }];
    const family = ['--family', name, '--network-mode', networkMode];
    await aws('ecs', 'register-task-definition', ...family, '--container-definitions', JSON.stringify(containers));
    const behind = ['--load-balancers', `targetGroupArn=${group},containerName=web,containerPort=80`];
    const network =
      networkMode === 'awsvpc'
        ? ['--network-configuration', 'awsvpcConfiguration={subnets=[subnet-00000000000000001]}']
        : [];
    const asked = ['--service-name', name, '--task-definition', name, '--desired-count', '2'];
    await aws('ecs', 'create-service', ...asked, ...behind, ...network);
    await stable(name);
    return { group, port: Number(told.Attributes[0]?.Value) };
  }

  const described = async (name: string) => (await aws('ecs', 'describe-services', '--services', name)).services[0];

  async function stable(name: string): Promise<void> {
    const giveUpAt = Date.now() + 90_000;
    for (;;) {
      const service = await described(name);
      if (service?.deployments.length === 1 && service.deployments[0]?.rolloutState === 'COMPLETED') return;
      if (Date.now() > giveUpAt) throw new Error(JSON.stringify(service, null, 1));
      await pause(100);
    }
  }

  for (const mode of ['bridge', 'awsvpc'] as const)
    test(`${mode}: deployments and scaling fail no request`, async () => {
      const { group, port } = await serve(mode, mode);
      const { TargetHealthDescriptions } = await aws('elbv2', 'describe-target-health', '--target-group-arn', group);
      assert.deepEqual(
        TargetHealthDescriptions.map(({ TargetHealth }) => TargetHealth.State),
        ['healthy', 'healthy'],
      );
      const load = startLoad(port, 4);
      for (let round = 0; round < 2; round += 1) {
        await aws('ecs', 'update-service', '--service', mode, '--force-new-deployment');
        await stable(mode);
      }
      for (const count of ['4', '1', '2'])
        await aws('ecs', 'update-service', '--service', mode, '--desired-count', count);
      await stable(mode);
      await load.stop();
      const { done, failed } = load.told();
      assert.deepEqual(failed, []);
      assert.ok(done > 50, `${done} requests`);
      const said = (await described(mode))?.events.map(({ message }) => message).join('\n') ?? '';
      assert.match(said, /registered 1 targets in \(target-group arn:/);
      assert.match(said, /deregistered \d targets in \(target-group arn:/);
      assert.match(said, /has begun draining connections on \d tasks\./);
    });
});
