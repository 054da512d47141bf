import type { PayloadTask, RoleCredentials, RoleType } from '@gantry/protocol';

interface Held {
  readonly taskArn: string;
  readonly roleType: RoleType;
  readonly credentials: RoleCredentials;
}

/** Credentials of the roles of one instance's tasks. In memory alone: a new process is given them again. */
export class TaskCredentials {
  readonly #byId = new Map<string, Held>();
  readonly #waiting = new Map<string, Set<() => void>>();

  put(taskArn: string, roleType: RoleType, credentials: RoleCredentials): void {
    const id = credentials.credentialsId;
    this.#byId.set(id, { taskArn, roleType, credentials });
    for (const wake of this.#waiting.get(id) ?? []) wake();
  }

  get(id: string): Held | undefined {
    return this.#byId.get(id);
  }

  /** Of the task's own role; `undefined`: it has none, or they are still to come. */
  ofTask({ roleCredentials }: PayloadTask): RoleCredentials | undefined {
    return roleCredentials === undefined ? undefined : this.#byId.get(roleCredentials.credentialsId)?.credentials;
  }

  /** Of its execution role; `undefined`: it has none. Waits for those that are still to come. */
  async ofExecution(
    { executionRoleCredentials }: PayloadTask,
    signal: AbortSignal,
  ): Promise<RoleCredentials | undefined> {
    if (executionRoleCredentials === undefined) return undefined;
    const id = executionRoleCredentials.credentialsId;
    while (!signal.aborted && !this.#byId.has(id)) await this.#arrival(id, signal);
    return this.#byId.get(id)?.credentials;
  }

  /** Forgets those of tasks that are no more. */
  keep(isWanted: (taskArn: string) => boolean): void {
    for (const [id, { taskArn }] of this.#byId) if (!isWanted(taskArn)) this.#byId.delete(id);
  }

  #arrival(id: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(id) ?? new Set();
      this.#waiting.set(id, waiting);
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        waiting.delete(wake);
        if (waiting.size === 0) this.#waiting.delete(id);
        resolve();
      };
      waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }
}

/** What may be kept of a payload: ids, which its containers are told for good, and no secret. Pure. */
export function withoutSecrets(task: PayloadTask): PayloadTask {
  const { roleCredentials, executionRoleCredentials } = task;
  return {
    ...task,
    ...(roleCredentials === undefined ? {} : { roleCredentials: bare(roleCredentials) }),
    ...(executionRoleCredentials === undefined ? {} : { executionRoleCredentials: bare(executionRoleCredentials) }),
  };
}

function bare({ credentialsId, roleArn }: RoleCredentials): RoleCredentials {
  return { credentialsId, roleArn, accessKeyId: '', secretAccessKey: '', sessionToken: '', expiration: '' };
}
