import type { IpPermission, SecurityGroupRuleDescription } from '@aws-sdk/client-ec2';
import type { SecurityGroup, SecurityGroupRule } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import type { Platform, RequestContext } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import { prefixOf } from '../../state/keys.ts';
import { missingParameter, noRule } from './common/errors.ts';
import { chosen, filtered, paged } from './common/filters.ts';
import { explain, inNetworks, type Ec2Handlers } from './common/handler.ts';
import { newId } from './common/ids.ts';
import { tagsFor } from './common/tags.ts';
import { groupNamed, peersOf, storeGroup } from './group-documents.ts';
import { checkCount, ruleText, sameRule, wireRule, wishesOf, wishOf, type FlatForm } from './permissions.ts';

type Operations =
  | 'AuthorizeSecurityGroupEgress'
  | 'AuthorizeSecurityGroupIngress'
  | 'DescribeSecurityGroupRules'
  | 'ModifySecurityGroupRules'
  | 'RevokeSecurityGroupEgress'
  | 'RevokeSecurityGroupIngress'
  | 'UpdateSecurityGroupRuleDescriptionsEgress'
  | 'UpdateSecurityGroupRuleDescriptionsIngress';

type Direction = SecurityGroupRule['direction'];

export function groupRuleHandlers(platform: Platform): Pick<Ec2Handlers, Operations> {
  const run = { authorize: authorizer(platform), revoke: revoker(platform), describe: describer(platform) };
  return {
    AuthorizeSecurityGroupIngress: (input, context) => run.authorize('ingress', input, context),
    AuthorizeSecurityGroupEgress: (input, context) => run.authorize('egress', input, context),
    RevokeSecurityGroupIngress: (input, context) => run.revoke('ingress', input, context),
    RevokeSecurityGroupEgress: (input, context) => run.revoke('egress', input, context),
    UpdateSecurityGroupRuleDescriptionsIngress: (input, context) => run.describe('ingress', input, context),
    UpdateSecurityGroupRuleDescriptionsEgress: (input, context) => run.describe('egress', input, context),
    ...ruleHandlers(platform),
  };
}

interface OfGroup extends FlatForm {
  readonly GroupId?: string | undefined;
  readonly GroupName?: string | undefined;
}

type Authorize = OfGroup & { readonly TagSpecifications?: Parameters<typeof tagsFor>[1] };
type Revoke = OfGroup & { readonly SecurityGroupRuleIds?: readonly string[] | undefined };
type Describe = OfGroup & {
  readonly SecurityGroupRuleDescriptions?: readonly SecurityGroupRuleDescription[] | undefined;
};

function authorizer(platform: Platform) {
  return (direction: Direction, input: Authorize, context: RequestContext) => {
    const tags = tagsFor('security-group-rule', input.TagSpecifications);
    return inNetworks(platform, context, (tx) => {
      const group = groupNamed(tx, context, input);
      const added: SecurityGroupRule[] = [];
      for (const wish of wishesOf(input, peersOf(tx, group))) {
        const twice = [...group.rules, ...added].some((rule) => rule.direction === direction && sameRule(rule, wish));
        if (twice)
          throw new ServiceError(
            'InvalidPermission.Duplicate',
            `the specified rule "${ruleText(wish)}" already exists`,
          );
        added.push({ ...wish, ruleId: newId(platform.ids, 'sgr'), direction, tags });
      }
      const rules = [...group.rules, ...added];
      checkCount(rules);
      storeGroup(tx, group, rules);
      const text = `Rules were added (${direction}): ${added.map(ruleText).join('; ')}.`;
      explain(tx, context, group.groupId, 'securityGroup.authorized', text);
      return { Return: true, SecurityGroupRules: added.map((rule) => wireRule(group, rule)) };
    });
  };
}

function revoker(platform: Platform) {
  return (direction: Direction, input: Revoke, context: RequestContext) =>
    inNetworks(platform, context, (tx) => {
      const group = groupNamed(tx, context, input);
      const own = group.rules.filter((rule) => rule.direction === direction);
      const gone =
        input.SecurityGroupRuleIds !== undefined && input.SecurityGroupRuleIds.length > 0
          ? chosen(own, input.SecurityGroupRuleIds, ({ ruleId }) => ruleId, noRule)
          : wishesOf(input, peersOf(tx, group)).map((wish) => {
              const found = own.find((rule) => sameRule(rule, wish));
              if (found !== undefined) return found;
              const text = 'The specified rule does not exist in this security group.';
              throw new ServiceError('InvalidPermission.NotFound', text);
            });
      storeGroup(
        tx,
        group,
        group.rules.filter((rule) => !gone.includes(rule)),
      );
      const text = `Rules were removed (${direction}): ${gone.map(ruleText).join('; ')}.`;
      explain(tx, context, group.groupId, 'securityGroup.revoked', text);
      const RevokedSecurityGroupRules = gone.map((rule) => {
        const {
          SecurityGroupRuleId,
          GroupId,
          IsEgress,
          IpProtocol,
          FromPort,
          ToPort,
          CidrIpv4,
          CidrIpv6,
          Description,
        } = wireRule(group, rule);
        const ReferencedGroupId = 'groupId' in rule.peer ? rule.peer.groupId : undefined;
        return {
          SecurityGroupRuleId,
          GroupId,
          IsEgress,
          IpProtocol,
          FromPort,
          ToPort,
          CidrIpv4,
          CidrIpv6,
          ReferencedGroupId,
          Description,
        };
      });
      return { Return: true, UnknownIpPermissions: [] as IpPermission[], RevokedSecurityGroupRules };
    });
}

/** What is written about rules, which are named by their ids or by what they say. */
function describer(platform: Platform) {
  return (direction: Direction, input: Describe, context: RequestContext) =>
    inNetworks(platform, context, (tx) => {
      const group = groupNamed(tx, context, input);
      const own = group.rules.filter((rule) => rule.direction === direction);
      const texts = new Map<SecurityGroupRule, string | undefined>();
      const byId = input.SecurityGroupRuleDescriptions ?? [];
      if (byId.length > 0) {
        for (const { SecurityGroupRuleId = '', Description } of byId) {
          const [rule] = chosen(own, [SecurityGroupRuleId], ({ ruleId }) => ruleId, noRule);
          texts.set(rule as SecurityGroupRule, Description);
        }
      } else
        for (const wish of wishesOf(input, peersOf(tx, group))) {
          const rule = own.find((one) => sameRule(one, wish));
          if (rule === undefined)
            throw new ServiceError(
              'InvalidPermission.NotFound',
              'The specified rule does not exist in this security group.',
            );
          texts.set(rule, wish.description);
        }
      const rules = group.rules.map((rule) => (texts.has(rule) ? { ...rule, description: texts.get(rule) } : rule));
      storeGroup(tx, group, rules);
      explain(tx, context, group.groupId, 'securityGroup.described', 'Descriptions of its rules were changed.');
      return { Return: true };
    });
}

function ruleHandlers(
  platform: Platform,
): Pick<Ec2Handlers, 'DescribeSecurityGroupRules' | 'ModifySecurityGroupRules'> {
  return {
    DescribeSecurityGroupRules: (input, context) =>
      inNetworks(platform, context, (tx) => {
        const all = allRules(tx, context)
          .map(({ group, rule }) => ({ group, rule, tags: rule.tags }))
          .toSorted((a, b) => (a.rule.ruleId < b.rule.ruleId ? -1 : 1));
        const named = chosen(all, input.SecurityGroupRuleIds, ({ rule }) => rule.ruleId, noRule);
        const found = filtered(named, input.Filters, ['group-id', 'security-group-rule-id'], ({ group, rule }) => ({
          'group-id': group.groupId,
          'security-group-rule-id': rule.ruleId,
        }));
        const { items, end } = paged(found, input, 'DescribeSecurityGroupRules', ({ rule }) => rule.ruleId);
        return { SecurityGroupRules: items.map(({ group, rule }) => wireRule(group, rule)), ...end };
      }),

    ModifySecurityGroupRules: (input, context) =>
      inNetworks(platform, context, (tx) => {
        const group = groupNamed(tx, context, input);
        let { rules } = group;
        for (const { SecurityGroupRuleId = '', SecurityGroupRule: wanted } of input.SecurityGroupRules ?? []) {
          if (wanted === undefined) throw missingParameter('SecurityGroupRule');
          const [old] = chosen(rules, [SecurityGroupRuleId], ({ ruleId }) => ruleId, noRule);
          const { ruleId, direction, tags } = old as SecurityGroupRule;
          const next = { ...wishOf(wanted, peersOf(tx, group)), ruleId, direction, tags };
          if (rules.some((rule) => rule !== old && rule.direction === direction && sameRule(rule, next)))
            throw new ServiceError(
              'InvalidPermission.Duplicate',
              `the specified rule "${ruleText(next)}" already exists`,
            );
          rules = rules.map((rule) => (rule === old ? next : rule));
        }
        checkCount(rules);
        storeGroup(tx, group, rules);
        explain(tx, context, group.groupId, 'securityGroup.modified', 'Its rules were changed.');
        return { Return: true };
      }),
  };
}

/** Every rule of an account and region, with its group. */
export function allRules(
  { tables }: Tx,
  { scope }: Pick<RequestContext, 'scope'>,
): readonly { readonly group: SecurityGroup; readonly rule: SecurityGroupRule }[] {
  return [...tables.securityGroups.withPrefix(prefixOf(scope))].flatMap((group) =>
    group.rules.map((rule) => ({ group, rule })),
  );
}
