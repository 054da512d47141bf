import { clientException, invalidParameter, ServiceError } from '@gantry/protocol';
import { isExternal, type NamedInstance } from './find.ts';

/**
 * Why the agent of an instance is not updated. It is released with the control plane and never alone, so that there is no
 * update whatever it runs; what ECS checks before it says so is checked first. Pure.
 */
export function agentUpdateRefusal({ arn, instance }: NamedInstance): ServiceError {
  if (instance === undefined || instance.status === 'INACTIVE') {
    return clientException(
      `The container instance ${arn} was not found. Use ListContainerInstances to see those there are.`,
    );
  }
  if (isExternal(instance)) return invalidParameter('The container agent of an external instance can not be updated.');
  if (!instance.agentConnected) {
    return clientException(`The container agent of ${arn} is not connected. Start it and try again.`);
  }
  if (instance.versionInfo.agentVersion === undefined) {
    return new ServiceError(
      'MissingVersionException',
      'The version of the container agent is not known: it did not say so when it registered.',
    );
  }
  return new ServiceError('NoUpdateAvailableException', 'There is no update available for your container agent.');
}
