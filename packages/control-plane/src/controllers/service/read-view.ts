import type { EpochMs } from '@gantry/domain';
import type { Platform } from '../../platform.ts';
import type { Tables } from '../../state/tables.ts';
import { PlacementIndex } from '../scheduler/placement-index.ts';
import { openDeployments, revisionOf } from './service-deployment-documents.ts';
import type { ServiceView } from './view.ts';

/** All that decisions about a service rest on, read now. Undefined when there is no such service. */
export function readServiceView(
  tables: Tables,
  { config }: Pick<Platform, 'config'>,
  key: string,
  now: EpochMs,
): ServiceView | undefined {
  const service = tables.services.get(key);
  if (service === undefined) return undefined;
  return {
    now,
    service,
    tasks: tables.tasks.by('serviceOpen', key),
    serviceDeployments: openDeployments(tables, key),
    revision: revisionOf(tables, service),
    draining: (instanceKey) => tables.instances.get(instanceKey)?.status === 'DRAINING',
    freeOn: (instanceKey) => {
      const place = PlacementIndex.of(tables).placeOf(instanceKey);
      if (place === undefined) return { cpu: 0, memory: 0 };
      return { cpu: place.pool.freeCpu[place.slot] ?? 0, memory: place.pool.freeMemory[place.slot] ?? 0 };
    },
    healthyAfterRunningMs: config.healthyAfterRunningMs,
  };
}
