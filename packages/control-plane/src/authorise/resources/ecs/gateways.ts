import type { EcsOperations } from '@gantry/protocol';
import { any, type Demand, type Place, type RulesOf } from '../../demand.ts';
import { passRoles } from '../pass-role.ts';
import { canonical, clusterOf, namedOf } from './arns.ts';
import { on } from './clusters.ts';
import { tagging } from './created.ts';

type Operations = Extract<keyof EcsOperations, `${string}Gateway${string}`>;
type Gateways = Exclude<Operations, `${string}ExpressGateway${string}`>;

interface OfGateway {
  readonly gateway?: string | undefined;
  readonly cluster?: string | undefined;
}

const theGateway = ({ gateway }: OfGateway, at: Place): Demand => on(at, namedOf(at, 'gateway', gateway));

const inBoth = (input: OfGateway, at: Place): readonly Demand[] => [
  theGateway(input, at),
  on(at, clusterOf(at, input.cluster)),
];

/** Gateways: newer than what IAM says of its actions, so these are our own reading. */
export const gatewayRules: RulesOf<Pick<EcsOperations, Gateways>> = {
  AssociateGatewayWithCluster: inBoth,
  DisassociateGatewayFromCluster: inBoth,
  CreateGateway: (input, at) => {
    const arn = namedOf(at, 'gateway', input.name);
    return [
      on(at, arn, { requestTags: input.tags }),
      ...tagging(at, 'CreateGateway', arn, input.tags),
      ...passRoles(at, arn, [{ role: input.infrastructureRoleArn, to: 'ecs.amazonaws.com' }]),
    ];
  },
  UpdateGateway: (input, at) => {
    const changed = theGateway(input, at);
    const role = { role: input.infrastructureRoleArn, to: 'ecs.amazonaws.com' };
    return [changed, ...passRoles(at, changed.resource, [role])];
  },
  DeleteGateway: theGateway,
  DescribeGateway: theGateway,
  DescribeGatewayResources: theGateway,
  DescribeGatewayRoute: ({ gatewayRouteArn }, at) =>
    on(at, gatewayRouteArn?.startsWith('arn:') === true ? canonical(at, gatewayRouteArn) : '*'),
  ListGatewayClusterAssociations: theGateway,
  ListGatewayRoutes: theGateway,
  ListGateways: any,
};
