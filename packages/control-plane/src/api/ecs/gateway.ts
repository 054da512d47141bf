import { NAME_PATTERN, parseArn } from '@gantry/domain';
import { invalidParameter, ServiceError } from '@gantry/protocol';
import type { Platform } from '../../platform.ts';
import { emptyPage, notYet } from './awaited.ts';
import { activeCluster } from './common/clusters.ts';
import type { EcsHandlers } from './common/handler.ts';
import { checkClientToken, checkName } from './common/names.ts';
import { checkTags } from './common/tags.ts';
import { checkRole } from './task-definition/roles.ts';

type Operations =
  | 'CreateGateway'
  | 'UpdateGateway'
  | 'DeleteGateway'
  | 'DescribeGateway'
  | 'DescribeGatewayResources'
  | 'ListGateways'
  | 'AssociateGatewayWithCluster'
  | 'DisassociateGatewayFromCluster'
  | 'ListGatewayClusterAssociations'
  | 'DescribeGatewayRoute'
  | 'ListGatewayRoutes';

/** Gateways, their associations with clusters and their routes: there are none, and none can be made yet. */
export function gatewayHandlers({ state }: Platform): Pick<EcsHandlers, Operations> {
  const { tables } = state;
  return {
    CreateGateway: async (input) => {
      checkName('Gateway name', input.name ?? '');
      checkClientToken(input.clientToken, 36);
      checkRole(input.infrastructureRoleArn);
      checkTags(input.tags);
      throw notYet('CreateGateway');
    },
    UpdateGateway: async (input) => notFound(input.gateway),
    DeleteGateway: async (input) => notFound(input.gateway),
    DescribeGateway: async (input) => notFound(input.gateway),
    DescribeGatewayResources: async (input) => {
      emptyPage(input);
      return notFound(input.gateway);
    },
    ListGateways: async (input) => ({ gateways: [], ...emptyPage(input) }),
    AssociateGatewayWithCluster: async (input, { scope }) => {
      activeCluster(tables, scope, input.cluster);
      return notFound(input.gateway);
    },
    DisassociateGatewayFromCluster: async (input, { scope }) => {
      activeCluster(tables, scope, input.cluster);
      return notFound(input.gateway);
    },
    ListGatewayClusterAssociations: async (input) => {
      if (input.gateway !== undefined) checkGateway(input.gateway);
      return { gatewayClusterAssociations: [], ...emptyPage(input) };
    },
    DescribeGatewayRoute: async (input) => {
      if (!parseArn(input.gatewayRouteArn ?? '')?.resource.startsWith('gateway-route/')) {
        throw invalidParameter(`Invalid identifier '${short(input.gatewayRouteArn)}'. Give the full ARN of a route.`);
      }
      throw new ServiceError('ResourceNotFoundException', 'Gateway route not found.');
    },
    ListGatewayRoutes: async (input) => {
      if (input.gateway !== undefined) return notFound(input.gateway);
      return { gatewayRoutes: [], ...emptyPage(input) };
    },
  };
}

function notFound(reference: string | undefined): never {
  checkGateway(reference);
  throw new ServiceError('GatewayNotFoundException', 'Gateway not found.');
}

/** A gateway's name or ARN. */
function checkGateway(reference: string | undefined): void {
  const text = reference ?? '';
  if (NAME_PATTERN.test(text) || parseArn(text)?.resource.startsWith('gateway/')) return;
  throw invalidParameter(`Invalid identifier '${short(text)}'. Give the gateway's short name or its full ARN.`);
}

function short(text: string | undefined): string {
  return (text ?? '').slice(0, 128);
}
