import { clusterArn, iamKey, parseArn, type IamRole, type Task, type TaskDefinition } from '@gantry/domain';
import type { IamRoleCredentialsMessage, PayloadTask, RoleCredentials, RoleType } from '@gantry/protocol';
import { contextOf, evaluateTrust } from '../../authorise/evaluate.ts';
import { compiledPolicies } from '../../authorise/cache.ts';
import { credentialsId, roleOf } from '../../controllers/task/roles.ts';
import type { Sessions } from '../../identity/sessions.ts';
import type { Platform } from '../../platform.ts';
import { taskKey } from '../../state/keys.ts';
import { SESSION_SECONDS } from './timing.ts';

const SERVICE = 'ecs-tasks.amazonaws.com';

/** The task's own role is not there, or not for tasks. ECS's words (ecs-semantics 8.7). */
export class RoleRefused extends Error {
  override readonly name = 'RoleRefused';
  constructor(roleArn: string) {
    super(
      `ECS was unable to assume the role '${roleArn}' that was provided for this task. Please verify that the role ` +
        'being passed has the proper trust relationship and permissions and that your IAM user has permissions to ' +
        'pass this role.',
    );
  }
}

/** To read secrets with; awslogs and public images need no role here. */
function needsExecutionRole(definition: TaskDefinition | undefined): boolean {
  return (definition?.containerDefinitions ?? []).some(
    ({ secrets, repositoryCredentials, logConfiguration }) =>
      repositoryCredentials !== undefined ||
      [secrets, logConfiguration?.secretOptions].some((list = []) => list.length > 0),
  );
}

export type Push = Omit<IamRoleCredentialsMessage, 'messageId'>;

/** Temporary credentials of tasks' roles, made when they are sent and kept nowhere. */
export class TaskRoles {
  readonly #platform: Pick<Platform, 'state' | 'seal'>;
  readonly #sessions: Pick<Sessions, 'sessionForRole'>;
  readonly #parse = compiledPolicies();

  constructor(platform: Pick<Platform, 'state' | 'seal'>, sessions: Pick<Sessions, 'sessionForRole'>) {
    this.#platform = platform;
    this.#sessions = sessions;
  }

  /**
   * What the payload of a task that is to start says of its roles. An execution role that cannot be had is left out
   * where nothing needs it.
   * @throws RoleRefused
   */
  ofPayload(task: Task): Pick<PayloadTask, 'roleCredentials' | 'executionRoleCredentials'> {
    const roleCredentials = this.#credentials(task, 'TaskApplication');
    const executionRoleCredentials = this.#credentials(task, 'TaskExecution');
    return {
      ...(roleCredentials === undefined ? {} : { roleCredentials }),
      ...(executionRoleCredentials === undefined ? {} : { executionRoleCredentials }),
    };
  }

  /** The same for one that runs. A role that is gone by now has no new ones; those it had have ended with it. */
  ofRunning(task: Task): readonly Push[] {
    return (['TaskApplication', 'TaskExecution'] as const).flatMap((roleType) => {
      const roleCredentials = this.#orNone(task, roleType);
      if (roleCredentials === undefined) return [];
      return [
        { taskArn: task.taskArn, taskClusterArn: clusterArn(task.scope, task.cluster), roleType, roleCredentials },
      ];
    });
  }

  #orNone(task: Task, roleType: RoleType): RoleCredentials | undefined {
    try {
      return this.#credentials(task, roleType);
    } catch (error) {
      if (error instanceof RoleRefused) return undefined;
      throw error;
    }
  }

  /** @throws RoleRefused */
  #credentials(task: Task, roleType: RoleType): RoleCredentials | undefined {
    const { state, seal } = this.#platform;
    const definition = state.tables.taskDefinitions.get(task.taskDefinitionKey);
    const roleArn = roleOf(roleType, definition ?? {}, task.overrides);
    if (roleArn === undefined || task.credentialsSeed === undefined) return undefined;
    const role = this.#assumable(task, roleArn);
    if (role === undefined) {
      if (roleType === 'TaskExecution' && !needsExecutionRole(definition)) return undefined;
      throw new RoleRefused(roleArn);
    }
    const session = { sessionName: task.id, durationSeconds: SESSION_SECONDS };
    const { accessKeyId, secretAccessKey, sessionToken, expiresAt } = this.#sessions.sessionForRole(role, session);
    return {
      credentialsId: credentialsId(seal, taskKey(task), task.credentialsSeed, roleType),
      roleArn: role.arn,
      accessKeyId,
      secretAccessKey,
      sessionToken,
      expiration: new Date(expiresAt).toISOString().replace(/\.\d+Z$/, 'Z'),
    };
  }

  /** A role of the task's own account that trusts tasks; definitions may give its name alone. */
  #assumable(task: Task, roleArn: string): IamRole | undefined {
    const { account } = task.scope;
    const { resource = roleArn } = parseArn(roleArn) ?? {};
    const role = this.#platform.state.tables.iamRoles.get(
      iamKey(account, resource.slice(resource.lastIndexOf('/') + 1)),
    );
    if (role === undefined || (roleArn.includes(':') && role.arn !== roleArn)) return undefined;
    const context = contextOf({
      'aws:SourceAccount': account,
      'aws:SourceArn': task.taskArn,
      'aws:PrincipalIsAWSService': 'true',
      'aws:PrincipalServiceName': SERVICE,
    });
    const trust = this.#parse(role.assumeRolePolicyDocument, 'trust');
    const { effect } = evaluateTrust(trust, { principals: [SERVICE], action: 'sts:AssumeRole', context });
    return effect === 'allow' ? role : undefined;
  }
}
