import type { NetworkMode } from '@gantry/domain';
import type { RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';

/** What is known of a definition when its launch types are judged: normalised sizes, defaulted network mode. */
export interface Draft {
  readonly input: RegisterTaskDefinitionRequest;
  readonly networkMode: NetworkMode;
  /** CPU units as text. */
  readonly cpu: string | undefined;
  /** MiB as text. */
  readonly memory: string | undefined;
}

/** Pure. */
export function isWindows({
  runtimePlatform,
}: {
  readonly runtimePlatform?: { readonly operatingSystemFamily?: string | undefined } | undefined;
}): boolean {
  return runtimePlatform?.operatingSystemFamily?.startsWith('WINDOWS') === true;
}
