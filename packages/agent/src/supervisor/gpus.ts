import type { PayloadTask } from '@gantry/protocol';

const VARIABLE = 'NVIDIA_VISIBLE_DEVICES';

/** Ids of the GPUs that the control plane gave the task, or one container of it. Pure. */
export function gpuIdsOf({ associations = [] }: PayloadTask, container?: string): readonly string[] {
  return associations
    .filter(({ type, containers }) => type === 'gpu' && (container === undefined || containers.includes(container)))
    .map(({ name }) => name);
}

/**
 * What the create body of a container has because of GPUs. One that has none sees none, on an instance that has some:
 * many images ask for all of them by themselves, which a runtime that is set as the engine's default would grant.
 * Whoever sets the variable in the definition knows what it does. Pure.
 */
export function gpuMembers(
  ids: readonly string[],
  said: Readonly<Record<string, string>>,
  instanceHasSome: boolean,
): {
  readonly environment: Readonly<Record<string, string>>;
  readonly hostConfig: Readonly<Record<string, unknown>>;
} {
  if (ids.length > 0) {
    const request = { Driver: 'nvidia', DeviceIDs: ids, Capabilities: [['gpu']] };
    return { environment: { [VARIABLE]: ids.join(',') }, hostConfig: { DeviceRequests: [request] } };
  }
  const hide = instanceHasSome && !(VARIABLE in said);
  return { environment: hide ? { [VARIABLE]: 'void' } : {}, hostConfig: {} };
}
