import type { FolderPlace, SharedFolders } from './port.ts';

/** Folders that nobody can mount: tests and the simulator have no others. */
export class MemoryFolders implements SharedFolders {
  readonly folders = new Map<string, number>();

  create(fileSystemId: string): Promise<void> {
    if (!this.folders.has(fileSystemId)) this.folders.set(fileSystemId, 0);
    return Promise.resolve();
  }

  remove(fileSystemId: string): Promise<void> {
    this.folders.delete(fileSystemId);
    return Promise.resolve();
  }

  sizeBytes(fileSystemId: string): Promise<number> {
    return Promise.resolve(this.folders.get(fileSystemId) ?? 0);
  }

  placeOf(fileSystemId: string): FolderPlace {
    return { path: `/nowhere/efs/${fileSystemId}`, markFile: '/nowhere/efs/.host', mark: 'memory' };
  }
}
