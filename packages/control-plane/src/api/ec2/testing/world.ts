import type { AccountId } from '@gantry/domain';
import type { Ec2Operations } from '@gantry/protocol';
import { FakeClock } from '@gantry/testkit/fake-clock.ts';
import { SeededIds } from '@gantry/testkit/seeded.ts';
import { SCOPE } from '../../../controllers/testing/builders.ts';
import { aWorld, type World } from '../../../controllers/testing/world.ts';
import { callerOf, type Call } from '../../common/testing/caller.ts';
import { ec2Handlers } from '../index.ts';

export interface Ec2World {
  readonly world: World;
  readonly ec2: Call<Ec2Operations>;
  /** The same as somebody of another account. */
  readonly stranger: Call<Ec2Operations>;
  readonly aGroup: (GroupName?: string, more?: { VpcId?: string }) => Promise<string>;
  readonly aVpc: (CidrBlock?: string) => Promise<string>;
}

/** The API on the real state. */
export async function anEc2(): Promise<Ec2World> {
  const world = await aWorld(new FakeClock(), new SeededIds());
  const handlers = ec2Handlers(world.platform);
  const ec2 = callerOf<Ec2Operations>('ec2', handlers);
  return {
    world,
    ec2,
    stranger: callerOf<Ec2Operations>('ec2', handlers, { ...SCOPE, account: '999999999999' as AccountId }),
    aGroup: async (GroupName = 'web', more = {}) =>
      (await ec2('CreateSecurityGroup', { GroupName, Description: 'd', ...more })).GroupId ?? '',
    aVpc: async (CidrBlock = '10.50.0.0/16') => (await ec2('CreateVpc', { CidrBlock })).Vpc?.VpcId ?? '',
  };
}
