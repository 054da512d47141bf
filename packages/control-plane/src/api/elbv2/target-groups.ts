import { arnOf, targetKey, type Scope, type TargetGroup, type TargetGroupHealthCheck } from '@gantry/domain';
import { ServiceError, type ElasticloadbalancingOperations } from '@gantry/protocol';
import type { Platform } from '../../platform.ts';
import { defaultVpcId, ensureDefaultVpc } from '../../vpc/default-vpc.ts';
import { allAttributes, attributeOf, changedAttributes, TARGET_GROUP_ATTRIBUTES } from './common/attributes.ts';
import { notSupported, validationError } from './common/errors.ts';
import { prefixOf } from '../../state/keys.ts';
import { balancersUsing, keyOf, loadBalancerOf, targetGroupOf } from './common/find.ts';
import { explain, type ElbHandlers } from './common/handler.ts';
import { checkName } from './common/names.ts';
import { pageOfItems, pageOfTable } from './common/paging.ts';
import { checkTags } from './common/tags.ts';
import { checkedHealthCheck } from './health-check.ts';
import { wireTargetGroup } from './wire.ts';

type Operations = 'CreateTargetGroup' | 'DescribeTargetGroups';
type Changes = 'ModifyTargetGroup' | 'DeleteTargetGroup';
type Attributes = 'DescribeTargetGroupAttributes' | 'ModifyTargetGroupAttributes';
type Input = ElasticloadbalancingOperations['CreateTargetGroup']['input'];

const MOST = 3000;

export function targetGroupHandlers({ state, ids, config }: Platform): Pick<ElbHandlers, Operations> {
  const shown = (group: TargetGroup) => wireTargetGroup(group, balancersUsing(state.tables, group));
  return {
    CreateTargetGroup: async (input, context) => {
      const { scope } = context;
      const wanted = wantedGroup(input, scope);
      const group = await state.transact((tx) => {
        const [same] = tx.tables.targetGroups.by('name', `${prefixOf(scope)}${wanted.name}`);
        if (same !== undefined) return sameOrRefused(same, wanted);
        ensureDefaultVpc(tx, config, scope);
        if (tx.tables.vpcs.get(`${prefixOf(scope)}${wanted.vpcId}`) === undefined)
          throw validationError(`The VPC ID '${wanted.vpcId}' is not found`);
        if ([...tx.tables.targetGroups.withPrefix(prefixOf(scope))].length >= MOST)
          throw new ServiceError('TooManyTargetGroupsException', `The maximum number of target groups is ${MOST}`);
        const id = ids.hex32().slice(0, 16);
        const arn = arnOf(scope, 'elasticloadbalancing', `targetgroup/${wanted.name}/${id}`);
        const made: TargetGroup = { ...wanted, arn, createdAt: tx.now };
        tx.put(tx.tables.targetGroups, keyOf(made), made);
        explain(tx, context, arn, 'targetGroup.created', `Target group ${made.name} was created.`);
        return made;
      });
      return { TargetGroups: [shown(group)] };
    },

    DescribeTargetGroups: async (input, { scope }) => {
      const { targetGroups } = state.tables;
      const { LoadBalancerArn, TargetGroupArns = [], Names = [] } = input;
      if (TargetGroupArns.length > 0)
        return { TargetGroups: TargetGroupArns.map((arn) => shown(targetGroupOf(state.tables, scope, arn))) };
      if (Names.length > 0) {
        const found = Names.flatMap((name) => targetGroups.by('name', `${prefixOf(scope)}${name}`));
        if (found.length < Names.length)
          throw new ServiceError('TargetGroupNotFoundException', 'One or more target groups not found');
        return { TargetGroups: found.map(shown) };
      }
      if (LoadBalancerArn !== undefined) {
        const { arn } = loadBalancerOf(state.tables, scope, LoadBalancerArn);
        const used = [...targetGroups.withPrefix(prefixOf(scope))].filter((group) =>
          balancersUsing(state.tables, group).includes(arn),
        );
        const { items, end } = pageOfItems(used, input, keyOf);
        return { TargetGroups: items.map(shown), ...end };
      }
      const { items, end } = pageOfTable(targetGroups, scope, input);
      return { TargetGroups: items.map(shown), ...end };
    },
  };
}

export function targetGroupChangeHandlers({ state }: Platform): Pick<ElbHandlers, Changes> {
  const shown = (group: TargetGroup) => wireTargetGroup(group, balancersUsing(state.tables, group));
  return {
    ModifyTargetGroup: async (input, context) => {
      const group = await state.transact((tx) => {
        const before = targetGroupOf(tx.tables, context.scope, input.TargetGroupArn);
        const healthCheck = checkedHealthCheck(input, before.protocol, before.healthCheck);
        const after: TargetGroup = { ...before, healthCheck };
        tx.put(tx.tables.targetGroups, keyOf(after), after);
        explain(tx, context, after.arn, 'targetGroup.modified', 'Its health check was changed.');
        return after;
      });
      return { TargetGroups: [shown(group)] };
    },

    DeleteTargetGroup: async ({ TargetGroupArn }, context) => {
      await state.transact((tx) => {
        const group = targetGroupOf(tx.tables, context.scope, TargetGroupArn);
        if (balancersUsing(tx.tables, group).length > 0)
          throw new ServiceError(
            'ResourceInUseException',
            `Target group '${group.arn}' is currently in use by a listener or a rule`,
          );
        for (const { id, port } of tx.tables.targets.by('group', group.arn))
          tx.delete(tx.tables.targets, targetKey(group.arn, id, port));
        tx.delete(tx.tables.targetGroups, keyOf(group));
        explain(tx, context, group.arn, 'targetGroup.deleted', `Target group ${group.name} was deleted.`);
      });
      return {};
    },
  };
}

export function targetGroupAttributeHandlers({ state }: Platform): Pick<ElbHandlers, Attributes> {
  return {
    DescribeTargetGroupAttributes: async ({ TargetGroupArn }, { scope }) => {
      const { protocol, attributes } = targetGroupOf(state.tables, scope, TargetGroupArn);
      return { Attributes: allAttributes(TARGET_GROUP_ATTRIBUTES[protocol], attributes) };
    },

    ModifyTargetGroupAttributes: async ({ TargetGroupArn, Attributes }, context) => {
      const changed = await state.transact((tx) => {
        const group = targetGroupOf(tx.tables, context.scope, TargetGroupArn);
        const rules = TARGET_GROUP_ATTRIBUTES[group.protocol];
        const attributes = changedAttributes(rules, group.attributes, Attributes);
        checkTogether({ ...group, attributes });
        tx.put(tx.tables.targetGroups, keyOf(group), { ...group, attributes });
        const names = (Attributes ?? []).map(({ Key }) => Key).join(', ');
        explain(tx, context, group.arn, 'targetGroup.modified', `Attributes were changed: ${names}.`);
        return allAttributes(rules, attributes);
      });
      return { Attributes: changed };
    },
  };
}

/** An attribute's value, the default where it was not changed. Pure. */
export function groupAttribute({ protocol, attributes }: TargetGroup, key: string): string {
  return attributeOf(TARGET_GROUP_ATTRIBUTES[protocol], attributes, key);
}

function checkTogether(group: TargetGroup): void {
  const value = (key: string): string => groupAttribute(group, key);
  if (
    value('stickiness.enabled') === 'true' &&
    value('stickiness.type') === 'app_cookie' &&
    value('stickiness.app_cookie.cookie_name') === ''
  )
    throw validationError(
      "The attribute 'stickiness.app_cookie.cookie_name' must be specified with app_cookie stickiness",
    );
  const slow = value('slow_start.duration_seconds');
  if (slow !== '' && slow !== '0' && value('load_balancing.algorithm.type') !== 'round_robin')
    throw validationError("Slow start is available with the 'round_robin' algorithm alone");
}

type Wanted = Omit<TargetGroup, 'arn' | 'createdAt'>;

function wantedGroup(input: Input, scope: Scope): Wanted {
  const name = checkName('Target group', input.Name ?? '');
  const targetType = input.TargetType ?? 'instance';
  if (targetType !== 'instance' && targetType !== 'ip')
    throw notSupported(`Target type ${targetType} is`, 'Types there are: instance, ip.');
  const { Protocol: protocol, Port: port } = input;
  if (protocol === undefined) throw validationError('A protocol must be specified');
  if (protocol !== 'HTTP' && protocol !== 'TCP')
    throw notSupported(`Target groups of protocol ${protocol} are`, 'Protocols there are: HTTP, TCP.');
  if (port === undefined) throw validationError('A port must be specified');
  if (input.ProtocolVersion !== undefined && (protocol !== 'HTTP' || input.ProtocolVersion !== 'HTTP1'))
    throw notSupported(`Protocol version ${input.ProtocolVersion} is`, 'The version there is: HTTP1, of HTTP.');
  if (input.IpAddressType !== undefined && input.IpAddressType !== 'ipv4')
    throw notSupported(`IP address type ${input.IpAddressType} is`, 'Use ipv4.');
  if (input.TargetControlPort !== undefined) throw notSupported('TargetControlPort is', 'Leave it out.');
  const healthCheck: TargetGroupHealthCheck = checkedHealthCheck(input, protocol);
  return {
    scope,
    name,
    protocol,
    protocolVersion: protocol === 'HTTP' ? 'HTTP1' : undefined,
    port,
    vpcId: input.VpcId ?? defaultVpcId(scope),
    targetType,
    healthCheck,
    attributes: {},
    tags: checkTags(input.Tags),
  };
}

function sameOrRefused(there: TargetGroup, wanted: Wanted): TargetGroup {
  const same = (['protocol', 'port', 'vpcId', 'targetType'] as const).every((name) => there[name] === wanted[name]);
  if (same && JSON.stringify(there.healthCheck) === JSON.stringify(wanted.healthCheck)) return there;
  throw new ServiceError(
    'DuplicateTargetGroupNameException',
    `A target group with the same name '${wanted.name}' exists, but with different settings`,
  );
}
