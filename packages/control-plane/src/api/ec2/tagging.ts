import type { ResourceType } from '@aws-sdk/client-ec2';
import type { Tag } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import type { Platform, RequestContext } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import { prefixOf } from '../../state/keys.ts';
import { missingParameter, noGroup, noRule, noVpc } from './common/errors.ts';
import { filtered, paged } from './common/filters.ts';
import { explain, inNetworks, type Ec2Handlers } from './common/handler.ts';
import { checkedTags, mergeTags } from './common/tags.ts';
import { allRules } from './group-rules.ts';
import { storeGroup } from './group-documents.ts';
import { storedSubnet } from './subnets.ts';

type Change = (tags: readonly Tag[]) => readonly Tag[];

export function taggingHandlers(platform: Platform): Pick<Ec2Handlers, 'CreateTags' | 'DeleteTags' | 'DescribeTags'> {
  return {
    CreateTags: (input, context) => {
      const added = checkedTags(input.Tags);
      if (added.length === 0) throw missingParameter('tagSet');
      return inNetworks(platform, context, (tx) => {
        for (const id of input.Resources ?? []) {
          retag(platform, tx, context, id, (tags) => mergeTags(tags, added));
          explain(tx, context, id, 'resource.tagged', `Tagged with ${added.map(({ key }) => key).join(', ')}.`);
        }
        return {};
      });
    },

    DeleteTags: (input, context) =>
      inNetworks(platform, context, (tx) => {
        // Without a list all go; with a value only where it is that value.
        const gone = input.Tags?.map(({ Key, Value }) => ({ key: Key, value: Value }));
        const isGone = (tag: Tag): boolean =>
          gone === undefined ||
          gone.some(({ key, value }) => key === tag.key && (value === undefined || value === tag.value));
        for (const id of input.Resources ?? []) {
          retag(platform, tx, context, id, (tags) => tags.filter((tag) => !isGone(tag)));
          explain(tx, context, id, 'resource.tagged', 'Tags were removed.');
        }
        return {};
      }),

    DescribeTags: (input, context) =>
      inNetworks(platform, context, (tx) => {
        const all = taggedIn(tx, context)
          .flatMap(({ id, kind, tags }) => tags.map((tag) => ({ id, kind, tag, tags: [tag] })))
          .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
        const found = filtered(all, input.Filters, ['key', 'resource-id', 'resource-type', 'value', 'tag'], (item) => ({
          key: item.tag.key,
          'resource-id': item.id,
          'resource-type': item.kind,
          value: item.tag.value,
        }));
        const { items, end } = paged(found, input, 'DescribeTags', keyOf);
        const Tags = items.map(({ id, kind, tag }) => ({
          Key: tag.key,
          ResourceId: id,
          ResourceType: kind,
          Value: tag.value,
        }));
        return { Tags, ...end };
      }),
  };
}

const keyOf = ({ id, tag }: { readonly id: string; readonly tag: Tag }): string => `${id}\n${tag.key}`;

function taggedIn(
  tx: Tx,
  context: RequestContext,
): readonly { readonly id: string; readonly kind: ResourceType; readonly tags: readonly Tag[] }[] {
  const prefix = prefixOf(context.scope);
  const { vpcs, subnets, securityGroups } = tx.tables;
  return [
    ...[...vpcs.withPrefix(prefix)].map(({ vpcId: id, tags }) => ({ id, kind: 'vpc' as const, tags })),
    ...[...subnets.withPrefix(prefix)].map(({ subnetId: id, tags }) => ({ id, kind: 'subnet' as const, tags })),
    ...[...securityGroups.withPrefix(prefix)].map(({ groupId: id, tags }) => ({
      id,
      kind: 'security-group' as const,
      tags,
    })),
    ...allRules(tx, context).map(({ rule }) => ({
      id: rule.ruleId,
      kind: 'security-group-rule' as const,
      tags: rule.tags,
    })),
  ];
}

/** @throws ServiceError when there is no such thing, or it is of a kind whose tags are not kept */
function retag(platform: Platform, tx: Tx, context: RequestContext, id: string, change: Change): void {
  const { scope } = context;
  const key = `${prefixOf(scope)}${id}`;
  const { vpcs, subnets, securityGroups } = tx.tables;
  if (id.startsWith('subnet-')) {
    const subnet = storedSubnet(platform, tx, scope, id);
    tx.put(subnets, key, { ...subnet, tags: change(subnet.tags) });
  } else if (id.startsWith('sgr-')) {
    const found = allRules(tx, context).find(({ rule }) => rule.ruleId === id);
    if (found === undefined) throw noRule(id);
    const { group, rule } = found;
    const rules = group.rules.map((one) => (one === rule ? { ...rule, tags: change(rule.tags) } : one));
    storeGroup(tx, group, rules);
  } else if (id.startsWith('sg-')) {
    const group = securityGroups.get(key);
    if (group === undefined) throw noGroup(id);
    storeGroup(tx, { ...group, tags: change(group.tags) });
  } else if (id.startsWith('vpc-')) {
    const vpc = vpcs.get(key);
    if (vpc === undefined) throw noVpc(id);
    tx.put(vpcs, key, { ...vpc, tags: change(vpc.tags) });
  } else
    throw new ServiceError(
      'InvalidID',
      `The ID '${id.slice(0, 64)}' is not valid: tags are kept of VPCs, subnets, security groups and their rules.`,
    );
}
