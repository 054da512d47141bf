import { ExecSessions } from '../../dispatch/exec/sessions.ts';
import type { Platform } from '../../platform.ts';
import { accountSettingHandlers } from './account-setting.ts';
import { attributeHandlers } from './attribute.ts';
import { capacityProviderHandlers } from './capacity-provider.ts';
import { clusterHandlers } from './cluster.ts';
import type { EcsHandlers } from './common/handler.ts';
import { containerInstanceHandlers } from './container-instance.ts';
import { daemonHandlers } from './daemon.ts';
import { executeCommandHandlers, type ExecGrants } from './execute-command.ts';
import { expressGatewayServiceHandlers } from './express-gateway-service.ts';
import { gatewayHandlers } from './gateway.ts';
import { serviceDeploymentHandlers } from './service-deployment.ts';
import { serviceHandlers } from './service.ts';
import { tagHandlers } from './tag.ts';
import { taskDefinitionHandlers } from './task-definition.ts';
import { taskProtectionHandlers } from './task-protection.ts';
import { taskSetHandlers } from './task-set.ts';
import { taskHandlers } from './task.ts';

export { ensureFirstClusters } from './cluster/create.ts';

/**
 * The operations users call, by name; agents' are in dispatch. `exec`: who gives sessions; left out, of agents nobody has. Together they are all the model has: `assemble.ts` says so. */
export function ecsHandlers(platform: Platform, exec: ExecGrants = new ExecSessions(platform, () => false)) {
  return {
    ...clusterHandlers(platform),
    ...capacityProviderHandlers(platform),
    ...taskDefinitionHandlers(platform),
    ...taskHandlers(platform),
    ...taskProtectionHandlers(platform),
    ...serviceHandlers(platform),
    ...serviceDeploymentHandlers(platform),
    ...taskSetHandlers(platform),
    ...expressGatewayServiceHandlers(platform),
    ...daemonHandlers(platform),
    ...gatewayHandlers(platform),
    ...executeCommandHandlers(platform, exec),
    ...containerInstanceHandlers(platform),
    ...attributeHandlers(platform),
    ...tagHandlers(platform),
    ...accountSettingHandlers(platform),
  } satisfies Partial<EcsHandlers>;
}
