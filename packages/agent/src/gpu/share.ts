import type { GpuInventory, InstanceGpus } from './port.ts';

export interface SharingInstance {
  readonly name: string;
  readonly pool: 'ec2' | 'fargate';
  /** The ones it shall have; `undefined`: those nobody else lists, if it is the first of its kind. */
  readonly gpuIds: readonly string[] | undefined;
}

/** Who has which GPUs of a machine: no GPU is two instances', and the Fargate pool has none (ECS offers none there). Pure. */
export function shareGpus(
  instances: readonly SharingInstance[],
  { driverVersion, ids }: Pick<GpuInventory, 'driverVersion' | 'ids'>,
): { readonly byName: ReadonlyMap<string, InstanceGpus>; readonly problems: readonly string[] } {
  const free = new Set(ids);
  const byName = new Map<string, InstanceGpus>();
  const problems: string[] = [];
  const give = (name: string, own: readonly string[]): void => {
    for (const id of own) free.delete(id);
    if (own.length > 0) byName.set(name, { driverVersion, ids: own });
  };
  for (const { name, pool, gpuIds = [] } of instances) {
    const [has, lacks] = [gpuIds.filter((id) => free.has(id)), gpuIds.filter((id) => !free.has(id))];
    if (pool === 'fargate' && gpuIds.length > 0) {
      problems.push(`instance ${name} is of the Fargate pool, which offers no GPUs: its gpuIds are left out`);
      continue;
    }
    if (lacks.length > 0) problems.push(`instance ${name}: ${lacks.join(', ')} is not here, or another instance's`);
    give(name, [...new Set(has)]);
  }
  const rest = instances.find(({ pool, gpuIds }) => pool === 'ec2' && gpuIds === undefined);
  if (rest !== undefined) give(rest.name, [...free]);
  return { byName, problems };
}
