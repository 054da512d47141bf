import { SERVICES, ServiceError, type EcsOperations } from '@gantry/protocol';
import { HUNDRED, pageOfList, type PageLimits, type PageRequest } from './common/paging.ts';

const ROLLOUTS = 'the deployment controllers CODE_DEPLOY and EXTERNAL';
const CAPACITY = 'Auto Scaling groups and Managed Instances';
const DAEMONS = 'Managed Instances';
const EXPRESS = 'load balancers and service auto scaling';
const GATEWAYS = 'load balancers';

/**
 * Operations that check what they are given and answer as ECS does where nothing of theirs exists, and can bring none of
 * it about: what they wait for. docs/operations.md shows it.
 */
export const AWAITED = {
  CreateCapacityProvider: CAPACITY,
  UpdateCapacityProvider: CAPACITY,
  DeleteCapacityProvider: CAPACITY,
  CreateTaskSet: ROLLOUTS,
  UpdateTaskSet: ROLLOUTS,
  DeleteTaskSet: ROLLOUTS,
  DescribeTaskSets: ROLLOUTS,
  UpdateServicePrimaryTaskSet: ROLLOUTS,
  ListServicesByNamespace: 'namespaces of AWS Cloud Map',
  RegisterDaemonTaskDefinition: DAEMONS,
  DescribeDaemonTaskDefinition: DAEMONS,
  DeleteDaemonTaskDefinition: DAEMONS,
  ListDaemonTaskDefinitions: DAEMONS,
  CreateDaemon: DAEMONS,
  UpdateDaemon: DAEMONS,
  DeleteDaemon: DAEMONS,
  DescribeDaemon: DAEMONS,
  ListDaemons: DAEMONS,
  DescribeDaemonDeployments: DAEMONS,
  ListDaemonDeployments: DAEMONS,
  DescribeDaemonRevisions: DAEMONS,
  CreateExpressGatewayService: EXPRESS,
  UpdateExpressGatewayService: EXPRESS,
  DeleteExpressGatewayService: EXPRESS,
  DescribeExpressGatewayService: EXPRESS,
  CreateGateway: GATEWAYS,
  UpdateGateway: GATEWAYS,
  DeleteGateway: GATEWAYS,
  DescribeGateway: GATEWAYS,
  DescribeGatewayResources: GATEWAYS,
  ListGateways: GATEWAYS,
  AssociateGatewayWithCluster: GATEWAYS,
  DisassociateGatewayFromCluster: GATEWAYS,
  ListGatewayClusterAssociations: GATEWAYS,
  DescribeGatewayRoute: GATEWAYS,
  ListGatewayRoutes: GATEWAYS,
} as const satisfies Readonly<Partial<Record<keyof EcsOperations, string>>>;

/** The refusal of a request that is well formed: in the operation's own list of errors where that has one for it. */
export function notYet(operation: keyof typeof AWAITED): ServiceError {
  const modelled = SERVICES.ecs.operation(operation)?.errors ?? [];
  const code = modelled.includes('UnsupportedFeatureException') ? 'UnsupportedFeatureException' : 'ClientException';
  return new ServiceError(
    code,
    `${operation} needs ${AWAITED[operation]}, which this version of Gantry does not have yet. See docs/operations.md.`,
  );
}

/** A page of a list of what there is none of. Throws InvalidParameterException for a bad token or page size. */
export function emptyPage(request: PageRequest, limits: PageLimits = HUNDRED): { readonly nextToken: undefined } {
  pageOfList([], request, limits, () => '');
  return { nextToken: undefined };
}
