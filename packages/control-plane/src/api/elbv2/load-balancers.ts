import { arnOf, type LoadBalancer, type Scope } from '@gantry/domain';
import { ServiceError, type ElasticloadbalancingOperations } from '@gantry/protocol';
import type { Platform, PlatformConfig } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import { defaultVpcId, ensureDefaultVpc } from '../../vpc/default-vpc.ts';
import { groupOf } from '../../vpc/groups.ts';
import { subnetsOf, vpcIdOf, type SubnetView } from '../../vpc/subnets.ts';
import { allAttributes, attributeOf, changedAttributes, LOAD_BALANCER_ATTRIBUTES } from './common/attributes.ts';
import { notSupported, operationNotPermitted, validationError } from './common/errors.ts';
import { prefixOf } from '../../state/keys.ts';
import { keyOf, loadBalancerOf } from './common/find.ts';
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
  const shown = (balancer: LoadBalancer) => wireLoadBalancer(balancer, { tables: state.tables, config });
  return {
    CreateLoadBalancer: async (input, context) => {
      const { scope } = context;
      const balancer = await state.transact((tx) => {
        const networks = networksOf(tx, config, scope);
        const wanted = wantedBalancer(input, networks);
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
      return { LoadBalancers: [shown(balancer)] };
    },

    DescribeLoadBalancers: async (input, { scope }) => {
      const { loadBalancers } = state.tables;
      if (input.LoadBalancerArns !== undefined && input.LoadBalancerArns.length > 0) {
        const found = input.LoadBalancerArns.map((arn) => loadBalancerOf(state.tables, scope, arn));
        return { LoadBalancers: found.map((balancer) => shown(balancer)) };
      }
      if (input.Names !== undefined && input.Names.length > 0) {
        const found = input.Names.map((name) => loadBalancers.by('name', `${prefixOf(scope)}${name}`)[0]);
        if (found.includes(undefined))
          throw new ServiceError(
            'LoadBalancerNotFoundException',
            `Load balancers '[${input.Names.join(', ')}]' not found`,
          );
        return { LoadBalancers: found.flatMap((each) => (each === undefined ? [] : [shown(each)])) };
      }
      const { items, end } = pageOfTable(loadBalancers, scope, input);
      return { LoadBalancers: items.map((balancer) => shown(balancer)), ...end };
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
      const securityGroups = await state.transact((tx) => {
        const balancer = loadBalancerOf(tx.tables, context.scope, LoadBalancerArn);
        const networks = networksOf(tx, config, context.scope);
        const securityGroups = checkedGroups(SecurityGroups, networks, balancer.subnetIds);
        store(tx, { ...balancer, securityGroups });
        const text = `Security groups: ${securityGroups.join(', ') || 'none'}.`;
        explain(tx, context, balancer.arn, 'loadBalancer.modified', text);
        return securityGroups;
      });
      return { SecurityGroupIds: [...securityGroups] };
    },

    SetSubnets: async (input, context) => {
      const subnetIds = await state.transact((tx) => {
        const balancer = loadBalancerOf(tx.tables, context.scope, input.LoadBalancerArn);
        const subnetIds = chosenSubnets(input, networksOf(tx, config, context.scope));
        store(tx, { ...balancer, subnetIds });
        explain(tx, context, balancer.arn, 'loadBalancer.modified', `Subnets: ${subnetIds.join(', ')}.`);
        return subnetIds;
      });
      const { scope } = context;
      return {
        AvailabilityZones: wireZones(subnetIds, scope, { tables: state.tables, config }),
        IpAddressType: 'ipv4',
      };
    },
  };
}

/** An attribute's value, the default where it was not changed. Pure. */
export function valueOf({ type, attributes }: LoadBalancer, key: string): string {
  return attributeOf(LOAD_BALANCER_ATTRIBUTES[type], attributes, key);
}

type Wanted = Omit<LoadBalancer, 'arn' | 'dnsName' | 'createdAt'>;

function wantedBalancer(input: Input<'CreateLoadBalancer'>, networks: Networks): Wanted {
  const name = checkName('Load balancer', input.Name ?? '');
  if (name.startsWith('internal-')) throw validationError(`Load balancer name '${name}' cannot begin with 'internal-'`);
  const type = input.Type ?? 'application';
  if (type === 'gateway')
    throw notSupported('Load balancers of type gateway are', 'Types there are: application, network.');
  for (const member of ['CustomerOwnedIpv4Pool', 'EnablePrefixForIpv6SourceNat', 'IpamPools'] as const)
    if (input[member] !== undefined) throw notSupported(`${member} is`, 'Leave it out.');
  checkIpv4(input.IpAddressType);
  const subnetIds = chosenSubnets(input, networks);
  return {
    scope: networks.scope,
    name,
    type,
    scheme: input.Scheme ?? 'internet-facing',
    subnetIds,
    securityGroups: checkedGroups(input.SecurityGroups, networks, subnetIds),
    attributes: {},
    tags: checkTags(input.Tags),
  };
}

function checkIpv4(given: string | undefined): 'ipv4' {
  if (given !== undefined && given !== 'ipv4') throw notSupported(`IP address type ${given} is`, 'Use ipv4.');
  return 'ipv4';
}

type Subnets = Pick<Input<'CreateLoadBalancer'>, 'Subnets' | 'SubnetMappings'>;

/** Without any: all of the default VPC. ELB wants two zones; a host is one. */
function chosenSubnets({ Subnets, SubnetMappings }: Subnets, networks: Networks): readonly string[] {
  if (Subnets !== undefined && Subnets.length > 0 && SubnetMappings !== undefined && SubnetMappings.length > 0)
    throw validationError('You can specify either subnets or subnet mappings, not both');
  for (const { AllocationId, PrivateIPv4Address, IPv6Address } of SubnetMappings ?? [])
    if ((AllocationId ?? PrivateIPv4Address ?? IPv6Address) !== undefined)
      throw notSupported('Addresses of your own in SubnetMappings are', 'Give SubnetId alone.');
  const given = [...(Subnets ?? []), ...(SubnetMappings ?? []).map(({ SubnetId }) => SubnetId ?? '')];
  const all = subnetsOf(networks, networks.scope);
  const found = given.map((id) => {
    const subnet = all.find(({ subnetId }) => subnetId === id);
    if (subnet !== undefined) return subnet;
    throw new ServiceError(
      'SubnetNotFoundException',
      `The subnet ID '${id}' does not exist. Subnets of this Gantry: ${all.map(({ subnetId }) => subnetId).join(', ') || 'none'}.`,
    );
  });
  if (found.some(({ vpcId }) => vpcId !== found[0]?.vpcId))
    throw new ServiceError('InvalidSubnetException', 'All subnets must belong to the same VPC');
  const chosen = given.length === 0 ? all.filter(({ vpcId }) => vpcId === defaultVpcId(networks.scope)) : found;
  return [...new Set(chosen.map(({ subnetId }) => subnetId))];
}

/** @throws ServiceError InvalidSecurityGroup for those that are not there, or in another VPC */
function checkedGroups(
  given: readonly string[] | undefined,
  networks: Networks,
  subnetIds: readonly string[],
): readonly string[] {
  const { tables, scope } = networks;
  const vpcId = subnetIds[0] === undefined ? defaultVpcId(scope) : vpcIdOf(tables, scope, subnetIds[0]);
  for (const id of given ?? []) {
    const group = groupOf(tables, scope, id);
    if (group === undefined)
      throw new ServiceError('InvalidSecurityGroupException', `The security group '${id}' does not exist`);
    if (group.vpcId !== vpcId)
      throw new ServiceError(
        'InvalidSecurityGroupException',
        `The security group '${id}' is not in the VPC '${vpcId}'`,
      );
  }
  return [...new Set(given)];
}

interface Networks extends SubnetView {
  readonly scope: Scope;
}

function networksOf(tx: Tx, config: PlatformConfig, scope: Scope): Networks {
  ensureDefaultVpc(tx, config, scope);
  return { tables: tx.tables, config, scope };
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
