import { capacityProviderArn, shortName, type Scope } from '@gantry/domain';
import { invalidParameter } from '@gantry/protocol';
import type { CapacityProvider } from '@aws-sdk/client-ecs';
import type { Platform } from '../../platform.ts';
import { FARGATE_PROVIDERS } from './cluster/validate.ts';
import { readableCluster } from './common/clusters.ts';
import { wireList, type EcsHandlers } from './common/handler.ts';
import { pageOfList, TEN } from './common/paging.ts';

const MAX_DESCRIBED = 100;

/** Capacity providers (ecs-semantics 6.1): FARGATE and FARGATE_SPOT are there from the start, in every account. */
export function capacityProviderHandlers({ state }: Platform): Pick<EcsHandlers, 'DescribeCapacityProviders'> {
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
      const page = asked.length > 0 ? { items: found, nextToken: undefined } : pageOfList(found, input, TEN, (n) => n);
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
