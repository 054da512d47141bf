import type { PayloadContainer, PayloadTask } from '@gantry/protocol';
import type { EndpointIds } from './endpoint-ids.ts';
import { API_PORT, METADATA_ADDRESS, type MetadataHost, type Surroundings, type SurroundingsOf } from './port.ts';

const BASE = `http://${METADATA_ADDRESS}`;

/** The variables SDKs look for (agent-protocol 7.1), and where this installation's API is. Pure but for the ids. */
export function surroundings(host: MetadataHost, endpoints: EndpointIds): SurroundingsOf {
  return (task, container) => {
    if (task.networkMode === 'none') return { environment: {} };
    const id = endpoints.idOf({ taskArn: task.arn, container: container.name });
    const mode = task.networkMode ?? 'bridge';
    return {
      environment: { ...unlessSaid(task, container, host), ...always(task, id) },
      ...(mode === 'bridge' ? { macAddress: host.macAddress(task.arn, container.name) } : {}),
    };
  };
}

function always(task: PayloadTask, id: string): Surroundings['environment'] {
  const credentials = task.roleCredentials?.credentialsId;
  return {
    ECS_CONTAINER_METADATA_URI: `${BASE}/v3/${id}`,
    ECS_CONTAINER_METADATA_URI_V4: `${BASE}/v4/${id}`,
    ECS_AGENT_URI: `${BASE}/api/${id}`,
    ...(credentials === undefined ? {} : { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: `/v2/credentials/${credentials}` }),
  };
}

/** What the definition says of these itself is left as it is. */
function unlessSaid(
  task: PayloadTask,
  { environment }: PayloadContainer,
  host: MetadataHost,
): Surroundings['environment'] {
  const region = task.arn.split(':')[3] ?? '';
  const saysRegion = 'AWS_REGION' in environment || 'AWS_DEFAULT_REGION' in environment;
  const endpoint = task.networkMode === 'host' ? host.endpoint : `${BASE}:${API_PORT}`;
  return {
    ...(saysRegion ? {} : { AWS_REGION: region, AWS_DEFAULT_REGION: region }),
    ...('AWS_ENDPOINT_URL' in environment ? {} : { AWS_ENDPOINT_URL: endpoint }),
  };
}
