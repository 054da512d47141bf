import type { Tables } from '../../../state/tables.ts';

/**
 * Capacity providers that tasks or services of the cluster use, each with one user of it in words.
 * Looks through everything that is not stopped: for rare calls only.
 */
export function providersInUse(tables: Tables, key: string): ReadonlyMap<string, string> {
  const used = new Map<string, string>();
  for (const service of tables.services.by('cluster', key)) {
    if (service.status === 'INACTIVE') continue;
    for (const { capacityProvider } of service.capacityProviderStrategy ?? []) {
      if (capacityProvider !== undefined) used.set(capacityProvider, `service ${service.serviceName}`);
    }
  }
  for (const task of tables.tasks.by('unstopped', key)) {
    const name = task.capacityProviderName;
    if (name !== undefined && !used.has(name)) used.set(name, `task ${task.id}`);
  }
  return used;
}
