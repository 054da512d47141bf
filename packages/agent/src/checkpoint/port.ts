/**
 * What the agent knows after a `kill -9`: documents by key. Writes are taken in order and written soon; `flush` says
 * when they are durable. Adapters: `file.ts` (an append-only file) and `memory.ts`; one contract suite runs on both.
 */
export interface Checkpoint {
  /** Everything that was durable. Called once, first. */
  load(): Promise<ReadonlyMap<string, unknown>>;
  /** The document must not be changed afterwards. */
  put(key: string, document: unknown): void;
  delete(key: string): void;
  /** Resolves when everything put or deleted before this call survives the loss of power. */
  flush(): Promise<void>;
  close(): Promise<void>;
}
