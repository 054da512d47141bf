import { capacityProviderArn, shortName, type Scope } from '@gantry/domain';
import { clientException, invalidParameter } from '@gantry/protocol';
import type { CapacityProvider } from '@aws-sdk/client-ecs';
import type { Platform } from '../../platform.ts';
import { notYet } from './awaited.ts';
import { checkCreateProvider, checkUpdateProvider } from './capacity-provider/validate.ts';
import { FARGATE_PROVIDERS } from './cluster/validate.ts';
import { activeCluster, readableCluster } from './common/clusters.ts';
import { wireList, type EcsHandlers } from './common/handler.ts';
import { pageOfList, pagesOf, TEN } from './common/paging.ts';

const PAGES = pagesOf('DescribeCapacityProviders', TEN);

const MAX_DESCRIBED = 100;
const NOT_THERE = 'The specified capacity provider does not exist. Specify a valid name or ARN and try again.';

type Changes = 'CreateCapacityProvider' | 'UpdateCapacityProvider' | 'DeleteCapacityProvider';
type Operations = Changes | 'DescribeCapacityProviders';

/** Capacity providers (ecs-semantics 6.1): FARGATE and FARGATE_SPOT are there from the start, in every account. */
export function capacityProviderHandlers(platform: Platform): Pick<EcsHandlers, Operations> {
  return { ...describing(platform), ...changing(platform) };
}

/** No other provider can be made yet: there is nothing to update or to delete. */
function changing({ state }: Platform): Pick<EcsHandlers, Changes> {
  const { tables } = state;
  return {
    CreateCapacityProvider: async (input, { scope }) => {
      checkCreateProvider(input);
      if (input.cluster !== undefined && input.cluster !== '') activeCluster(tables, scope, input.cluster);
      throw notYet('CreateCapacityProvider');
    },
    UpdateCapacityProvider: async (input, { scope }) => {
      if (input.cluster !== undefined && input.cluster !== '') readableCluster(tables, scope, input.cluster);
      const name = providerName(scope, input.name);
      if (isReserved(name)) throw invalidParameter(reserved(name, 'updated'));
      checkUpdateProvider(input);
      throw clientException(NOT_THERE);
    },
    DeleteCapacityProvider: async (input, { scope }) => {
      if (input.cluster !== undefined && input.cluster !== '') readableCluster(tables, scope, input.cluster);
      const name = providerName(scope, input.capacityProvider);
      throw isReserved(name)
        ? invalidParameter(
            `${reserved(name, 'deleted')} You can disassociate it from a cluster with PutClusterCapacityProviders.`,
          )
        : clientException(NOT_THERE);
    },
  };
}

/** The short name in a name or an ARN; nothing for an ARN that is not one of a provider of the account and region. */
function providerName(scope: Scope, reference: string | undefined): string {
  const name = shortName(reference ?? '');
  if (reference === name) return name;
  return reference === capacityProviderArn(scope, name) ? name : '';
}

function isReserved(name: string): boolean {
  return (FARGATE_PROVIDERS as readonly string[]).includes(name);
}

function reserved(name: string, what: string): string {
  return `The ${name} capacity provider is reserved and can't be ${what}.`;
}

function describing({ state }: Platform): Pick<EcsHandlers, 'DescribeCapacityProviders'> {
  return {
    DescribeCapacityProviders: async (input, { scope }) => {
      const asked = input.capacityProviders ?? [];
      if (asked.length > MAX_DESCRIBED) {
        throw invalidParameter(`At most ${MAX_DESCRIBED} capacity providers can be described per call.`);
      }
      const inCluster =
        input.cluster === undefined
          ? FARGATE_PROVIDERS
          : readableCluster(state.tables, scope, input.cluster).capacityProviders;
      const names = asked.length === 0 ? inCluster : asked.map(shortName);
      const isThere = (name: string): boolean =>
        (FARGATE_PROVIDERS as readonly string[]).includes(name) && (asked.length > 0 || inCluster.includes(name));
      const found = [...new Set(names)].filter(isThere).sort();
      const page =
        asked.length > 0 ? { items: found, nextToken: undefined } : pageOfList(found, input, PAGES, (n) => n);
      return {
        capacityProviders: wireList(page.items.map((name) => describeProvider(scope, name))),
        failures: names
          .filter((name) => !isThere(name))
          .map((name) => ({ arn: capacityProviderArn(scope, name), reason: 'MISSING' })),
        nextToken: page.nextToken,
      };
    },
  };
}

function describeProvider(scope: Scope, name: string): CapacityProvider {
  return {
    capacityProviderArn: capacityProviderArn(scope, name),
    name,
    status: 'ACTIVE',
    tags: [],
    type: name as CapacityProvider['type'],
  };
}
