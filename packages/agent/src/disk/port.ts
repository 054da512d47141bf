/** The disk that containers and volumes are on. Adapters: this host's (`linux.ts`) and a fake; one `contract.ts`. */
export interface Disk {
  /** Bytes each file or directory takes up, with all below it. What is not there, or goes away meanwhile, counts for nothing. */
  measure(paths: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Bytes that are free for everybody. Cheap: it is asked for every second. */
  freeBytes(): Promise<number>;
}
