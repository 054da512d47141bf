import type { Service } from '@gantry/domain';
import type { Tables } from '@gantry/control-plane/state/tables.ts';
import { keyOf } from './invariants.ts';

/** A service that can never start keeps trying, further and further apart: the world is quiet when nothing else moves. */
export function onlyHopelessMove(tables: Tables, hopeless: ReadonlySet<string>): boolean {
  if (hopeless.size === 0) return false;
  const tasksRest = [...tables.tasks.values()].every(
    (t) => ['STOPPED', 'RUNNING'].includes(t.lastStatus) || (t.serviceKey !== undefined && hopeless.has(t.serviceKey)),
  );
  const rests = (s: Service): boolean => s.status === 'INACTIVE' || hopeless.has(keyOf(s)) || isSteady(s, tables);
  return tasksRest && [...tables.services.values()].every(rests);
}

function isSteady(service: Service, tables: Tables): boolean {
  const tasks = tables.tasks.by('service', keyOf(service)).filter((t) => t.lastStatus !== 'STOPPED');
  const complete = tasks.length === service.desiredCount || service.lastPlacementFailure !== undefined;
  return service.status === 'ACTIVE' && service.deployments.length === 1 && complete;
}
