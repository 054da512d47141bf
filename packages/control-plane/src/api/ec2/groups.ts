import type { SecurityGroup as WireGroup } from '@aws-sdk/client-ec2';
import { arnOf, type Scope, type SecurityGroup, type SecurityGroupRule } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import type { Platform } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import { defaultVpcId, everywhere } from '../../vpc/default-vpc.ts';
import { groupIdsOf } from '../../vpc/groups.ts';
import { prefixOf } from '../../state/keys.ts';
import { dependencyViolation, invalidValue, missingParameter, noGroup } from './common/errors.ts';
import { chosen, filtered, paged, type Fields } from './common/filters.ts';
import { explain, inNetworks, type Ec2Handlers } from './common/handler.ts';
import { newId } from './common/ids.ts';
import { tagsFor, wireTags } from './common/tags.ts';
import { groupNamed, namedIn, storeGroup } from './group-documents.ts';
import { wirePermissions } from './permissions.ts';
import { vpcNamed } from './vpcs.ts';

type Operations = 'CreateSecurityGroup' | 'DeleteSecurityGroup' | 'DescribeSecurityGroups';

/** EC2's, for a region. */
const MOST = 2500;
const TEXT = /^[\w .:/()#,@[\]+=&;{}!$*-]*$/;

export function groupHandlers(platform: Platform): Pick<Ec2Handlers, Operations> {
  const { ids } = platform;
  return {
    CreateSecurityGroup: (input, context) => {
      const { GroupName, Description, VpcId } = input;
      checkName(GroupName, Description);
      const tags = tagsFor('security-group', input.TagSpecifications);
      return inNetworks(platform, context, (tx) => {
        const { scope } = context;
        const { vpcId } = vpcNamed(tx, context, VpcId ?? defaultVpcId(scope));
        if (namedIn(tx, scope, vpcId, GroupName as string) !== undefined)
          throw new ServiceError(
            'InvalidGroup.Duplicate',
            `The security group '${GroupName}' already exists for VPC '${vpcId}'`,
          );
        if ([...tx.tables.securityGroups.withPrefix(prefixOf(scope))].length >= MOST)
          throw new ServiceError(
            'SecurityGroupLimitExceeded',
            'The maximum number of security groups has been reached.',
          );
        const groupId = newId(ids, 'sg');
        const named = { scope, groupId, groupName: GroupName as string, description: Description as string, vpcId };
        storeGroup(tx, { ...named, rules: [everywhere(newId(ids, 'sgr'))], tags, createdAt: tx.now });
        explain(
          tx,
          context,
          groupId,
          'securityGroup.created',
          `Security group ${GroupName} (${groupId}) was created in ${vpcId}.`,
        );
        return { GroupId: groupId, SecurityGroupArn: arnOfGroup(scope, groupId), Tags: wireTags(tags) };
      });
    },

    DeleteSecurityGroup: (input, context) =>
      inNetworks(platform, context, (tx) => {
        const group = groupNamed(tx, context, input);
        if (group.groupName === 'default')
          throw new ServiceError(
            'CannotDelete',
            `the specified group: "${group.groupId}" name: "default" cannot be deleted by a user`,
          );
        const dependent = dependentOn(tx, group);
        if (dependent !== undefined)
          throw dependencyViolation(`resource ${group.groupId} has a dependent object (${dependent})`);
        tx.delete(tx.tables.securityGroups, `${prefixOf(context.scope)}${group.groupId}`);
        explain(tx, context, group.groupId, 'securityGroup.deleted', `Security group ${group.groupName} was deleted.`);
        return { Return: true, GroupId: group.groupId };
      }),
    ...readers(platform),
  };
}

function readers(platform: Platform): Pick<Ec2Handlers, 'DescribeSecurityGroups'> {
  return {
    DescribeSecurityGroups: (input, context) =>
      inNetworks(platform, context, ({ tables }) => {
        const { scope } = context;
        const all = [...tables.securityGroups.withPrefix(prefixOf(scope))];
        const byId = chosen(all, input.GroupIds, ({ groupId }) => groupId, noGroup);
        // Names are those of the default VPC.
        const inDefault = byId.filter(({ vpcId }) => vpcId === defaultVpcId(scope));
        const named =
          (input.GroupNames ?? []).length === 0
            ? byId
            : chosen(inDefault, input.GroupNames, ({ groupName }) => groupName, noGroup);
        const found = filtered(named, input.Filters, FILTERS, fieldsOf);
        const { items, end } = paged(found, input, 'DescribeSecurityGroups', ({ groupId }) => groupId);
        return { SecurityGroups: items.map(wireGroup), ...end };
      }),
  };
}

function checkName(name: string | undefined, description: string | undefined): void {
  if (name === undefined || name === '') throw missingParameter('groupName');
  if (description === undefined || description === '') throw missingParameter('groupDescription');
  if (name === 'default')
    throw new ServiceError('InvalidParameterValue', `Cannot use reserved security group name: default`);
  if (name.startsWith('sg-')) throw invalidValue(`Invalid security group name '${name}': it cannot begin with sg-.`);
  for (const [what, text] of [
    ['name', name],
    ['description', description],
  ] as const)
    if (text.length > 255 || !TEXT.test(text))
      throw invalidValue(
        `Value (${text.slice(0, 64)}) for parameter Group${what === 'name' ? 'Name' : 'Description'} is invalid. Character sets beyond ASCII are not supported; up to 255 of a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&;{}!$* are.`,
      );
}

/** What would lose its rules with the group. */
function dependentOn({ tables }: Tx, { scope, groupId, vpcId }: SecurityGroup): string | undefined {
  const prefix = prefixOf(scope);
  for (const task of tables.tasks.withPrefix(prefix))
    if (task.lastStatus !== 'STOPPED' && groupIdsOf(tables, task).includes(groupId))
      return task.networkInterface?.networkInterfaceId ?? task.taskArn;
  for (const balancer of tables.loadBalancers.withPrefix(prefix))
    if (balancer.securityGroups.includes(groupId)) return balancer.arn;
  for (const other of tables.securityGroups.by('vpc', `${prefix}${vpcId}`))
    if (other.groupId !== groupId && other.rules.some(({ peer }) => 'groupId' in peer && peer.groupId === groupId))
      return other.groupId;
  return undefined;
}

const arnOfGroup = (scope: Scope, groupId: string): string => arnOf(scope, 'ec2', `security-group/${groupId}`);

export function wireGroup(group: SecurityGroup): WireGroup {
  const { scope, groupId, groupName, description, vpcId, rules, tags } = group;
  const those = (direction: SecurityGroupRule['direction']) => rules.filter((rule) => rule.direction === direction);
  return {
    GroupId: groupId,
    GroupName: groupName,
    Description: description,
    OwnerId: scope.account,
    VpcId: vpcId,
    SecurityGroupArn: arnOfGroup(scope, groupId),
    IpPermissions: wirePermissions(those('ingress'), scope),
    IpPermissionsEgress: wirePermissions(those('egress'), scope),
    Tags: wireTags(tags),
  };
}

const OF_RULES = ['cidr', 'from-port', 'group-id', 'ipv6-cidr', 'protocol', 'to-port', 'user-id'] as const;
const FILTERS = [
  'description',
  'group-id',
  'group-name',
  'owner-id',
  'vpc-id',
  ...OF_RULES.flatMap((name) => [`ip-permission.${name}`, `egress.ip-permission.${name}`]),
];

function fieldsOf(group: SecurityGroup): Fields {
  return {
    description: group.description,
    'group-id': group.groupId,
    'group-name': group.groupName,
    'owner-id': group.scope.account,
    'vpc-id': group.vpcId,
    ...fieldsOfRules(group, 'ingress', 'ip-permission'),
    ...fieldsOfRules(group, 'egress', 'egress.ip-permission'),
  };
}

function fieldsOfRules(group: SecurityGroup, direction: SecurityGroupRule['direction'], prefix: string): Fields {
  const rules = group.rules.filter((rule) => rule.direction === direction);
  const values: Readonly<Record<(typeof OF_RULES)[number], (rule: SecurityGroupRule) => string | number | undefined>> =
    {
      cidr: ({ peer }) => ('cidrIpv4' in peer ? peer.cidrIpv4 : undefined),
      'from-port': ({ fromPort }) => fromPort,
      'group-id': ({ peer }) => ('groupId' in peer ? peer.groupId : undefined),
      'ipv6-cidr': ({ peer }) => ('cidrIpv6' in peer ? peer.cidrIpv6 : undefined),
      protocol: ({ protocol }) => protocol,
      'to-port': ({ toPort }) => toPort,
      'user-id': ({ peer }) => ('groupId' in peer ? group.scope.account : undefined),
    };
  return Object.fromEntries(
    OF_RULES.map((name) => [
      `${prefix}.${name}`,
      rules.flatMap((rule) => String(values[name](rule) ?? '')).filter((text) => text !== ''),
    ]),
  );
}
