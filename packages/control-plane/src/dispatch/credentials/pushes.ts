import { isLive, type Task } from '@gantry/domain';
import type { AcsToAgent, PayloadTask } from '@gantry/protocol';
import type { Platform } from '../../platform.ts';
import { taskKey } from '../../state/keys.ts';
import { DueCredentials } from './due.ts';
import type { TaskRoles } from './task-roles.ts';
import { REFRESH_MS, SPREAD_MS } from './timing.ts';

export interface PushOptions {
  readonly platform: Pick<Platform, 'state' | 'clock' | 'ids'>;
  readonly roles: TaskRoles;
  readonly instanceKey: string;
  readonly send: (frame: AcsToAgent) => void;
}

/** Keeps the credentials of one instance's tasks fresh over one session. */
export class CredentialPushes {
  readonly #options: PushOptions;
  readonly #due = new DueCredentials();

  constructor(options: PushOptions) {
    this.#options = options;
  }

  /** The session is open. A fresh agent process has none at all; of another one nobody knows how old they are. */
  open(fresh: boolean): void {
    const { platform, instanceKey } = this.#options;
    const now = platform.clock.now();
    for (const task of platform.state.tables.tasks.by('instance', instanceKey)) {
      if (task.credentialsSeed === undefined || !isLive(task)) continue;
      if (fresh) this.#push(task, now);
      else this.#due.plan(taskKey(task), now + SPREAD_MS * platform.ids.random());
    }
  }

  /** They went with a payload. */
  inPayload(key: string, { roleCredentials, executionRoleCredentials }: PayloadTask): void {
    const now = this.#options.platform.clock.now();
    for (const sent of [roleCredentials, executionRoleCredentials])
      if (sent !== undefined) this.#due.sent(key, sent.credentialsId, now);
  }

  acked(credentialsId: unknown): void {
    if (typeof credentialsId === 'string') this.#due.acked(credentialsId, this.#options.platform.clock.now());
  }

  nextAt(): number {
    return this.#due.nextAt();
  }

  /** Sends what is due. */
  turn(): void {
    const { platform, instanceKey } = this.#options;
    const now = platform.clock.now();
    for (const key of this.#due.take(now)) {
      const task = platform.state.tables.tasks.get(key);
      if (task?.instanceKey === instanceKey && isLive(task)) this.#push(task, now);
      else this.#due.forget(key);
    }
  }

  #push(task: Task, now: number): void {
    const { platform, roles, send } = this.#options;
    const key = taskKey(task);
    const pushes = roles.ofRunning(task);
    // Its role is gone: it may come back.
    if (pushes.length === 0) {
      this.#due.forget(key);
      this.#due.plan(key, now + REFRESH_MS);
    }
    for (const push of pushes) {
      this.#due.sent(key, push.roleCredentials.credentialsId, now);
      send({ type: 'IAMRoleCredentialsMessage', message: { messageId: platform.ids.uuid(), ...push } });
    }
  }
}
