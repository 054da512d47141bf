import { iamKey, type AccountId, type IamRole } from '@gantry/domain';
import { SealError } from '../../seal/port.ts';
import { uniqueId } from '../../identity/ids.ts';
import type { Platform } from '../../platform.ts';
import type { Tables } from '../../state/tables.ts';
import { invalidInput, noSuchEntity } from './common/errors.ts';
import { checkQuota, iamArn, roleNamed } from './common/find.ts';
import { explain, secondOf, type IamHandlers } from './common/handler.ts';
import { MOST_ROLES } from './roles.ts';
import { wholeRole } from './wire.ts';

interface Linked {
  readonly roleName: string;
  /** Name of AWS's policy for it, where it is kept. */
  readonly policy?: string;
  /** Whether an account may have several, told apart by a suffix. */
  readonly suffix?: true;
}

/** The services of an ECS set-up that have a role of their own in each account. */
const LINKED: Readonly<Record<string, Linked>> = {
  'autoscaling.amazonaws.com': {
    roleName: 'AWSServiceRoleForAutoScaling',
    policy: 'AutoScalingServiceRolePolicy',
    suffix: true,
  },
  'ecs-compute.amazonaws.com': {
    roleName: 'AWSServiceRoleForECSCompute',
    policy: 'AmazonECSComputeServiceRolePolicy',
  },
  'ecs.amazonaws.com': { roleName: 'AWSServiceRoleForECS', policy: 'AmazonECSServiceRolePolicy' },
  'ecs.application-autoscaling.amazonaws.com': {
    roleName: 'AWSServiceRoleForApplicationAutoScaling_ECSService',
    policy: 'AWSApplicationAutoscalingECSServicePolicy',
  },
  'elasticloadbalancing.amazonaws.com': {
    roleName: 'AWSServiceRoleForElasticLoadBalancing',
    policy: 'AWSElasticLoadBalancingServiceRolePolicy',
  },
  'spot.amazonaws.com': { roleName: 'AWSServiceRoleForEC2Spot' },
};

type Operations = 'CreateServiceLinkedRole' | 'DeleteServiceLinkedRole' | 'GetServiceLinkedRoleDeletionStatus';

export function serviceLinkedRoleHandlers({ state, ids, seal }: Platform): Pick<IamHandlers, Operations> {
  return {
    CreateServiceLinkedRole: async ({ AWSServiceName, Description, CustomSuffix }, context) => {
      const { account } = context.scope;
      const service = AWSServiceName as string;
      const linked = linkedRole(service, CustomSuffix);
      const role = await state.transact((tx) => {
        if (tx.tables.iamRoles.get(iamKey(account, linked.roleName)) !== undefined)
          throw invalidInput(
            `Service role name ${linked.roleName} has been taken in this account, please try a different suffix.`,
          );
        checkQuota(tx.tables.iamRoles.keys, account, 'RolesPerAccount', MOST_ROLES);
        const made = newRole(account, service, linked, {
          roleId: uniqueId('AROA', ids),
          createDate: secondOf(tx),
          description: Description,
        });
        tx.put(tx.tables.iamRoles, iamKey(account, made.roleName), made);
        explain(tx, context, made.arn, 'role.created', `Service-linked role ${made.roleName} was created.`);
        return made;
      });
      return { Role: wholeRole(role) };
    },

    DeleteServiceLinkedRole: async ({ RoleName }, context) => {
      const { account } = context.scope;
      return state.transact((tx) => {
        const role = roleNamed(tx.tables, account, RoleName as string);
        if (role.linkedService === undefined)
          throw noSuchEntity(`The role ${role.roleName} is not service-linked. Use DeleteRole.`);
        if (usersOf(tx.tables, role).length === 0) {
          tx.delete(tx.tables.iamRoles, iamKey(account, role.roleName));
          tx.delete(tx.tables.iamLastUses, role.roleId);
          explain(tx, context, role.arn, 'role.deleted', `Service-linked role ${role.roleName} was deleted.`);
        }
        // The id says it all: nothing has to be remembered of what was done at once.
        const id = seal.seal(role.roleId, deletionContext(account, role.path, role.roleName));
        return { DeletionTaskId: `task${role.path}${role.roleName}/${id}` };
      });
    },

    GetServiceLinkedRoleDeletionStatus: async ({ DeletionTaskId }, { scope }) => {
      const [, path = '', roleName = '', sealed = ''] =
        /^task(\/aws-service-role\/[^/]+\/)([^/]+)\/(.+)$/.exec(DeletionTaskId as string) ?? [];
      const roleId = opened(() => seal.open(sealed, deletionContext(scope.account, path, roleName)).toString('utf8'));
      if (roleId === undefined) throw noSuchEntity(`Deletion task ${DeletionTaskId} cannot be found.`);
      const role = state.tables.iamRoles.get(iamKey(scope.account, roleName));
      if (role?.roleId !== roleId) return { Status: 'SUCCEEDED' };
      const reason = 'A service-linked role is required for the resources that use it. Delete these first.';
      return { Status: 'FAILED', Reason: { Reason: reason, RoleUsageList: usersOf(state.tables, role) } };
    },
  };
}

/** @throws ServiceError InvalidInputException */
function linkedRole(service: string, suffix: string | undefined): Linked {
  const linked = Object.hasOwn(LINKED, service) ? LINKED[service] : undefined;
  if (linked === undefined)
    throw invalidInput(`${service} has no service-linked role here. These have: ${Object.keys(LINKED).join(', ')}.`);
  if (suffix === undefined) return linked;
  if (linked.suffix !== true) throw invalidInput(`Custom suffix is not allowed for ${service}`);
  return { ...linked, roleName: `${linked.roleName}_${suffix}` };
}

function newRole(
  account: AccountId,
  service: string,
  { roleName, policy }: Linked,
  rest: Pick<IamRole, 'roleId' | 'createDate' | 'description'>,
): IamRole {
  const path = `/aws-service-role/${service}/`;
  const statement = { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' };
  return {
    ...rest,
    account,
    roleName,
    path,
    arn: iamArn(account, 'role', path, roleName),
    tags: [],
    assumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
    trustedIds: {},
    maxSessionDurationSeconds: 3600,
    linkedService: service,
    inlinePolicies: {},
    attachedPolicies: policy === undefined ? [] : [`arn:aws:iam::aws:policy/aws-service-role/${policy}`],
  };
}

/** What still needs the role: clusters, for that of ECS. */
function usersOf(tables: Tables, { account, linkedService }: IamRole): { Region: string; Resources: string[] }[] {
  if (linkedService !== 'ecs.amazonaws.com') return [];
  const byRegion = new Map<string, string[]>();
  for (const cluster of tables.clusters.withPrefix(`${account}/`)) {
    if (cluster.status === 'INACTIVE' || cluster.internal) continue;
    const { region } = cluster.scope;
    byRegion.set(region, [...(byRegion.get(region) ?? []), cluster.clusterArn]);
  }
  return [...byRegion].map(([Region, Resources]) => ({ Region, Resources }));
}

const deletionContext = (account: string, path: string, roleName: string): string =>
  `iam/role-deletion/${account}${path}${roleName}`;

function opened(open: () => string): string | undefined {
  try {
    return open();
  } catch (error) {
    if (error instanceof SealError) return undefined;
    throw error;
  }
}
