import type { Scope, Service } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import type { Tables } from '../../../state/tables.ts';
import { keyOfCluster } from '../common/clusters.ts';
import { idIn, serviceNotFound } from '../common/references.ts';

/** The service a reference names, whatever its status. Throws ServiceNotFoundException. */
export function knownService(tables: Tables, scope: Scope, cluster: string, reference: string): Service {
  const name = idIn(scope, cluster, 'service', reference);
  const service = tables.services.get(`${keyOfCluster(scope, cluster)}/${name}`);
  if (service === undefined) throw serviceNotFound();
  return service;
}

/** The same, for what only an ACTIVE one can have done to it. Throws ServiceNotActiveException. */
export function activeService(tables: Tables, scope: Scope, cluster: string, reference: string): Service {
  const service = knownService(tables, scope, cluster, reference);
  if (service.status !== 'ACTIVE') throw new ServiceError('ServiceNotActiveException', 'Service was not ACTIVE.');
  return service;
}
