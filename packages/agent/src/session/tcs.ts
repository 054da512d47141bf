import { wireQuery } from './acs.ts';

export interface TcsQuery {
  readonly agentHash: string;
  readonly agentVersion: string;
  readonly cluster: string;
  readonly containerInstanceArn: string;
  readonly dockerVersion: string;
}

/** Its parameters have other names than those of the command channel. */
export function tcsUrl(endpoint: string, query: TcsQuery): string {
  const params = new URLSearchParams({
    agentHash: query.agentHash,
    agentVersion: query.agentVersion,
    cluster: query.cluster,
    containerInstance: query.containerInstanceArn,
    dockerVersion: query.dockerVersion,
  });
  return `${endpoint}ws?${wireQuery(params)}`;
}
