import type { PayloadFileSystem } from '@gantry/protocol';

export type SharedDirectory = Extract<PayloadFileSystem, { kind: 'directory' }>;

/** A volume of a task. */
export interface VolumeOfTask {
  readonly taskId: string;
  readonly volume: string;
}

/**
 * Directories that tasks share, on this host. Adapters: the host's own (`linux.ts`) and a fake; the contract is in
 * `contract.ts`.
 */
export interface SharedDirectories {
  /**
   * Makes the directory ready to be bound. Idempotent.
   * @throws SharedDirectoryError when it cannot be had: it is on another host, is not there, or a link is on the way to it
   */
  prepare(of: VolumeOfTask, directory: SharedDirectory): Promise<void>;
  /** What to bind for it. Pure; the same at any time. */
  pathOf(of: VolumeOfTask, directory: SharedDirectory): string;
  /** Gives back what was prepared for the task; its files stay. Idempotent. */
  release(taskId: string): Promise<void>;
  /** Ids of tasks for which something is prepared. */
  prepared(): Promise<readonly string[]>;
}

/** Asking again brings nothing; the message is for the task's owner. */
export class SharedDirectoryError extends Error {
  override readonly name = 'SharedDirectoryError';
}
