import type { IpPermission, SecurityGroupRule as WireRule, SecurityGroupRuleRequest } from '@aws-sdk/client-ec2';
import { arnOf, type Scope, type SecurityGroup, type SecurityGroupPeer, type SecurityGroupRule } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import { canonical, isBlock } from '../../vpc/cidr.ts';
import { isIPv6 } from 'node:net';
import { invalidValue, missingParameter, unsupported } from './common/errors.ts';
import { wireTags } from './common/tags.ts';

/** A rule as it is asked for: without id and direction. */
export type RuleWish = Pick<SecurityGroupRule, 'protocol' | 'fromPort' | 'toPort' | 'peer' | 'description'>;

/** The form with one source in the request itself. */
export interface FlatForm {
  readonly IpPermissions?: readonly IpPermission[] | undefined;
  readonly IpProtocol?: string | undefined;
  readonly FromPort?: number | undefined;
  readonly ToPort?: number | undefined;
  readonly CidrIp?: string | undefined;
  readonly SourceSecurityGroupName?: string | undefined;
  readonly SourceSecurityGroupOwnerId?: string | undefined;
}

/** Finds the group that is meant, by its id or, in the same VPC, by its name. @throws ServiceError InvalidGroup.NotFound */
export type FindGroup = (named: {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
}) => SecurityGroup;

/** What a request asks for, one source or destination each. @throws ServiceError in EC2's words */
export function wishesOf(form: FlatForm, find: FindGroup): readonly RuleWish[] {
  if (form.IpPermissions !== undefined && form.IpPermissions.length > 0)
    return form.IpPermissions.flatMap((permission) => wishesOfPermission(permission, find));
  const { SourceSecurityGroupName: GroupName, CidrIp, IpProtocol, FromPort, ToPort } = form;
  // A group by its name alone means all protocols.
  if (GroupName !== undefined) {
    const of = { IpProtocol: IpProtocol ?? '-1', FromPort, ToPort };
    return wishesOfPermission({ ...of, UserIdGroupPairs: [{ GroupName }] }, find);
  }
  if (CidrIp === undefined || IpProtocol === undefined)
    throw missingParameter(IpProtocol === undefined ? 'ipPermissions' : 'CidrIp');
  return wishesOfPermission({ IpProtocol, FromPort, ToPort, IpRanges: [{ CidrIp }] }, find);
}

function wishesOfPermission(permission: IpPermission, find: FindGroup): readonly RuleWish[] {
  const { IpRanges = [], Ipv6Ranges = [], UserIdGroupPairs = [], PrefixListIds = [] } = permission;
  if (PrefixListIds.length > 0) throw unsupported('Prefix lists in rules are', 'Name CIDR blocks or groups.');
  const what = protocolOf(permission.IpProtocol, permission.FromPort, permission.ToPort);
  const wish = (peer: SecurityGroupPeer, description: string | undefined): RuleWish => ({
    ...what,
    peer,
    description: checkedText(description),
  });
  const wishes = [
    ...IpRanges.map(({ CidrIp, Description }) => wish({ cidrIpv4: blockOf(CidrIp) }, Description)),
    ...Ipv6Ranges.map(({ CidrIpv6, Description }) => wish({ cidrIpv6: block6Of(CidrIpv6) }, Description)),
    ...UserIdGroupPairs.map(({ GroupId, GroupName, Description }) =>
      wish({ groupId: find({ id: GroupId, name: GroupName }).groupId }, Description),
    ),
  ];
  if (wishes.length === 0) throw missingParameter('CidrIp');
  return wishes;
}

/** The form of ModifySecurityGroupRules. */
export function wishOf(request: SecurityGroupRuleRequest, find: FindGroup): RuleWish {
  const { CidrIpv4, CidrIpv6, ReferencedGroupId, PrefixListId, Description } = request;
  if (PrefixListId !== undefined) throw unsupported('Prefix lists in rules are', 'Name CIDR blocks or groups.');
  const peers: SecurityGroupPeer[] = [
    ...(CidrIpv4 === undefined ? [] : [{ cidrIpv4: blockOf(CidrIpv4) }]),
    ...(CidrIpv6 === undefined ? [] : [{ cidrIpv6: block6Of(CidrIpv6) }]),
    ...(ReferencedGroupId === undefined ? [] : [{ groupId: find({ id: ReferencedGroupId }).groupId }]),
  ];
  const [peer, more] = peers;
  if (peer === undefined || more !== undefined)
    throw invalidValue('A rule has exactly one of CidrIpv4, CidrIpv6 and ReferencedGroupId.');
  return {
    ...protocolOf(request.IpProtocol, request.FromPort, request.ToPort),
    peer,
    description: checkedText(Description),
  };
}

const NAMES: Readonly<Record<string, string | undefined>> = {
  '1': 'icmp',
  '6': 'tcp',
  '17': 'udp',
  '58': 'icmpv6',
  all: '-1',
};

type What = Pick<RuleWish, 'protocol' | 'fromPort' | 'toPort'>;

function protocolOf(given: string | undefined, from: number | undefined, to: number | undefined): What {
  const text = (given ?? '').toLowerCase();
  const protocol = NAMES[text] ?? text;
  if (given === undefined) throw missingParameter('ipProtocol');
  if (protocol === 'tcp' || protocol === 'udp') return { protocol, ...portsOf(protocol, from, to) };
  if (protocol === 'icmp' || protocol === 'icmpv6') {
    const [type, code] = [from ?? -1, to ?? -1];
    if (type < -1 || type > 255 || code < -1 || code > 255 || (type === -1 && code !== -1))
      throw invalidValue(`Invalid ICMP type and code: (${type}:${code})`);
    return { protocol, fromPort: type, toPort: code };
  }
  if (protocol === '-1' || (/^\d{1,3}$/.test(protocol) && Number(protocol) < 256)) return { protocol };
  throw invalidValue(`Invalid value '${given.slice(0, 64)}' for IP protocol. Unknown protocol.`);
}

function portsOf(
  protocol: string,
  from: number | undefined,
  to: number | undefined,
): Pick<RuleWish, 'fromPort' | 'toPort'> {
  if (from === undefined || to === undefined)
    throw invalidValue(`Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.`);
  if (from === -1 && to === -1) return { fromPort: 0, toPort: 65_535 };
  if (from < 0 || to > 65_535 || from > to)
    throw invalidValue(
      `Invalid value '${from}-${to}' for portRange. Invalid ${protocol.toUpperCase()} port range (${from}:${to})`,
    );
  return { fromPort: from, toPort: to };
}

/** EC2 takes 10.0.0.7/24 for the network it is in. */
function blockOf(text = ''): string {
  const looksLike = /^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/.test(text);
  if (looksLike && isBlock(canonical(text), 0, 32)) return canonical(text);
  throw invalidValue(`CIDR block ${text.slice(0, 64)} is malformed`);
}

function block6Of(text = ''): string {
  const [address = '', bits = '', more] = text.split('/');
  if (isIPv6(address) && more === undefined && /^\d{1,3}$/.test(bits) && Number(bits) <= 128) return text.toLowerCase();
  throw invalidValue(`CIDR block ${text.slice(0, 64)} is malformed`);
}

function checkedText(description: string | undefined): string | undefined {
  if (description === undefined || description === '') return undefined;
  if (description.length > 255 || !/^[\w .:/()#,@[\]+=&;{}!$*-]*$/.test(description))
    throw invalidValue(
      `Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*`,
    );
  return description;
}

const keyOfPeer = (peer: SecurityGroupPeer): string => Object.entries(peer).flat().join('=');

/** Rules that let the same through are the same, whatever is written about them. */
export const sameRule = (a: RuleWish, b: RuleWish): boolean =>
  a.protocol === b.protocol &&
  a.fromPort === b.fromPort &&
  a.toPort === b.toPort &&
  keyOfPeer(a.peer) === keyOfPeer(b.peer);

/** EC2's words for a rule, in errors. */
export function ruleText({ protocol, fromPort, toPort, peer }: RuleWish): string {
  const ports = fromPort === undefined ? '' : `, from port: ${fromPort}, to port: ${toPort}`;
  const whom = 'groupId' in peer ? peer.groupId : 'cidrIpv4' in peer ? peer.cidrIpv4 : peer.cidrIpv6;
  return `peer: ${whom}, ${protocol === '-1' ? 'ALL' : protocol.toUpperCase()}${ports}, ALLOW`;
}

/** Rules of one protocol and range are one permission, as DescribeSecurityGroups shows them. */
export function wirePermissions(rules: readonly SecurityGroupRule[], scope: Scope): IpPermission[] {
  const permissions = new Map<
    string,
    Required<Pick<IpPermission, 'IpRanges' | 'Ipv6Ranges' | 'UserIdGroupPairs'>> & IpPermission
  >();
  for (const { protocol, fromPort, toPort, peer, description: Description } of rules) {
    const key = `${protocol}/${fromPort}/${toPort}`;
    const permission = permissions.get(key) ?? {
      IpProtocol: protocol,
      FromPort: fromPort,
      ToPort: toPort,
      UserIdGroupPairs: [],
      IpRanges: [],
      Ipv6Ranges: [],
      PrefixListIds: [],
    };
    permissions.set(key, permission);
    if ('cidrIpv4' in peer) permission.IpRanges.push({ CidrIp: peer.cidrIpv4, Description });
    else if ('cidrIpv6' in peer) permission.Ipv6Ranges.push({ CidrIpv6: peer.cidrIpv6, Description });
    else permission.UserIdGroupPairs.push({ UserId: scope.account, GroupId: peer.groupId, Description });
  }
  return [...permissions.values()];
}

export function wireRule(
  { scope, groupId }: Pick<SecurityGroup, 'scope' | 'groupId'>,
  rule: SecurityGroupRule,
): WireRule {
  const { ruleId, direction, protocol, fromPort, toPort, peer, description, tags } = rule;
  return {
    SecurityGroupRuleId: ruleId,
    SecurityGroupRuleArn: arnOf(scope, 'ec2', `security-group-rule/${ruleId}`),
    GroupId: groupId,
    GroupOwnerId: scope.account,
    IsEgress: direction === 'egress',
    IpProtocol: protocol,
    // EC2 says -1 where a rule is about all of them.
    FromPort: fromPort ?? -1,
    ToPort: toPort ?? -1,
    CidrIpv4: 'cidrIpv4' in peer ? peer.cidrIpv4 : undefined,
    CidrIpv6: 'cidrIpv6' in peer ? peer.cidrIpv6 : undefined,
    ReferencedGroupInfo: 'groupId' in peer ? { GroupId: peer.groupId, UserId: scope.account } : undefined,
    Description: description,
    Tags: wireTags(tags),
  };
}

const MOST_RULES = 60;

/** @throws ServiceError when there are more than 60 a direction, of IPv4 or of IPv6; a group counts as both */
export function checkCount(rules: readonly SecurityGroupRule[]): void {
  for (const direction of ['ingress', 'egress'] as const)
    for (const other of ['cidrIpv4', 'cidrIpv6'])
      if (rules.filter((rule) => rule.direction === direction && !(other in rule.peer)).length > MOST_RULES)
        throw new ServiceError(
          'RulesPerSecurityGroupLimitExceeded',
          'The maximum number of rules per security group has been reached.',
        );
}
