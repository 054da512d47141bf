import type { Instance, Task, TaskContainer } from '@gantry/domain';

/** The GPUs of an instance that no task has; a task has its own until it is STOPPED. Pure. */
export function freeGpus(instance: Pick<Instance, 'registered'>, tasks: readonly Task[]): readonly string[] {
  const taken = new Set(
    tasks
      .filter(({ lastStatus }) => lastStatus !== 'STOPPED')
      .flatMap(({ containers }) => containers.flatMap(({ gpuIds = [] }) => gpuIds)),
  );
  return instance.registered.gpuIds.filter((id) => !taken.has(id));
}

/**
 * The containers with the GPUs they ask for, in order, out of the free ones. A GPU is one container's. Pure.
 * @throws Error when there are too few: placement counts them before.
 */
export function giveGpus(containers: readonly TaskContainer[], free: readonly string[]): readonly TaskContainer[] {
  let next = 0;
  return containers.map((container) => {
    const { gpuCount = 0 } = container;
    if (gpuCount === 0) return container;
    const gpuIds = free.slice(next, (next += gpuCount));
    if (gpuIds.length < gpuCount)
      throw new Error(`Container ${container.name} gets ${gpuIds.length} of ${gpuCount} GPUs.`);
    return { ...container, gpuIds };
  });
}
