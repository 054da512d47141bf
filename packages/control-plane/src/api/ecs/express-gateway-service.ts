import { clusterArn, parseArn, type Scope } from '@gantry/domain';
import { invalidParameter, ServiceError } from '@gantry/protocol';
import type { CreateExpressGatewayServiceRequest, UpdateExpressGatewayServiceRequest } from '@aws-sdk/client-ecs';
import type { Platform } from '../../platform.ts';
import type { Tables } from '../../state/tables.ts';
import { notYet } from './awaited.ts';
import { activeCluster } from './common/clusters.ts';
import type { EcsHandlers } from './common/handler.ts';
import { checkName, checkRange } from './common/names.ts';
import { idIn, serviceNotFound } from './common/references.ts';
import { checkTags } from './common/tags.ts';
import { knownService } from './service/find.ts';
import { checkRole } from './task-definition/roles.ts';

type Operations =
  | 'CreateExpressGatewayService'
  | 'UpdateExpressGatewayService'
  | 'DeleteExpressGatewayService'
  | 'DescribeExpressGatewayService';

/** Express gateway services (ecs-semantics 5.17): every service here is an ordinary one. */
export function expressGatewayServiceHandlers({ state }: Platform): Pick<EcsHandlers, Operations> {
  const { tables } = state;
  return {
    CreateExpressGatewayService: async (input, { scope }) => {
      checkCreate(input);
      // The cluster `default` would be made for it.
      const named = input.cluster !== undefined && !isDefault(scope, input.cluster);
      if (named) activeCluster(tables, scope, input.cluster);
      throw notYet('CreateExpressGatewayService');
    },
    UpdateExpressGatewayService: async (input, { scope }) => {
      checkCommon(input);
      return refuseOrdinary(tables, scope, input.serviceArn);
    },
    DeleteExpressGatewayService: async (input, { scope }) => refuseOrdinary(tables, scope, input.serviceArn),
    DescribeExpressGatewayService: async (input, { scope }) => {
      const { cluster, name } = partsOf(input.serviceArn);
      const key = `${scope.account}/${scope.region}/${cluster}/${idIn(scope, cluster, 'service', input.serviceArn ?? '')}`;
      if (tables.services.get(key) === undefined) {
        throw new ServiceError('ResourceNotFoundException', 'Service not found.');
      }
      throw notExpress(name);
    },
  };
}

function refuseOrdinary(tables: Tables, scope: Scope, arn: string | undefined): never {
  const { cluster, name } = partsOf(arn);
  if (tables.clusters.get(`${scope.account}/${scope.region}/${cluster}`) === undefined) throw serviceNotFound();
  knownService(tables, scope, cluster, arn ?? '');
  throw notExpress(name);
}

function notExpress(name: string): ServiceError {
  return invalidParameter(
    `The service ${name} is not an Express gateway service. Use DescribeServices, UpdateService or DeleteService.`,
  );
}

/** The cluster and the name in a service's ARN: there is no other way to name the service. */
function partsOf(arn: string | undefined): { readonly cluster: string; readonly name: string } {
  const match = /^service\/([^/]+)\/([^/]+)$/.exec(parseArn(arn ?? '')?.resource ?? '');
  if (match === null) {
    throw invalidParameter(`Invalid identifier '${(arn ?? '').slice(0, 128)}'. Give the service's full ARN.`);
  }
  return { cluster: match[1] ?? '', name: match[2] ?? '' };
}

function isDefault(scope: Scope, reference: string): boolean {
  return reference === '' || reference === 'default' || reference === clusterArn(scope, 'default');
}

function checkCreate(input: CreateExpressGatewayServiceRequest): void {
  if (input.serviceName !== undefined) checkName('Service name', input.serviceName);
  checkTags(input.tags);
  if (input.taskDefinitionArn === undefined) {
    if (input.executionRoleArn === undefined) throw invalidParameter('executionRoleArn can not be blank.');
    if (input.primaryContainer === undefined) throw invalidParameter('primaryContainer can not be blank.');
  }
  checkRole(input.infrastructureRoleArn);
  checkCommon(input);
}

function checkCommon(input: CreateExpressGatewayServiceRequest | UpdateExpressGatewayServiceRequest): void {
  checkRole(input.executionRoleArn);
  checkRole(input.taskRoleArn);
  const { primaryContainer, scalingTarget, healthCheckPath } = input;
  if (primaryContainer?.image === '') throw invalidParameter('primaryContainer.image can not be blank.');
  checkRange('primaryContainer.containerPort', primaryContainer?.containerPort, 1, 65_535);
  if (healthCheckPath !== undefined && !healthCheckPath.startsWith('/')) {
    throw invalidParameter(`healthCheckPath must begin with '/'; it is '${healthCheckPath.slice(0, 128)}'.`);
  }
  const { minTaskCount = 1, maxTaskCount = 20 } = scalingTarget ?? {};
  checkRange('scalingTarget.minTaskCount', minTaskCount, 0, 5000);
  checkRange('scalingTarget.maxTaskCount', maxTaskCount, 1, 5000);
  if (minTaskCount > maxTaskCount) {
    throw invalidParameter(
      `scalingTarget.minTaskCount (${minTaskCount}) must not be above maxTaskCount (${maxTaskCount}).`,
    );
  }
}
