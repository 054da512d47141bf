import type {
  Action,
  AvailabilityZone,
  Listener as WireListener,
  LoadBalancer as WireLoadBalancer,
  Rule,
  RuleCondition,
  TargetGroup as WireTargetGroup,
  TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type {
  Listener,
  ListenerAction,
  ListenerCondition,
  ListenerRule,
  LoadBalancer,
  Scope,
  Target,
  TargetGroup,
} from '@gantry/domain';
import { defaultVpcId } from '../../vpc/default-vpc.ts';
import { subnetOf, vpcIdOf, type SubnetView } from '../../vpc/subnets.ts';

// Documents → ELB's shapes.

export function wireZones(subnetIds: readonly string[], scope: Scope, view: SubnetView): AvailabilityZone[] {
  return subnetIds.map((SubnetId) => ({
    ZoneName: subnetOf(view, scope, SubnetId)?.availabilityZone,
    SubnetId,
    LoadBalancerAddresses: [],
  }));
}

export function wireLoadBalancer(balancer: LoadBalancer, view: SubnetView): WireLoadBalancer {
  const { scope, subnetIds } = balancer;
  return {
    LoadBalancerArn: balancer.arn,
    DNSName: balancer.dnsName,
    CanonicalHostedZoneId: balancer.type === 'application' ? 'Z35SXDOTRQ7X7K' : 'Z26RNL4JYFTOTI',
    CreatedTime: new Date(balancer.createdAt),
    LoadBalancerName: balancer.name,
    Scheme: balancer.scheme,
    VpcId: subnetIds[0] === undefined ? defaultVpcId(scope) : vpcIdOf(view.tables, scope, subnetIds[0]),
    State: { Code: 'active' },
    Type: balancer.type,
    AvailabilityZones: wireZones(subnetIds, scope, view),
    SecurityGroups: [...balancer.securityGroups],
    IpAddressType: 'ipv4',
  };
}

export function wireTargetGroup(group: TargetGroup, loadBalancerArns: readonly string[]): WireTargetGroup {
  const { healthCheck } = group;
  return {
    TargetGroupArn: group.arn,
    TargetGroupName: group.name,
    Protocol: group.protocol,
    Port: group.port,
    VpcId: group.vpcId,
    HealthCheckProtocol: healthCheck.protocol,
    HealthCheckPort: healthCheck.port,
    HealthCheckEnabled: healthCheck.enabled,
    HealthCheckIntervalSeconds: healthCheck.intervalSeconds,
    HealthCheckTimeoutSeconds: healthCheck.timeoutSeconds,
    HealthyThresholdCount: healthCheck.healthyThreshold,
    UnhealthyThresholdCount: healthCheck.unhealthyThreshold,
    HealthCheckPath: healthCheck.path,
    Matcher: healthCheck.httpCode === undefined ? undefined : { HttpCode: healthCheck.httpCode },
    LoadBalancerArns: [...loadBalancerArns],
    TargetType: group.targetType,
    ProtocolVersion: group.protocolVersion,
    IpAddressType: 'ipv4',
  };
}

export function wireListener(listener: Listener): WireListener {
  return {
    ListenerArn: listener.arn,
    LoadBalancerArn: listener.loadBalancerArn,
    Port: listener.port,
    Protocol: listener.protocol,
    DefaultActions: [wireAction(listener.defaultAction)],
  };
}

export function wireRule(rule: ListenerRule): Rule {
  return {
    RuleArn: rule.arn,
    Priority: String(rule.priority),
    Conditions: rule.conditions.map(wireCondition),
    Actions: [wireAction(rule.action)],
    IsDefault: false,
  };
}

export function wireDefaultRule(listener: Listener): Rule {
  return {
    RuleArn: listener.defaultRuleArn,
    Priority: 'default',
    Conditions: [],
    Actions: [wireAction(listener.defaultAction)],
    IsDefault: true,
  };
}

function wireAction(action: ListenerAction): Action {
  switch (action.type) {
    case 'forward': {
      const [only, more] = action.targetGroups;
      return {
        Type: 'forward',
        TargetGroupArn: more === undefined ? only?.targetGroupArn : undefined,
        ForwardConfig: {
          TargetGroups: action.targetGroups.map(({ targetGroupArn, weight }) => ({
            TargetGroupArn: targetGroupArn,
            Weight: weight,
          })),
          TargetGroupStickinessConfig: {
            Enabled: action.stickySeconds !== undefined,
            DurationSeconds: action.stickySeconds,
          },
        },
      };
    }
    case 'redirect':
      return {
        Type: 'redirect',
        RedirectConfig: {
          Protocol: action.protocol,
          Port: action.port,
          Host: action.host,
          Path: action.path,
          Query: action.query,
          StatusCode: action.statusCode,
        },
      };
    case 'fixed-response':
      return {
        Type: 'fixed-response',
        FixedResponseConfig: {
          StatusCode: action.statusCode,
          ContentType: action.contentType,
          MessageBody: action.messageBody,
        },
      };
  }
}

function wireCondition(condition: ListenerCondition): RuleCondition {
  const Field = condition.field;
  switch (condition.field) {
    case 'host-header':
      return { Field, Values: [...condition.values], HostHeaderConfig: { Values: [...condition.values] } };
    case 'path-pattern':
      return { Field, Values: [...condition.values], PathPatternConfig: { Values: [...condition.values] } };
    case 'http-request-method':
      return { Field, HttpRequestMethodConfig: { Values: [...condition.values] } };
    case 'source-ip':
      return { Field, SourceIpConfig: { Values: [...condition.values] } };
    case 'http-header':
      return { Field, HttpHeaderConfig: { HttpHeaderName: condition.name, Values: [...condition.values] } };
    case 'query-string':
      return {
        Field,
        QueryStringConfig: { Values: condition.values.map(({ key, value }) => ({ Key: key, Value: value })) },
      };
  }
}

/** @param isUsed whether a listener forwards to its group: else nobody checks it */
export function wireTargetHealth(target: Target, healthCheckPort: string, isUsed: boolean): TargetHealthDescription {
  const { id: Id, port: Port, availabilityZone: AvailabilityZone, state, reason, description } = target;
  const Target = { Id, Port, AvailabilityZone };
  const HealthCheckPort = healthCheckPort === 'traffic-port' ? String(Port) : healthCheckPort;
  if (!isUsed && state !== 'draining') {
    const Description = 'Target group is not configured to receive traffic from the load balancer';
    return { Target, HealthCheckPort, TargetHealth: { State: 'unused', Reason: 'Target.NotInUse', Description } };
  }
  const TargetHealth = {
    State: state,
    ...(state === 'healthy' ? {} : { Reason: reason as never, Description: description }),
  };
  return { Target, HealthCheckPort, TargetHealth };
}
