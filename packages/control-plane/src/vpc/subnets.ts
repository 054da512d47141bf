import type { Scope } from '@gantry/domain';
import type { PlatformConfig, SubnetConfig } from '../platform.ts';
import { prefixOf } from '../state/keys.ts';
import type { Tables } from '../state/tables.ts';
import { defaultVpcId } from './default-vpc.ts';

/** Where subnets are known from: the configuration, which all accounts share, and each account's own documents. */
export interface SubnetView {
  readonly tables: Tables;
  readonly config: Pick<PlatformConfig, 'subnets'>;
}

export interface KnownSubnet extends SubnetConfig {
  readonly vpcId: string;
}

/** A subnet by its id, as the account and region see it. */
export function subnetOf({ tables, config }: SubnetView, scope: Scope, subnetId: string): KnownSubnet | undefined {
  const configured = config.subnets.find((subnet) => subnet.subnetId === subnetId);
  if (configured !== undefined) return { ...configured, vpcId: defaultVpcId(scope) };
  const made = tables.subnets.get(`${prefixOf(scope)}${subnetId}`);
  if (made === undefined) return undefined;
  const { vpcId, availabilityZone, cidrBlock: cidr } = made;
  return { subnetId, vpcId, availabilityZone, cidr };
}

/** All subnets of an account and region, in order of their ids. */
export function subnetsOf(view: SubnetView, scope: Scope): readonly KnownSubnet[] {
  const made = [...view.tables.subnets.withPrefix(prefixOf(scope))].map(({ subnetId }) => subnetId);
  const ids = new Set([...view.config.subnets.map(({ subnetId }) => subnetId), ...made]);
  return [...ids].toSorted((a, b) => (a < b ? -1 : 1)).flatMap((id) => subnetOf(view, scope, id) ?? []);
}

/** The VPC of a subnet, also of one that is configured no more: that was a default VPC's. */
export function vpcIdOf(tables: Tables, scope: Scope, subnetId: string): string {
  return tables.subnets.get(`${prefixOf(scope)}${subnetId}`)?.vpcId ?? defaultVpcId(scope);
}
