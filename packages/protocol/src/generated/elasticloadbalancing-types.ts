// Written by tools/model/generate.ts: do not edit.
import type {
  AddListenerCertificatesInput,
  AddListenerCertificatesOutput,
  AddTagsInput,
  AddTagsOutput,
  CreateListenerInput,
  CreateListenerOutput,
  CreateLoadBalancerInput,
  CreateLoadBalancerOutput,
  CreateRuleInput,
  CreateRuleOutput,
  CreateTargetGroupInput,
  CreateTargetGroupOutput,
  DeleteListenerInput,
  DeleteListenerOutput,
  DeleteLoadBalancerInput,
  DeleteLoadBalancerOutput,
  DeleteRuleInput,
  DeleteRuleOutput,
  DeleteTargetGroupInput,
  DeleteTargetGroupOutput,
  DeregisterTargetsInput,
  DeregisterTargetsOutput,
  DescribeAccountLimitsInput,
  DescribeAccountLimitsOutput,
  DescribeListenerAttributesInput,
  DescribeListenerAttributesOutput,
  DescribeListenerCertificatesInput,
  DescribeListenerCertificatesOutput,
  DescribeListenersInput,
  DescribeListenersOutput,
  DescribeLoadBalancerAttributesInput,
  DescribeLoadBalancerAttributesOutput,
  DescribeLoadBalancersInput,
  DescribeLoadBalancersOutput,
  DescribeRulesInput,
  DescribeRulesOutput,
  DescribeSSLPoliciesInput,
  DescribeSSLPoliciesOutput,
  DescribeTagsInput,
  DescribeTagsOutput,
  DescribeTargetGroupAttributesInput,
  DescribeTargetGroupAttributesOutput,
  DescribeTargetGroupsInput,
  DescribeTargetGroupsOutput,
  DescribeTargetHealthInput,
  DescribeTargetHealthOutput,
  ModifyListenerAttributesInput,
  ModifyListenerAttributesOutput,
  ModifyListenerInput,
  ModifyListenerOutput,
  ModifyLoadBalancerAttributesInput,
  ModifyLoadBalancerAttributesOutput,
  ModifyRuleInput,
  ModifyRuleOutput,
  ModifyTargetGroupAttributesInput,
  ModifyTargetGroupAttributesOutput,
  ModifyTargetGroupInput,
  ModifyTargetGroupOutput,
  RegisterTargetsInput,
  RegisterTargetsOutput,
  RemoveListenerCertificatesInput,
  RemoveListenerCertificatesOutput,
  RemoveTagsInput,
  RemoveTagsOutput,
  SetIpAddressTypeInput,
  SetIpAddressTypeOutput,
  SetRulePrioritiesInput,
  SetRulePrioritiesOutput,
  SetSecurityGroupsInput,
  SetSecurityGroupsOutput,
  SetSubnetsInput,
  SetSubnetsOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2';

/** Every operation of elasticloadbalancing (API 2015-12-01) with the shapes of its input and output. */
export interface ElasticloadbalancingOperations {
  AddListenerCertificates: { input: AddListenerCertificatesInput; output: AddListenerCertificatesOutput };
  AddTags: { input: AddTagsInput; output: AddTagsOutput };
  CreateListener: { input: CreateListenerInput; output: CreateListenerOutput };
  CreateLoadBalancer: { input: CreateLoadBalancerInput; output: CreateLoadBalancerOutput };
  CreateRule: { input: CreateRuleInput; output: CreateRuleOutput };
  CreateTargetGroup: { input: CreateTargetGroupInput; output: CreateTargetGroupOutput };
  DeleteListener: { input: DeleteListenerInput; output: DeleteListenerOutput };
  DeleteLoadBalancer: { input: DeleteLoadBalancerInput; output: DeleteLoadBalancerOutput };
  DeleteRule: { input: DeleteRuleInput; output: DeleteRuleOutput };
  DeleteTargetGroup: { input: DeleteTargetGroupInput; output: DeleteTargetGroupOutput };
  DeregisterTargets: { input: DeregisterTargetsInput; output: DeregisterTargetsOutput };
  DescribeAccountLimits: { input: DescribeAccountLimitsInput; output: DescribeAccountLimitsOutput };
  DescribeListenerAttributes: { input: DescribeListenerAttributesInput; output: DescribeListenerAttributesOutput };
  DescribeListenerCertificates: { input: DescribeListenerCertificatesInput; output: DescribeListenerCertificatesOutput };
  DescribeListeners: { input: DescribeListenersInput; output: DescribeListenersOutput };
  DescribeLoadBalancerAttributes: { input: DescribeLoadBalancerAttributesInput; output: DescribeLoadBalancerAttributesOutput };
  DescribeLoadBalancers: { input: DescribeLoadBalancersInput; output: DescribeLoadBalancersOutput };
  DescribeRules: { input: DescribeRulesInput; output: DescribeRulesOutput };
  DescribeSSLPolicies: { input: DescribeSSLPoliciesInput; output: DescribeSSLPoliciesOutput };
  DescribeTags: { input: DescribeTagsInput; output: DescribeTagsOutput };
  DescribeTargetGroupAttributes: { input: DescribeTargetGroupAttributesInput; output: DescribeTargetGroupAttributesOutput };
  DescribeTargetGroups: { input: DescribeTargetGroupsInput; output: DescribeTargetGroupsOutput };
  DescribeTargetHealth: { input: DescribeTargetHealthInput; output: DescribeTargetHealthOutput };
  ModifyListener: { input: ModifyListenerInput; output: ModifyListenerOutput };
  ModifyListenerAttributes: { input: ModifyListenerAttributesInput; output: ModifyListenerAttributesOutput };
  ModifyLoadBalancerAttributes: { input: ModifyLoadBalancerAttributesInput; output: ModifyLoadBalancerAttributesOutput };
  ModifyRule: { input: ModifyRuleInput; output: ModifyRuleOutput };
  ModifyTargetGroup: { input: ModifyTargetGroupInput; output: ModifyTargetGroupOutput };
  ModifyTargetGroupAttributes: { input: ModifyTargetGroupAttributesInput; output: ModifyTargetGroupAttributesOutput };
  RegisterTargets: { input: RegisterTargetsInput; output: RegisterTargetsOutput };
  RemoveListenerCertificates: { input: RemoveListenerCertificatesInput; output: RemoveListenerCertificatesOutput };
  RemoveTags: { input: RemoveTagsInput; output: RemoveTagsOutput };
  SetIpAddressType: { input: SetIpAddressTypeInput; output: SetIpAddressTypeOutput };
  SetRulePriorities: { input: SetRulePrioritiesInput; output: SetRulePrioritiesOutput };
  SetSecurityGroups: { input: SetSecurityGroupsInput; output: SetSecurityGroupsOutput };
  SetSubnets: { input: SetSubnetsInput; output: SetSubnetsOutput };
}
