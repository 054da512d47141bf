import type { EcsOperations } from '@gantry/protocol';
import type { Platform, RequestContext } from '../../platform.ts';
import { registerContainerInstance } from './register.ts';
import { submitAttachmentStateChanges, submitContainerStateChange, submitTaskStateChange } from './reports.ts';

type AgentOperation =
  | 'RegisterContainerInstance'
  | 'DiscoverPollEndpoint'
  | 'SubmitTaskStateChange'
  | 'SubmitContainerStateChange'
  | 'SubmitAttachmentStateChanges';

export type AgentHandlers = {
  readonly [N in AgentOperation]: (
    input: EcsOperations[N]['input'],
    context: RequestContext,
  ) => Promise<EcsOperations[N]['output']>;
};

/** The operations agents call (agent-protocol 2). DeregisterContainerInstance is a user's. */
export function agentHandlers(platform: Platform): AgentHandlers {
  const { endpoint } = platform.config;
  return {
    RegisterContainerInstance: (input, context) => registerContainerInstance(platform, input, context),
    // The agent appends `ws`. It keeps the answer for 12 hours.
    DiscoverPollEndpoint: () =>
      Promise.resolve({ endpoint: `${endpoint}/acs/`, telemetryEndpoint: `${endpoint}/tcs/` }),
    SubmitTaskStateChange: (input, context) => submitTaskStateChange(platform, input, context),
    SubmitContainerStateChange: (input, context) => submitContainerStateChange(platform, input, context),
    SubmitAttachmentStateChanges: (input, context) => submitAttachmentStateChanges(platform, input, context),
  };
}
