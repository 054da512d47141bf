import { parseArn, type Scope, type Service, type ServiceDeployment } from '@gantry/domain';
import { invalidParameter } from '@gantry/protocol';
import { serviceKeyOf } from '../../../controllers/service/service-deployment-documents.ts';
import { breakerCount, breakerThreshold } from '../../../controllers/service/threshold.ts';
import type { Tables } from '../../../state/tables.ts';
import { keyOfCluster } from '../common/clusters.ts';
import { isOf } from '../common/references.ts';
import type { DeploymentSurroundings } from '../wire/service-deployment.ts';

/**
 * The key of the document an ARN names; undefined when it is of another account or region.
 * Throws InvalidParameterException for anything that is no ARN of the kind: these have no short names.
 */
export function keyOf(
  scope: Scope,
  kind: 'service-deployment' | 'service-revision',
  reference: string,
): string | undefined {
  const arn = parseArn(reference);
  const parts = new RegExp(`^${kind}/([^/]+)/([^/]+)/([^/]+)$`).exec(arn?.resource ?? '');
  if (arn === undefined || arn.service !== 'ecs' || parts === null) {
    throw invalidParameter(
      `Invalid identifier '${reference.slice(0, 128)}'. Give the full ARN of a ${kind.replace('-', ' ')}.`,
    );
  }
  const [, cluster = '', service = '', id = ''] = parts;
  return isOf(scope, arn) ? `${keyOfCluster(scope, cluster)}/${service}/${id}` : undefined;
}

function breakerNow(
  service: Service | undefined,
  { target, deploymentConfiguration }: ServiceDeployment,
): DeploymentSurroundings['breaker'] {
  const breaker = (service?.deploymentConfiguration ?? deploymentConfiguration).deploymentCircuitBreaker;
  const own = service?.deployments.find(({ id }) => id === target.deploymentId);
  return {
    failureCount: own === undefined ? 0 : breakerCount(breaker, own),
    threshold: breakerThreshold(service?.desiredCount ?? 0, breaker.thresholdConfiguration),
  };
}

/** Live numbers of a service deployment, read off the indexes. */
export function surroundingsOf(tables: Tables, deployment: ServiceDeployment): DeploymentSurroundings {
  const key = serviceKeyOf(deployment);
  const service = tables.services.get(key);
  const ofService = (id: string) => service?.deployments.find((one) => one.id === id);
  return {
    countsOf: (id) => ({
      requested: ofService(id)?.desiredCount ?? 0,
      running: tables.tasks.countBy('deploymentCount', `${key}/${id}/running`),
      pending: tables.tasks.countBy('deploymentCount', `${key}/${id}/pending`),
    }),
    breaker: breakerNow(service, deployment),
  };
}
