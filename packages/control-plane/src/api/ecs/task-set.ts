import type { Scope } from '@gantry/domain';
import { invalidParameter } from '@gantry/protocol';
import type { Platform } from '../../platform.ts';
import { activeCluster } from './common/clusters.ts';
import type { EcsHandlers } from './common/handler.ts';
import { checkClientToken } from './common/names.ts';
import { checkTags } from './common/tags.ts';
import { activeService } from './service/find.ts';

type Operations =
  | 'CreateTaskSet'
  | 'UpdateTaskSet'
  | 'DeleteTaskSet'
  | 'DescribeTaskSets'
  | 'UpdateServicePrimaryTaskSet';

/**
 * Task sets (ecs-semantics 5.11) are of services whose deployments somebody else makes. All services here are ECS's
 * own to deploy, so that its answer is the one for those.
 */
export function taskSetHandlers({ state }: Platform): Pick<EcsHandlers, Operations> {
  const refuse = (scope: Scope, input: { cluster?: string | undefined; service?: string | undefined }): never => {
    const { clusterName } = activeCluster(state.tables, scope, input.cluster);
    activeService(state.tables, scope, clusterName, input.service as string);
    throw invalidParameter(
      'Amazon ECS only supports task set management on services configured to use external deployment controllers.',
    );
  };
  return {
    CreateTaskSet: async (input, { scope }) => {
      checkClientToken(input.clientToken, 36);
      checkScale(input.scale?.value);
      checkTags(input.tags);
      return refuse(scope, input);
    },
    UpdateTaskSet: async (input, { scope }) => {
      checkScale(input.scale?.value);
      return refuse(scope, input);
    },
    DeleteTaskSet: async (input, { scope }) => refuse(scope, input),
    DescribeTaskSets: async (input, { scope }) => refuse(scope, input),
    UpdateServicePrimaryTaskSet: async (input, { scope }) => refuse(scope, input),
  };
}

function checkScale(value: number | undefined): void {
  if (value === undefined || (value >= 0 && value <= 100)) return;
  throw invalidParameter(`scale.value must be between 0 and 100 percent; it is ${value}.`);
}
