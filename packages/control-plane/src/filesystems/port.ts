/**
 * Where file systems are that nobody said otherwise of: a folder each, on the host of the control plane. Adapters: folders on the
 * disk (`directory.ts`) and in memory (`memory.ts`); one contract suite runs on both.
 */
export interface SharedFolders {
  /** Makes the folder, empty; leaves one that is there as it is. */
  create(fileSystemId: string): Promise<void>;
  /** Removes it with all that is in it; resolves when there was none. */
  remove(fileSystemId: string): Promise<void>;
  /** What its files take up; 0 when it is not there. */
  sizeBytes(fileSystemId: string): Promise<number>;
  placeOf(fileSystemId: string): FolderPlace;
}

/** How an agent finds the folder, and knows that it is on the same host. */
export interface FolderPlace {
  readonly path: string;
  /** A file beside the folders, and what is in it. Whoever reads this there sees the same disk. */
  readonly markFile: string;
  readonly mark: string;
}

/** An export that the operator named for a file system. */
export interface NfsExport {
  /** A host name or an address. */
  readonly server: string;
  /** Absolute. */
  readonly path: string;
}
