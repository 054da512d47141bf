import { elbKey, arnOf, type Tag } from '@gantry/domain';
import type { ElasticloadbalancingOperations } from '@gantry/protocol';
import { any, listed, type Demand, type KeyValues, type Place, type RulesOf } from '../demand.ts';
import { iamTags } from './tags.ts';

/** The tags of what an ARN names. */
function tagsOf(at: Place, arn: string): readonly Tag[] | undefined {
  const key = elbKey(arn) ?? '';
  const { loadBalancers, targetGroups, listeners, listenerRules } = at.tables;
  return (loadBalancers.get(key) ?? targetGroups.get(key) ?? listeners.get(key) ?? listenerRules.get(key))?.tags;
}

const named = (at: Place, arn: string | undefined, keys: KeyValues = {}): Demand => {
  const resource = arn === undefined || arn === '' ? '*' : arn;
  return { resource, keys, tags: () => tagsOf(at, resource) };
};

const made = (at: Place, resource: string, tags: Parameters<typeof iamTags>[0], keys: KeyValues = {}): Demand => ({
  resource: arnOf(at.scope, 'elasticloadbalancing', resource),
  requestTags: iamTags(tags),
  tags: () => undefined,
  keys,
});

/** Making something with tags needs leave to tag, too. */
function withTags(demand: Demand, action: string): readonly Demand[] {
  if ((demand.requestTags ?? []).length === 0) return [demand];
  const keys = { 'elasticloadbalancing:CreateAction': action };
  return [demand, { ...demand, keys, action: 'elasticloadbalancing:AddTags' }];
}

const SECURITY_POLICY = 'elasticloadbalancing:SecurityPolicy';
const LISTENER_PROTOCOL = 'elasticloadbalancing:ListenerProtocol';

interface OfListener {
  readonly ListenerArn?: string | undefined;
}
interface OfGroup {
  readonly TargetGroupArn?: string | undefined;
}
interface OfBalancer {
  readonly LoadBalancerArn?: string | undefined;
}
interface OfRule {
  readonly RuleArn?: string | undefined;
}
const listener = ({ ListenerArn }: OfListener, at: Place): Demand => named(at, ListenerArn);
const group = ({ TargetGroupArn }: OfGroup, at: Place): Demand => named(at, TargetGroupArn);
const balancer = ({ LoadBalancerArn }: OfBalancer, at: Place): Demand => named(at, LoadBalancerArn);
const rule = ({ RuleArn }: OfRule, at: Place): Demand => named(at, RuleArn);

/** Elastic Load Balancing. Its Describe operations are about everything, as IAM has it. */
export const elasticloadbalancingRules: RulesOf<ElasticloadbalancingOperations> = {
  AddListenerCertificates: listener,
  AddTags: ({ ResourceArns, Tags }, at) =>
    listed(ResourceArns).map((arn) => ({ ...named(at, arn), requestTags: iamTags(Tags) })),
  CreateListener: ({ LoadBalancerArn, Protocol, SslPolicy, Tags }, at) =>
    withTags(
      {
        ...named(at, LoadBalancerArn, { [LISTENER_PROTOCOL]: Protocol, [SECURITY_POLICY]: SslPolicy }),
        requestTags: iamTags(Tags),
      },
      'CreateListener',
    ),
  CreateLoadBalancer: ({ Name, Type, Scheme, SecurityGroups, Subnets, SubnetMappings, Tags }, at) => {
    const kind = Type === 'network' ? 'net' : Type === 'gateway' ? 'gwy' : 'app';
    const subnets = [...(Subnets ?? []), ...(SubnetMappings ?? []).flatMap(({ SubnetId }) => SubnetId ?? [])];
    const keys = {
      'elasticloadbalancing:Scheme': Scheme ?? 'internet-facing',
      'elasticloadbalancing:SecurityGroup': SecurityGroups,
      'elasticloadbalancing:Subnet': subnets,
    };
    return withTags(made(at, `loadbalancer/${kind}/${Name ?? ''}/*`, Tags, keys), 'CreateLoadBalancer');
  },
  CreateRule: ({ ListenerArn, Tags }, at) =>
    withTags({ ...named(at, ListenerArn), requestTags: iamTags(Tags) }, 'CreateRule'),
  CreateTargetGroup: ({ Name, Tags }, at) =>
    withTags(made(at, `targetgroup/${Name ?? ''}/*`, Tags), 'CreateTargetGroup'),
  DeleteListener: listener,
  DeleteLoadBalancer: balancer,
  DeleteRule: rule,
  DeleteTargetGroup: group,
  DeregisterTargets: group,
  DescribeAccountLimits: any,
  DescribeListenerAttributes: any,
  DescribeListenerCertificates: any,
  DescribeListeners: any,
  DescribeLoadBalancerAttributes: any,
  DescribeLoadBalancers: any,
  DescribeRules: any,
  DescribeSSLPolicies: any,
  DescribeTags: any,
  DescribeTargetGroupAttributes: any,
  DescribeTargetGroups: any,
  DescribeTargetHealth: any,
  ModifyListener: ({ ListenerArn, Protocol, SslPolicy }, at) =>
    named(at, ListenerArn, { [LISTENER_PROTOCOL]: Protocol, [SECURITY_POLICY]: SslPolicy }),
  ModifyListenerAttributes: listener,
  ModifyLoadBalancerAttributes: balancer,
  ModifyRule: rule,
  ModifyTargetGroup: group,
  ModifyTargetGroupAttributes: group,
  RegisterTargets: group,
  RemoveListenerCertificates: listener,
  RemoveTags: ({ ResourceArns, TagKeys }, at) =>
    listed(ResourceArns).map((arn) => ({ ...named(at, arn), tagKeys: TagKeys })),
  SetIpAddressType: balancer,
  SetRulePriorities: ({ RulePriorities }, at) =>
    listed(RulePriorities?.map(({ RuleArn }) => RuleArn)).map((arn) => named(at, arn)),
  SetSecurityGroups: ({ LoadBalancerArn, SecurityGroups }, at) =>
    named(at, LoadBalancerArn, { 'elasticloadbalancing:SecurityGroup': SecurityGroups }),
  SetSubnets: ({ LoadBalancerArn, Subnets, SubnetMappings }, at) =>
    named(at, LoadBalancerArn, {
      'elasticloadbalancing:Subnet': [
        ...(Subnets ?? []),
        ...(SubnetMappings ?? []).flatMap(({ SubnetId }) => SubnetId ?? []),
      ],
    }),
};
