import { invalidParameter, ServiceError } from '@gantry/protocol';
import type { CreateServiceRequest, DeploymentConfiguration, UpdateServiceRequest } from '@aws-sdk/client-ecs';

/** Lists that ask for something only when they hold something. */
const LISTS = {
  serviceRegistries: 'Service registries',
  volumeConfigurations: 'EBS volumes',
  vpcLatticeConfigurations: 'VPC Lattice',
  gatewayConnectors: 'Gateway connectors',
} as const;

/**
 * Refuses what this version of Gantry does not do for services; nothing is dropped in silence. Pure.
 * Throws UnsupportedFeatureException, or InvalidParameterException for single members.
 */
export function refuseUnsupported(input: CreateServiceRequest | UpdateServiceRequest): void {
  for (const [member, words] of Object.entries(LISTS)) {
    if ((input[member as keyof typeof LISTS] ?? []).length > 0) throw notSupported(words, member);
  }
  if (input.serviceConnectConfiguration?.enabled === true) {
    throw notSupported('Service Connect', 'serviceConnectConfiguration');
  }
  if ((input.monitoring?.metricConfigurations ?? []).length > 0) throw notSupported('Metric monitoring', 'monitoring');
  const controller = input.deploymentController?.type ?? 'ECS';
  if (controller !== 'ECS') throw notSupported(`The deployment controller ${controller}`, 'deploymentController');
  if ('role' in input && input.role !== undefined && input.role !== '' && (input.loadBalancers ?? []).length === 0) {
    throw invalidParameter('Role is only valid for services configured to use load balancers. Leave it out.');
  }
  refuseInDeployments(input.deploymentConfiguration);
}

function refuseInDeployments(configuration: DeploymentConfiguration | undefined): void {
  if (configuration === undefined) return;
  if (configuration.alarms?.enable === true) throw notSupported('Deployment alarms', 'deploymentConfiguration.alarms');
  if (configuration.earlySuccessCriteria !== undefined)
    throw notSupported('This', 'deploymentConfiguration.earlySuccessCriteria');
}

export function notSupported(words: string, member: string): ServiceError {
  return new ServiceError(
    'UnsupportedFeatureException',
    `${words} ('${member}') is not supported by this version of Gantry. Leave it out and try again.`,
  );
}
