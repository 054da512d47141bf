import type { Scope } from '@gantry/domain';
import type { Tables } from '../state/tables.ts';

/** ARNs of the tasks of this scope that are not over and have a volume of the file system. Pure; looks at every such task. */
export function usersOf(
  tables: Pick<Tables, 'tasks' | 'taskDefinitions'>,
  scope: Scope,
  fileSystemId: string,
): readonly string[] {
  const users: string[] = [];
  for (const task of tables.tasks.withPrefix(`${scope.account}/${scope.region}/`)) {
    if (task.lastStatus === 'STOPPED') continue;
    const { volumes = [] } = tables.taskDefinitions.get(task.taskDefinitionKey) ?? {};
    const uses = volumes.some(
      (volume) =>
        (volume['efsVolumeConfiguration'] as { fileSystemId?: string } | undefined)?.fileSystemId === fileSystemId,
    );
    if (uses) users.push(task.taskArn);
  }
  return users;
}
