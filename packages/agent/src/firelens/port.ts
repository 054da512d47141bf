/** On the host the engine runs on. */
export interface RouterPaths {
  /** The router's configuration. */
  readonly config: string;
  /** The rest of it, when that was fetched. */
  readonly included: string;
  readonly socketDir: string;
  /** In `socketDir`; the router makes it. */
  readonly socket: string;
}

/** What the log routers of tasks have on the host. Adapters: `files.ts`, `fake.ts`; one contract suite runs on both. */
export interface RouterFiles {
  pathsOf(taskId: string): RouterPaths;
  /** Writes the configuration (and what it includes, when that was fetched) and makes the socket's directory. Again is harmless. */
  make(taskId: string, config: string, included?: string): Promise<void>;
  /** Removes all of it; resolves also when there is none. */
  remove(taskId: string): Promise<void>;
  /** Of every task. */
  removeAll(): Promise<void>;
}
