import { shortName, type CapacityProviderStrategyItem, type Cluster } from '@gantry/domain';
import { invalidParameter } from '@gantry/protocol';
import type { ClusterConfiguration, ClusterServiceConnectDefaultsRequest, ClusterSetting } from '@aws-sdk/client-ecs';
import { isReservedName } from '../common/clusters.ts';
import { checkName } from '../common/names.ts';

/** The capacity providers there are. Users' own providers are not served by this version. */
export const FARGATE_PROVIDERS = ['FARGATE', 'FARGATE_SPOT'] as const;
const MAX_PROVIDERS = 20;
const INSIGHTS: readonly string[] = ['enabled', 'disabled', 'enhanced'];

/** Everything here is pure and throws InvalidParameterException. */

export function checkClusterName(name: string): void {
  checkName('Cluster name', name);
  if (isReservedName(name)) throw invalidParameter(`The cluster name '${name}' is reserved by Gantry. Choose another.`);
}

export function checkSettings(settings: readonly ClusterSetting[]): Cluster['settings'] {
  const seen = new Set<string>();
  for (const { name, value } of settings) {
    if (name !== 'containerInsights') {
      throw invalidParameter(`Invalid cluster setting '${name ?? ''}'. The only cluster setting is containerInsights.`);
    }
    if (value === undefined || !INSIGHTS.includes(value)) {
      throw invalidParameter(`Invalid value '${value ?? ''}' of containerInsights: use one of ${INSIGHTS.join(', ')}.`);
    }
    if (seen.has(name)) throw invalidParameter(`The cluster setting ${name} is given more than once.`);
    seen.add(name);
  }
  return settings.map(({ name, value }) => ({ name, value }));
}

export function checkConfiguration(configuration: ClusterConfiguration | undefined): void {
  if (configuration?.managedStorageConfiguration !== undefined) {
    throw invalidParameter(
      "'configuration.managedStorageConfiguration' is not supported by this version of Gantry. Remove it and try again.",
    );
  }
  const command = configuration?.executeCommandConfiguration;
  if (command?.logging === 'OVERRIDE' && command.logConfiguration === undefined) {
    throw invalidParameter("executeCommandConfiguration: logging OVERRIDE requires a 'logConfiguration'.");
  }
  if (command?.logConfiguration !== undefined && command.logging !== 'OVERRIDE') {
    throw invalidParameter("executeCommandConfiguration: a 'logConfiguration' requires logging OVERRIDE.");
  }
}

/** Service Connect is not served; clearing the default is the one thing that needs nothing. */
export function checkServiceConnectDefaults(defaults: ClusterServiceConnectDefaultsRequest | undefined): void {
  if (defaults?.namespace === undefined || defaults.namespace === '') return;
  throw invalidParameter(
    "Service Connect ('serviceConnectDefaults') is not supported by this version of Gantry. Remove it and try again.",
  );
}

/** @returns short names. ARNs are accepted. */
export function checkProviders(providers: readonly string[]): readonly string[] {
  if (providers.length > MAX_PROVIDERS) {
    throw invalidParameter(`A cluster can have at most ${MAX_PROVIDERS} capacity providers.`);
  }
  const names = providers.map(shortName);
  for (const name of names) {
    if (!(FARGATE_PROVIDERS as readonly string[]).includes(name)) {
      throw invalidParameter(
        `The specified capacity provider '${name}' was not found. Specify a valid name or ARN and try again. This version of Gantry has ${FARGATE_PROVIDERS.join(' and ')}.`,
      );
    }
  }
  if (new Set(names).size < names.length) {
    throw invalidParameter('The list of capacity providers contains duplicates. Name each provider once.');
  }
  return names;
}

const MAX_STRATEGY_ITEMS = 20;
const MAX_BASE = 100_000;
const MAX_WEIGHT = 1000;

/**
 * A capacity provider strategy (ecs-semantics 4.4) over the providers of its cluster.
 * @returns items with short names, base and weight filled in.
 */
export function checkStrategy(
  items: readonly CapacityProviderStrategyItem[],
  associated: readonly string[],
): readonly CapacityProviderStrategyItem[] {
  if (items.length > MAX_STRATEGY_ITEMS) {
    throw invalidParameter(`A capacity provider strategy has at most ${MAX_STRATEGY_ITEMS} items.`);
  }
  const checked = items.map(({ capacityProvider, base = 0, weight = 0 }) => {
    const name = shortName(capacityProvider ?? '');
    if (!associated.includes(name)) {
      throw invalidParameter(
        `The specified capacity provider '${name}' is not associated with the cluster. Associate it with PutClusterCapacityProviders and try again.`,
      );
    }
    if (base < 0 || base > MAX_BASE) throw invalidParameter(`base must be between 0 and ${MAX_BASE}; it is ${base}.`);
    if (weight < 0 || weight > MAX_WEIGHT) {
      throw invalidParameter(`weight must be between 0 and ${MAX_WEIGHT}; it is ${weight}.`);
    }
    return { capacityProvider: name, base, weight };
  });
  if (new Set(checked.map((item) => item.capacityProvider)).size < checked.length) {
    throw invalidParameter('A capacity provider strategy can name each capacity provider once.');
  }
  if (checked.filter((item) => item.base > 0).length > 1) {
    throw invalidParameter('Only one capacity provider in a capacity provider strategy can have a base defined.');
  }
  if (checked.length > 1 && checked.every((item) => item.weight === 0)) {
    throw invalidParameter(
      'At least one capacity provider in a capacity provider strategy must have a weight above 0.',
    );
  }
  return checked;
}
