import { parseArn, type Instance } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import type { Caller } from '../platform.ts';
import type { Tables } from '../state/tables.ts';
import { clusterNameOf, instanceByArn } from './keys.ts';

/**
 * Whether this caller may open a session for the instance the query string names. The two sockets spell their
 * parameters differently (agent-protocol 3, 6); both spellings are read on both.
 * @throws ServiceError InvalidInstanceException | AccessDeniedException | InvalidClusterException | InactiveInstanceException
 */
export function admitInstance(tables: Tables, params: URLSearchParams, caller: Caller): Instance {
  const arn = params.get('containerInstanceArn') ?? params.get('containerInstance') ?? '';
  if (parseArn(arn) === undefined) {
    throw new ServiceError(
      'InvalidInstanceException',
      `"${arn.slice(0, 256)}" is not the ARN of a container instance.`,
    );
  }
  const instance = instanceByArn(tables, arn);
  if (instance === undefined) {
    throw new ServiceError(
      'InvalidInstanceException',
      `Container instance ${arn.slice(0, 256)} is not registered here. Remove the agent's checkpoint to register it anew.`,
    );
  }
  if (instance.scope.account !== caller.account) {
    throw new ServiceError('AccessDeniedException', `${caller.principalArn} may not act as container instance ${arn}.`);
  }
  const cluster = params.get('clusterArn') ?? params.get('cluster');
  if (clusterNameOf(instance.scope, cluster) !== instance.cluster) {
    throw new ServiceError(
      'InvalidClusterException',
      `Container instance ${arn} is registered in cluster ${instance.cluster}, not in ${(cluster ?? 'default').slice(0, 256)}.`,
    );
  }
  if (instance.status === 'INACTIVE') {
    throw new ServiceError('InactiveInstanceException', `Container instance ${arn} was deregistered.`);
  }
  return instance;
}

/** The answer to a refused websocket handshake, in the form agents read (agent-protocol 3). */
export function handshakeError(error: ServiceError): { readonly status: number; readonly body: string } {
  return { status: error.status, body: JSON.stringify({ [error.code]: error.message }) };
}
