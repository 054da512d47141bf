import { createHash } from 'node:crypto';
import type { Ids, Task, TaskDefinition, TaskOverride } from '@gantry/domain';
import type { RoleType } from '@gantry/protocol';
import type { Seal } from '../../seal/port.ts';
import { sealedKind } from '../../seal/sealed-documents.ts';

type Roles = Pick<TaskDefinition, 'taskRoleArn' | 'executionRoleArn'>;

/** The role a task has: the run's override, else the definition's. Pure. */
export function roleOf(roleType: RoleType, definition: Roles, overrides: TaskOverride): string | undefined {
  const member = roleType === 'TaskApplication' ? 'taskRoleArn' : 'executionRoleArn';
  return overrides[member] ?? definition[member];
}

const context = (taskKey: string): string => `task/${taskKey}/credentials`;

/** Whoever knows the id has the credentials: what it is made of is no plain text in a document. */
export function sealedSeed(
  input: {
    readonly ids: Ids;
    readonly seal: Pick<Seal, 'seal'>;
    readonly definition: Roles;
    readonly overrides: TaskOverride;
  },
  taskKey: string,
): string | undefined {
  const { ids, seal, definition, overrides } = input;
  const roles = (['TaskApplication', 'TaskExecution'] as const).map((type) => roleOf(type, definition, overrides));
  return roles.every((role) => role === undefined) ? undefined : seal.seal(ids.hex32() + ids.hex32(), context(taskKey));
}

/** The id (a UUID) a task asks for the credentials of one of its roles by: the same for all its life. */
export function credentialsId(seal: Pick<Seal, 'open'>, taskKey: string, seed: string, roleType: RoleType): string {
  const plain = seal.open(seed, context(taskKey));
  const hex = createHash('sha256').update(plain).update(roleType).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

export const SEALED_TASKS = sealedKind(
  (tables) => tables.tasks,
  (taskKey, task: Task, change) =>
    task.credentialsSeed === undefined
      ? task
      : { ...task, credentialsSeed: change(task.credentialsSeed, context(taskKey)) },
);
