import { serviceArn } from '@gantry/domain';
import { invalidParameter, ServiceError } from '@gantry/protocol';
import type { Platform } from '../../platform.ts';
import { infrastructureOf } from '../../state/tables.ts';
import { emptyPage } from './awaited.ts';
import { keyOfCluster, readableCluster } from './common/clusters.ts';
import { wireList, type EcsHandlers } from './common/handler.ts';
import { pageOf, pagesOf, TEN_OF_HUNDRED } from './common/paging.ts';
import { idIn } from './common/references.ts';
import { checkTags } from './common/tags.ts';
import { describedService } from './service/describe.ts';
import { refuseUnsupported } from './service/unsupported.ts';
import { checkCreateService, checkNamespace } from './service/validate.ts';
import { createService, deleteService, updateService } from './service/write.ts';

const PAGES = pagesOf('ListServices', TEN_OF_HUNDRED);

const MAX_DESCRIBED = 10;

type Writes = 'CreateService' | 'UpdateService' | 'DeleteService';
type Reads = 'DescribeServices' | 'ListServices' | 'ListServicesByNamespace';

/** Services (ecs-semantics 5). Tasks are the service controller's: here only the documents change. */
export function serviceHandlers(platform: Platform): Pick<EcsHandlers, Writes | Reads> {
  return { ...writes(platform), ...reads(platform) };
}

function writes(platform: Platform): Pick<EcsHandlers, Writes> {
  const { state } = platform;
  return {
    CreateService: async (input, { scope, caller }) => {
      checkCreateService(input);
      const tags = checkTags(input.tags);
      return state.transact((tx) => {
        const service = createService(tx, { platform, scope, by: caller.principalArn }, input, tags);
        return { service: describedService(tx.tables, service, ['TAGS']) };
      });
    },

    UpdateService: async (input, { scope, caller }) => {
      refuseUnsupported(input);
      return state.transact((tx) => {
        const service = updateService(tx, { platform, scope, by: caller.principalArn }, input);
        return { service: describedService(tx.tables, service, ['TAGS']) };
      });
    },

    DeleteService: async (input, { scope, caller }) =>
      state.transact((tx) => {
        const service = deleteService(tx, { platform, scope, by: caller.principalArn }, input);
        return { service: describedService(tx.tables, service, ['TAGS']) };
      }),
  };
}

function reads({ state }: Platform): Pick<EcsHandlers, Reads> {
  return {
    DescribeServices: async (input, { scope }) => {
      const references = input.services ?? [];
      if (references.length === 0) throw invalidParameter('Services cannot be empty.');
      if (references.length > MAX_DESCRIBED) {
        throw invalidParameter(`At most ${MAX_DESCRIBED} services can be described per call.`);
      }
      const { tables } = state;
      const { clusterName } = readableCluster(tables, scope, input.cluster);
      const named = references.map((reference) => {
        const name = idIn(scope, clusterName, 'service', reference);
        return {
          arn: serviceArn(scope, clusterName, name),
          service: tables.services.get(`${keyOfCluster(scope, clusterName)}/${name}`),
        };
      });
      return {
        services: named.flatMap(({ service }) =>
          service === undefined ? [] : [describedService(tables, service, input.include)],
        ),
        failures: named.flatMap(({ arn, service }) => (service === undefined ? [{ arn, reason: 'MISSING' }] : [])),
      };
    },

    ListServices: async (input, { scope }) => {
      const { tables } = state;
      const { clusterName } = readableCluster(tables, scope, input.cluster);
      const key = keyOfCluster(scope, clusterName);
      const keys = tables.services.keysBy('cluster', key);
      const { items, nextToken } = pageOf(keys, `${key}/`, input, PAGES, (serviceKey) => {
        const service = tables.services.get(serviceKey);
        if (service?.status !== 'ACTIVE') return undefined;
        if (input.launchType !== undefined && infrastructureOf(service) !== input.launchType) return undefined;
        const { schedulingStrategy } = input;
        if (schedulingStrategy !== undefined && service.schedulingStrategy !== schedulingStrategy) return undefined;
        // Every service here is the customer's; ECS's own are those of Express.
        if (input.resourceManagementType === 'ECS') return undefined;
        return service.serviceArn;
      });
      return { serviceArns: wireList(items), nextToken };
    },

    ListServicesByNamespace: async (input) => {
      checkNamespace(input.namespace);
      emptyPage(input, TEN_OF_HUNDRED);
      // A namespace comes with Service Connect or Cloud Map, and neither is there yet.
      throw new ServiceError('NamespaceNotFoundException', 'The specified namespace was not found.');
    },
  };
}
