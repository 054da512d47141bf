import type { Service } from '@gantry/domain';
import type { Service as WireService, ServiceField } from '@aws-sdk/client-ecs';
import type { Tables } from '../../../state/tables.ts';
import { keyOfCluster } from '../common/clusters.ts';
import { describeService } from '../wire/service.ts';

export function keyOfService(service: Pick<Service, 'scope' | 'cluster' | 'serviceName'>): string {
  return `${keyOfCluster(service.scope, service.cluster)}/${service.serviceName}`;
}

/** A service with its counters, read off the index, and its events: O(deployments), not O(tasks). */
export function describedService(tables: Tables, service: Service, include?: readonly ServiceField[]): WireService {
  const key = keyOfService(service);
  return describeService(
    service,
    {
      countsOf: ({ id }) => ({
        running: tables.tasks.countBy('deploymentCount', `${key}/${id}/running`),
        pending: tables.tasks.countBy('deploymentCount', `${key}/${id}/pending`),
      }),
      events: tables.serviceEvents.get(key)?.events ?? [],
    },
    include,
  );
}
