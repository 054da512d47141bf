import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RouterFiles, RouterPaths } from './port.ts';

/** In the agent's data directory; the same for all instances, so that the sockets' paths are short. */
export const ROUTER_FILES = 'firelens';
/** Room for a socket's path in its address (`sun_path`), less the byte that ends it. */
const LONGEST_SOCKET_PATH = 107;

/** Below a directory of the agent's. The engine mounts them, so it must see the same file system. */
export class HostRouterFiles implements RouterFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  pathsOf(taskId: string): RouterPaths {
    const own = this.#own(taskId);
    return {
      config: join(own, 'fluent.conf'),
      included: join(own, 'external.conf'),
      socketDir: join(own, 'run'),
      socket: join(own, 'run', 'fluent.sock'),
    };
  }

  async make(taskId: string, config: string, included?: string): Promise<void> {
    const paths = this.pathsOf(taskId);
    const bytes = Buffer.byteLength(paths.socket);
    if (bytes > LONGEST_SOCKET_PATH) {
      throw new Error(
        `the path of the log router's socket has ${bytes} bytes, ${LONGEST_SOCKET_PATH} are possible: ${paths.socket}. Give the agent a shorter dataDir.`,
      );
    }
    await mkdir(paths.socketDir, { recursive: true });
    await writeWhole(paths.config, config);
    if (included !== undefined) await writeWhole(paths.included, included);
  }

  async remove(taskId: string): Promise<void> {
    await rm(this.#own(taskId), { recursive: true, force: true });
  }

  async removeAll(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }

  #own(taskId: string): string {
    if (!/^[A-Za-z0-9-]+$/.test(taskId)) throw new Error(`${taskId} is no task id`);
    return join(this.#directory, taskId);
  }
}

/** Files are mounted by their inodes: they are whole when they have their names. */
async function writeWhole(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}
