import type { EcsOperations } from '@gantry/protocol';
import type { Rule, RulesOf } from '../demand.ts';
import { clusterRules } from './ecs/clusters.ts';
import { gatewayRules } from './ecs/gateways.ts';
import { serviceRules } from './ecs/services.ts';
import { definitionRules } from './ecs/task-definitions.ts';
import { socketDemand, taskRules } from './ecs/tasks.ts';

/** The agents' sockets are actions as well. */
const SOCKETS: Readonly<Record<'Poll' | 'StartTelemetrySession', Rule<unknown>>> = {
  Poll: socketDemand,
  StartTelemetrySession: socketDemand,
};

export const ecsRules: RulesOf<EcsOperations> & typeof SOCKETS = {
  ...clusterRules,
  ...definitionRules,
  ...gatewayRules,
  ...serviceRules,
  ...taskRules,
  ...SOCKETS,
};
