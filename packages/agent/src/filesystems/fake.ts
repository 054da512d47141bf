import { SharedDirectoryError, type SharedDirectories, type SharedDirectory, type VolumeOfTask } from './port.ts';

/** Directories of a machine that is not there. */
export class FakeSharedDirectories implements SharedDirectories {
  /** The mark of this machine's folders; others' are elsewhere. */
  mark = 'here';
  readonly #prepared = new Map<string, Set<string>>();

  pathOf({ taskId, volume }: VolumeOfTask, { path, rootDirectory }: SharedDirectory): string {
    return rootDirectory === '/' ? path : `/places/${taskId}/${volume}`;
  }

  prepare({ taskId, volume }: VolumeOfTask, { mark, rootDirectory }: SharedDirectory): Promise<void> {
    if (mark !== this.mark)
      return Promise.reject(new SharedDirectoryError('the file system is a folder of another host'));
    if (rootDirectory !== '/') this.#prepared.set(taskId, new Set([...(this.#prepared.get(taskId) ?? []), volume]));
    return Promise.resolve();
  }

  release(taskId: string): Promise<void> {
    this.#prepared.delete(taskId);
    return Promise.resolve();
  }

  prepared(): Promise<readonly string[]> {
    return Promise.resolve([...this.#prepared.keys()]);
  }
}
