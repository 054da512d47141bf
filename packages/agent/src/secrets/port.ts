import type { Credentials, PayloadTask } from '@gantry/protocol';

/** Where, and with whose rights. */
export interface SecretWhere {
  readonly region: string;
  readonly credentials: Credentials;
}

/** One version of a secret; without stage and id its current one. */
export interface SecretAsk {
  readonly secretId: string;
  readonly versionStage?: string | undefined;
  readonly versionId?: string | undefined;
}

/** An object of S3. */
export interface ObjectAsk {
  readonly bucket: string;
  readonly key: string;
}

/** As many names as one call takes. */
export const MOST_NAMES = 10;

/**
 * The services that keep parameters, secrets and environment files. Adapters: `link-store.ts` (the control plane) and `fake.ts`; one
 * contract suite runs on both. Calls reject with a `LinkError`.
 */
export interface SecretStore {
  /** Decrypted values by the names (or ARNs, with selectors) that were asked for: at most `MOST_NAMES`, all different. */
  parameters(
    names: readonly string[],
    where: SecretWhere,
    signal: AbortSignal,
  ): Promise<{ readonly values: ReadonlyMap<string, string>; readonly invalid: readonly string[] }>;
  /** `undefined`: the secret has bytes and no text. */
  secret(ask: SecretAsk, where: SecretWhere, signal: AbortSignal): Promise<string | undefined>;
  /** The text of an object. */
  object(ask: ObjectAsk, where: SecretWhere, signal: AbortSignal): Promise<string>;
}

/**
 * Of a task's execution role, `undefined` when the task has none. Waits where they are still to come: an agent that
 * has just started is told them by the control plane.
 */
export type ExecutionCredentials = (task: PayloadTask, signal: AbortSignal) => Promise<Credentials | undefined>;
