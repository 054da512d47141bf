import { clientException, ServiceError } from '@gantry/protocol';
import type { Platform } from '../../platform.ts';
import { emptyPage, notYet } from './awaited.ts';
import { activeCluster, readableCluster } from './common/clusters.ts';
import type { EcsHandlers } from './common/handler.ts';
import type { PageLimits } from './common/paging.ts';
import {
  checkArn,
  checkArns,
  checkCreateDaemon,
  checkDefinition,
  checkRegister,
  checkRollout,
} from './daemon/validate.ts';

const TWENTY: PageLimits = { defaultResults: 20, maxResults: 100 };

type Daemons =
  | 'CreateDaemon'
  | 'UpdateDaemon'
  | 'DeleteDaemon'
  | 'DescribeDaemon'
  | 'ListDaemons'
  | 'DescribeDaemonDeployments'
  | 'ListDaemonDeployments'
  | 'DescribeDaemonRevisions';
type Definitions =
  | 'RegisterDaemonTaskDefinition'
  | 'DescribeDaemonTaskDefinition'
  | 'DeleteDaemonTaskDefinition'
  | 'ListDaemonTaskDefinitions';

/** Managed daemons (ecs-semantics 5.18) run on Managed Instances alone: there are none, and none can be made yet. */
export function daemonHandlers(platform: Platform): Pick<EcsHandlers, Daemons | Definitions> {
  return { ...daemons(platform), ...definitions() };
}

function daemons({ state }: Platform): Pick<EcsHandlers, Daemons> {
  return {
    CreateDaemon: async (input, { scope }) => {
      checkCreateDaemon(input);
      activeCluster(state.tables, scope, input.clusterArn);
      throw notYet('CreateDaemon');
    },
    UpdateDaemon: async (input) => {
      checkRollout(input);
      return daemonNotFound(input.daemonArn);
    },
    DeleteDaemon: async (input) => daemonNotFound(input.daemonArn),
    DescribeDaemon: async (input) => daemonNotFound(input.daemonArn),
    ListDaemons: async (input, { scope }) => {
      readableCluster(state.tables, scope, input.clusterArn);
      return { daemonSummariesList: [], ...emptyPage(input) };
    },
    DescribeDaemonDeployments: async (input) => ({
      daemonDeployments: [],
      failures: allMissing(checkArns('daemon-deployment', input.daemonDeploymentArns)),
    }),
    ListDaemonDeployments: async (input) => {
      checkArn('daemon', input.daemonArn);
      emptyPage(input, TWENTY);
      // Its list of errors has no DaemonNotFoundException.
      throw clientException(
        'The specified daemon was not found. You can view your available daemons with ListDaemons.',
      );
    },
    DescribeDaemonRevisions: async (input) => ({
      daemonRevisions: [],
      failures: allMissing(checkArns('daemon-revision', input.daemonRevisionArns)),
    }),
  };
}

function definitions(): Pick<EcsHandlers, Definitions> {
  const unknown = (reference: string | undefined): never => {
    checkDefinition(reference);
    throw clientException('Unable to describe daemon task definition.');
  };
  return {
    RegisterDaemonTaskDefinition: async (input) => {
      checkRegister(input);
      throw notYet('RegisterDaemonTaskDefinition');
    },
    DescribeDaemonTaskDefinition: async (input) => unknown(input.daemonTaskDefinition),
    DeleteDaemonTaskDefinition: async (input) => unknown(input.daemonTaskDefinition),
    ListDaemonTaskDefinitions: async (input) => ({ daemonTaskDefinitions: [], ...emptyPage(input) }),
  };
}

function daemonNotFound(arn: string | undefined): never {
  checkArn('daemon', arn);
  throw new ServiceError('DaemonNotFoundException', 'The specified daemon was not found.');
}

function allMissing(arns: readonly string[]): { arn: string; reason: string }[] {
  return arns.map((arn) => ({ arn, reason: 'MISSING' }));
}
