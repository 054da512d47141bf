import type { RouterFiles, RouterPaths } from './port.ts';

/** In memory, for tests and the simulator. */
export class FakeRouterFiles implements RouterFiles {
  /** Configurations by task id. */
  readonly configs = new Map<string, string>();
  /** Why nothing can be written. */
  problem: string | undefined;

  pathsOf(taskId: string): RouterPaths {
    const own = `/firelens/${taskId}`;
    return { config: `${own}/fluent.conf`, socketDir: `${own}/run`, socket: `${own}/run/fluent.sock` };
  }

  make(taskId: string, config: string): Promise<void> {
    if (this.problem !== undefined) return Promise.reject(new Error(this.problem));
    this.configs.set(taskId, config);
    return Promise.resolve();
  }

  remove(taskId: string): Promise<void> {
    this.configs.delete(taskId);
    return Promise.resolve();
  }

  removeAll(): Promise<void> {
    this.configs.clear();
    return Promise.resolve();
  }
}
