import { arnOf, type LoadBalancer, type Scope } from '@gantry/domain';
import { ServiceError, type ElasticloadbalancingOperations } from '@gantry/protocol';
import type { Platform, PlatformConfig } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import { allAttributes, attributeOf, changedAttributes, LOAD_BALANCER_ATTRIBUTES } from './common/attributes.ts';
import { notSupported, operationNotPermitted, validationError } from './common/errors.ts';
import { keyOf, loadBalancerOf, prefixOf } from './common/find.ts';
import { explain, type ElbHandlers } from './common/handler.ts';
import { checkName } from './common/names.ts';
import { pageOfTable } from './common/paging.ts';
import { checkTags } from './common/tags.ts';
import { removeListener } from './remove.ts';
import { wireLoadBalancer, wireZones } from './wire.ts';

type Input<N extends keyof ElasticloadbalancingOperations> = ElasticloadbalancingOperations[N]['input'];
type Operations = 'CreateLoadBalancer' | 'DescribeLoadBalancers' | 'DeleteLoadBalancer';
type Settings =
  | 'DescribeLoadBalancerAttributes'
  | 'ModifyLoadBalancerAttributes'
  | 'SetIpAddressType'
  | 'SetSecurityGroups'
  | 'SetSubnets';

const MOST = 50;

export function loadBalancerHandlers({ state, ids, config }: Platform): Pick<ElbHandlers, Operations> {
  return {
    CreateLoadBalancer: async (input, context) => {
      const { scope } = context;
      const wanted = wantedBalancer(input, scope, config);
      const balancer = await state.transact((tx) => {
        const [same] = tx.tables.loadBalancers.by('name', `${prefixOf(scope)}${wanted.name}`);
        if (same !== undefined) return sameOrRefused(same, wanted);
        if ([...tx.tables.loadBalancers.withPrefix(prefixOf(scope))].length >= MOST)
          throw new ServiceError('TooManyLoadBalancersException', `The maximum number of load balancers is ${MOST}`);
        const id = ids.hex32().slice(0, 16);
        const kind = wanted.type === 'application' ? 'app' : 'net';
        const made: LoadBalancer = {
          ...wanted,
          arn: arnOf(scope, 'elasticloadbalancing', `loadbalancer/${kind}/${wanted.name}/${id}`),
          dnsName: `${wanted.name}-${id}.elb.localhost`.toLowerCase(),
          createdAt: tx.now,
        };
        tx.put(tx.tables.loadBalancers, keyOf(made), made);
        explain(tx, context, made.arn, 'loadBalancer.created', `Load balancer ${made.name} was created.`);
        return made;
      });
      return { LoadBalancers: [wireLoadBalancer(balancer, config)] };
    },

    DescribeLoadBalancers: async (input, { scope }) => {
      const { loadBalancers } = state.tables;
      if (input.LoadBalancerArns !== undefined && input.LoadBalancerArns.length > 0) {
        const found = input.LoadBalancerArns.map((arn) => loadBalancerOf(state.tables, scope, arn));
        return { LoadBalancers: found.map((balancer) => wireLoadBalancer(balancer, config)) };
      }
      if (input.Names !== undefined && input.Names.length > 0) {
        const found = input.Names.map((name) => loadBalancers.by('name', `${prefixOf(scope)}${name}`)[0]);
        if (found.includes(undefined))
          throw new ServiceError(
            'LoadBalancerNotFoundException',
            `Load balancers '[${input.Names.join(', ')}]' not found`,
          );
        return { LoadBalancers: found.flatMap((each) => (each === undefined ? [] : [wireLoadBalancer(each, config)])) };
      }
      const { items, end } = pageOfTable(loadBalancers, scope, input);
      return { LoadBalancers: items.map((balancer) => wireLoadBalancer(balancer, config)), ...end };
    },

    DeleteLoadBalancer: async ({ LoadBalancerArn }, context) => {
      await state.transact((tx) => {
        const balancer = foundOrGone(tx, context.scope, LoadBalancerArn);
        if (balancer === undefined) return; // ELB says nothing, too
        if (valueOf(balancer, 'deletion_protection.enabled') === 'true')
          throw operationNotPermitted(
            `Load balancer '${balancer.arn}' cannot be deleted because deletion protection is enabled`,
          );
        for (const listener of tx.tables.listeners.by('loadBalancer', balancer.arn)) removeListener(tx, listener);
        tx.delete(tx.tables.loadBalancers, keyOf(balancer));
        explain(tx, context, balancer.arn, 'loadBalancer.deleted', `Load balancer ${balancer.name} was deleted.`);
      });
      return {};
    },
  };
}

export function loadBalancerSettingHandlers({ state, config }: Platform): Pick<ElbHandlers, Settings> {
  const store = (tx: Tx, balancer: LoadBalancer): void => tx.put(tx.tables.loadBalancers, keyOf(balancer), balancer);
  return {
    DescribeLoadBalancerAttributes: async ({ LoadBalancerArn }, { scope }) => {
      const { type, attributes } = loadBalancerOf(state.tables, scope, LoadBalancerArn);
      return { Attributes: allAttributes(LOAD_BALANCER_ATTRIBUTES[type], attributes) };
    },

    ModifyLoadBalancerAttributes: async ({ LoadBalancerArn, Attributes }, context) => {
      const changed = await state.transact((tx) => {
        const balancer = loadBalancerOf(tx.tables, context.scope, LoadBalancerArn);
        const rules = LOAD_BALANCER_ATTRIBUTES[balancer.type];
        const attributes = changedAttributes(rules, balancer.attributes, Attributes);
        store(tx, { ...balancer, attributes });
        const names = (Attributes ?? []).map(({ Key }) => Key).join(', ');
        explain(tx, context, balancer.arn, 'loadBalancer.modified', `Attributes were changed: ${names}.`);
        return allAttributes(rules, attributes);
      });
      return { Attributes: changed };
    },

    SetIpAddressType: async ({ LoadBalancerArn, IpAddressType }, { scope }) => {
      loadBalancerOf(state.tables, scope, LoadBalancerArn);
      return { IpAddressType: checkIpv4(IpAddressType) };
    },

    SetSecurityGroups: async ({ LoadBalancerArn, SecurityGroups }, context) => {
      const securityGroups = [...new Set(SecurityGroups)];
      await state.transact((tx) => {
        const balancer = loadBalancerOf(tx.tables, context.scope, LoadBalancerArn);
        store(tx, { ...balancer, securityGroups });
        const text = `Security groups: ${securityGroups.join(', ') || 'none'}.`;
        explain(tx, context, balancer.arn, 'loadBalancer.modified', text);
      });
      return { SecurityGroupIds: securityGroups };
    },

    SetSubnets: async (input, context) => {
      const subnetIds = subnetsOf(input, config);
      await state.transact((tx) => {
        const balancer = loadBalancerOf(tx.tables, context.scope, input.LoadBalancerArn);
        store(tx, { ...balancer, subnetIds });
        explain(tx, context, balancer.arn, 'loadBalancer.modified', `Subnets: ${subnetIds.join(', ')}.`);
      });
      return { AvailabilityZones: wireZones(subnetIds, config), IpAddressType: 'ipv4' };
    },
  };
}

/** An attribute's value, the default where it was not changed. Pure. */
export function valueOf({ type, attributes }: LoadBalancer, key: string): string {
  return attributeOf(LOAD_BALANCER_ATTRIBUTES[type], attributes, key);
}

type Wanted = Omit<LoadBalancer, 'arn' | 'dnsName' | 'createdAt'>;

function wantedBalancer(input: Input<'CreateLoadBalancer'>, scope: Scope, config: PlatformConfig): Wanted {
  const name = checkName('Load balancer', input.Name ?? '');
  if (name.startsWith('internal-')) throw validationError(`Load balancer name '${name}' cannot begin with 'internal-'`);
  const type = input.Type ?? 'application';
  if (type === 'gateway')
    throw notSupported('Load balancers of type gateway are', 'Types there are: application, network.');
  for (const member of ['CustomerOwnedIpv4Pool', 'EnablePrefixForIpv6SourceNat', 'IpamPools'] as const)
    if (input[member] !== undefined) throw notSupported(`${member} is`, 'Leave it out.');
  checkIpv4(input.IpAddressType);
  return {
    scope,
    name,
    type,
    scheme: input.Scheme ?? 'internet-facing',
    subnetIds: subnetsOf(input, config),
    securityGroups: [...new Set(input.SecurityGroups)],
    attributes: {},
    tags: checkTags(input.Tags),
  };
}

function checkIpv4(given: string | undefined): 'ipv4' {
  if (given !== undefined && given !== 'ipv4') throw notSupported(`IP address type ${given} is`, 'Use ipv4.');
  return 'ipv4';
}

type Subnets = Pick<Input<'CreateLoadBalancer'>, 'Subnets' | 'SubnetMappings'>;

/** Without any: all there are. ELB wants two zones; a host is one. */
function subnetsOf({ Subnets, SubnetMappings }: Subnets, config: PlatformConfig): readonly string[] {
  if (Subnets !== undefined && Subnets.length > 0 && SubnetMappings !== undefined && SubnetMappings.length > 0)
    throw validationError('You can specify either subnets or subnet mappings, not both');
  for (const { AllocationId, PrivateIPv4Address, IPv6Address } of SubnetMappings ?? [])
    if ((AllocationId ?? PrivateIPv4Address ?? IPv6Address) !== undefined)
      throw notSupported('Addresses of your own in SubnetMappings are', 'Give SubnetId alone.');
  const given = [...(Subnets ?? []), ...(SubnetMappings ?? []).map(({ SubnetId }) => SubnetId ?? '')];
  const known = config.subnets.map(({ subnetId }) => subnetId);
  for (const id of given)
    if (!known.includes(id))
      throw new ServiceError(
        'SubnetNotFoundException',
        `The subnet ID '${id}' does not exist. Subnets of this Gantry: ${known.join(', ') || 'none'}.`,
      );
  return given.length === 0 ? known : [...new Set(given)];
}

function sameOrRefused(there: LoadBalancer, wanted: Wanted): LoadBalancer {
  const same = there.type === wanted.type && there.scheme === wanted.scheme;
  if (same && there.subnetIds.join() === wanted.subnetIds.join()) return there;
  throw new ServiceError(
    'DuplicateLoadBalancerNameException',
    `A load balancer with the same name '${wanted.name}' exists, but with different settings`,
  );
}

function foundOrGone(tx: Tx, scope: Scope, arn: string | undefined): LoadBalancer | undefined {
  try {
    return loadBalancerOf(tx.tables, scope, arn);
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'LoadBalancerNotFoundException') return undefined;
    throw error;
  }
}
