import type { ElasticloadbalancingOperations } from '@gantry/protocol';
import { FakeClock } from '@gantry/testkit/fake-clock.ts';
import { SeededIds } from '@gantry/testkit/seeded.ts';
import { aWorld, type World } from '../../../controllers/testing/world.ts';
import { callerOf, type Call } from '../../common/testing/caller.ts';
import { hostPorts } from '../host-port.ts';
import { elbHandlers } from '../index.ts';

export interface ElbWorld {
  readonly world: World;
  readonly clock: FakeClock;
  readonly call: Call<ElasticloadbalancingOperations>;
  readonly balancer: (name?: string, Type?: 'application' | 'network') => Promise<string>;
  readonly group: (
    name?: string,
    more?: Partial<ElasticloadbalancingOperations['CreateTargetGroup']['input']>,
  ) => Promise<string>;
  readonly listener: (LoadBalancerArn: string, TargetGroupArn: string, Port?: number) => Promise<string>;
}

/** The API on the real state. `busy`: ports of the host somebody else has. */
export async function anElb(busy: readonly number[] = []): Promise<ElbWorld> {
  const clock = new FakeClock();
  const world = await aWorld(clock, new SeededIds());
  const ports = hostPorts((port) => Promise.resolve(!busy.includes(port)));
  const call = callerOf<ElasticloadbalancingOperations>('elasticloadbalancing', elbHandlers(world.platform, ports));
  return {
    world,
    clock,
    call,
    balancer: async (Name = 'web', Type = 'application') => {
      const { LoadBalancers } = await call('CreateLoadBalancer', { Name, Type });
      return LoadBalancers?.[0]?.LoadBalancerArn ?? '';
    },
    group: async (Name = 'blue', more = {}) => {
      const input = { Name, Protocol: 'HTTP', Port: 80, TargetType: 'ip', ...more } as const;
      return (await call('CreateTargetGroup', input)).TargetGroups?.[0]?.TargetGroupArn ?? '';
    },
    listener: async (LoadBalancerArn, TargetGroupArn, Port = 80) => {
      const isApplication = LoadBalancerArn.includes('/app/');
      const { Listeners } = await call('CreateListener', {
        LoadBalancerArn,
        Port,
        Protocol: isApplication ? 'HTTP' : 'TCP',
        DefaultActions: [{ Type: 'forward', TargetGroupArn }],
      });
      return Listeners?.[0]?.ListenerArn ?? '';
    },
  };
}
