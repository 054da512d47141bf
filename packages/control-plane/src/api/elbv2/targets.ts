import { isIPv4 } from 'node:net';
import { epochMs, targetKey, type Target, type TargetGroup } from '@gantry/domain';
import { ServiceError, type ElasticloadbalancingOperations } from '@gantry/protocol';
import type { Platform, RequestContext } from '../../platform.ts';
import type { Tables } from '../../state/tables.ts';
import { notSupported, validationError } from './common/errors.ts';
import { balancersUsing, targetGroupOf } from './common/find.ts';
import { explain, type ElbHandlers } from './common/handler.ts';
import { groupAttribute } from './target-groups.ts';
import { startDraining, registerTarget } from './target-documents.ts';
import { wireTargetHealth } from './wire.ts';

type Operations = 'RegisterTargets' | 'DeregisterTargets' | 'DescribeTargetHealth';
type Description = NonNullable<ElasticloadbalancingOperations['RegisterTargets']['input']['Targets']>[number];

const MOST_TARGETS = 1000;

export function targetHandlers(platform: Platform): Pick<ElbHandlers, Operations> {
  const { state } = platform;
  return {
    RegisterTargets: async ({ TargetGroupArn, Targets }, context) => {
      await state.transact((tx) => {
        const group = targetGroupOf(tx.tables, context.scope, TargetGroupArn);
        const named = (Targets ?? []).map((target) => checkedTarget(tx.tables, group, target));
        for (const each of named) registerTarget(tx, platform, group, each);
        if (tx.tables.targets.countBy('group', group.arn) > MOST_TARGETS)
          throw new ServiceError('TooManyTargetsException', `A target group can have at most ${MOST_TARGETS} targets`);
        explain(tx, context, group.arn, 'targetGroup.registered', `Registered: ${listText(named)}.`);
      });
      return {};
    },

    DeregisterTargets: async ({ TargetGroupArn, Targets }, context) => {
      await state.transact((tx) => {
        const group = targetGroupOf(tx.tables, context.scope, TargetGroupArn);
        const gone = (Targets ?? []).flatMap((target) => registered(tx.tables, group, target));
        for (const target of gone) startDraining(tx, group, target);
        explain(tx, context, group.arn, 'targetGroup.deregistered', `Deregistered: ${listText(gone)}.`);
      });
      return {};
    },

    DescribeTargetHealth: async (input, context) => ({
      TargetHealthDescriptions: healthOf(state.tables, input, context),
    }),
  };
}

function healthOf(
  tables: Tables,
  { TargetGroupArn, Targets = [] }: ElasticloadbalancingOperations['DescribeTargetHealth']['input'],
  { scope }: RequestContext,
) {
  const group = targetGroupOf(tables, scope, TargetGroupArn);
  const used = balancersUsing(tables, group).length > 0;
  const shown = (target: Target) => wireTargetHealth(target, group.healthCheck.port, used);
  if (Targets.length === 0) return tables.targets.by('group', group.arn).map(shown);
  return Targets.flatMap((target) => {
    const found = registered(tables, group, target);
    return found.length > 0 ? found.map(shown) : [notRegistered(group, target)];
  });
}

function notRegistered(group: TargetGroup, { Id, Port }: Description) {
  return {
    Target: { Id, Port: Port ?? group.port },
    TargetHealth: {
      State: 'unused' as const,
      Reason: 'Target.NotRegistered' as const,
      Description: 'Target is not registered to the target group',
    },
  };
}

/** Without a port: every registration of that id. */
function registered(tables: Tables, group: TargetGroup, { Id, Port }: Description): readonly Target[] {
  if (Port !== undefined)
    return [tables.targets.get(targetKey(group.arn, Id ?? '', Port))].filter((t) => t !== undefined);
  return tables.targets.by('group', group.arn).filter(({ id }) => id === Id);
}

function checkedTarget(tables: Tables, group: TargetGroup, target: Description) {
  const { Id: id = '', Port, AvailabilityZone, QuicServerId } = target;
  if (QuicServerId !== undefined) throw notSupported('QuicServerId is', 'Leave it out.');
  if (group.targetType === 'ip' && !isIPv4(id))
    throw validationError(`The IP address '${id.slice(0, 64)}' is not a valid IPv4 address`);
  if (group.targetType === 'instance' && instanceNamed(tables, group, id) === undefined)
    throw new ServiceError(
      'InvalidTargetException',
      `The following targets are not in a running state and cannot be registered: '${id.slice(0, 64)}'`,
    );
  return { id, port: Port ?? group.port, availabilityZone: AvailabilityZone };
}

/** A container instance of the scope, by its EC2 instance's id or its own. */
export function instanceNamed(tables: Tables, { scope }: Pick<TargetGroup, 'scope'>, id: string) {
  for (const instance of tables.instances.withPrefix(`${scope.account}/${scope.region}/`))
    if (instance.status !== 'INACTIVE' && (instance.ec2InstanceId === id || instance.id === id)) return instance;
  return undefined;
}

const listText = (targets: readonly { readonly id: string; readonly port: number }[]): string =>
  targets.map(({ id, port }) => `${id}:${port}`).join(', ') || 'nothing that was there';

/** When a target that is deregistered now is gone. */
export function drainUntil(group: TargetGroup, now: number) {
  return epochMs(now + Number(groupAttribute(group, 'deregistration_delay.timeout_seconds')) * 1000);
}
