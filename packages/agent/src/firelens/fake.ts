import type { RouterFiles, RouterPaths } from './port.ts';

/** In memory, for tests and the simulator. */
export class FakeRouterFiles implements RouterFiles {
  /** Configurations by task id. */
  readonly configs = new Map<string, string>();
  readonly included = new Map<string, string>();
  /** Why nothing can be written. */
  problem: string | undefined;

  pathsOf(taskId: string): RouterPaths {
    const own = `/firelens/${taskId}`;
    const included = `${own}/external.conf`;
    return { config: `${own}/fluent.conf`, included, socketDir: `${own}/run`, socket: `${own}/run/fluent.sock` };
  }

  make(taskId: string, config: string, included?: string): Promise<void> {
    if (this.problem !== undefined) return Promise.reject(new Error(this.problem));
    this.configs.set(taskId, config);
    if (included !== undefined) this.included.set(taskId, included);
    return Promise.resolve();
  }

  remove(taskId: string): Promise<void> {
    this.configs.delete(taskId);
    this.included.delete(taskId);
    return Promise.resolve();
  }

  removeAll(): Promise<void> {
    this.configs.clear();
    this.included.clear();
    return Promise.resolve();
  }
}
