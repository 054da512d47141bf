import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ids } from '@gantry/domain';
import type { PayloadContainer, PayloadTask } from '@gantry/protocol';
import type { ContainerState } from '../engine/port.ts';
import { taskIdOf } from '../supervisor/naming.ts';
import { metadataFile, type WhereItIs } from './shape.ts';

/** Below the data directory of an instance. */
export const METADATA_FILES = 'metadata';
const FILE = 'ecs-container-metadata.json';
const INSIDE = '/opt/ecs/metadata';

export interface MountedFile {
  readonly environment: Readonly<Record<string, string>>;
  readonly binds: readonly string[];
}

/** A file for every container that says what and where it is (`ECS_ENABLE_CONTAINER_METADATA`). */
export class MetadataFiles {
  readonly #folder: string;
  readonly #ids: Pick<Ids, 'uuid'>;
  readonly #where: () => WhereItIs;

  /** `folder`: on the host, absolute; the engine mounts what is below it. */
  constructor(folder: string, ids: Pick<Ids, 'uuid'>, where: () => WhereItIs) {
    this.#folder = folder;
    this.#ids = ids;
    this.#where = where;
  }

  /** Before the container is made: what can be known by then. The container reads it, and cannot write it. */
  async begin(task: PayloadTask, container: PayloadContainer): Promise<MountedFile> {
    await mkdir(this.#folderOf(task, container.name), { recursive: true, mode: 0o755 });
    await this.#write(task, container, undefined);
    const inside = `${INSIDE}/${this.#ids.uuid()}`;
    return {
      environment: { ECS_CONTAINER_METADATA_FILE: `${inside}/${FILE}` },
      binds: [`${this.#folderOf(task, container.name)}:${inside}:ro`],
    };
  }

  /** Once it runs. */
  async ready(task: PayloadTask, container: PayloadContainer, state: ContainerState): Promise<void> {
    await this.#write(task, container, state);
  }

  /** Those of all its containers. Gone before: resolves. */
  async remove(task: PayloadTask): Promise<void> {
    await rm(join(this.#folder, taskIdOf(task)), { recursive: true, force: true });
  }

  /** A reader sees the old file or the new one, whole. */
  async #write(task: PayloadTask, container: PayloadContainer, state: ContainerState | undefined): Promise<void> {
    const folder = this.#folderOf(task, container.name);
    const text = JSON.stringify(metadataFile(this.#where(), task, container, state), undefined, '\t');
    const fresh = join(folder, `.${FILE}.${this.#ids.uuid()}`);
    await writeFile(fresh, `${text}\n`, { mode: 0o644 });
    await rename(fresh, join(folder, FILE));
  }

  /** Names of containers and ids of tasks have no dots and slashes. */
  #folderOf(task: PayloadTask, container: string): string {
    return join(this.#folder, taskIdOf(task), container);
  }
}
