import type { ServiceModel } from './codec/model.ts';

/** The extension service's wire model, by hand; its types are gantry-types.ts. */
export const GANTRY_MODEL: ServiceModel = {
  service: 'gantry',
  apiVersion: '2026-11-01',
  protocol: 'json',
  signingName: 'gantry',
  targetPrefix: 'Gantry_20261101',
  operations: {
    Status: { input: 'StatusRequest', output: 'StatusResponse', errors: [] },
    Why: {
      input: 'WhyRequest',
      output: 'WhyResponse',
      errors: ['InvalidParameterException', 'ResourceNotFoundException'],
    },
  },
  errors: {
    InvalidParameterException: { status: 400, fault: 'client', members: { message: 'string' } },
    ResourceNotFoundException: { status: 400, fault: 'client', members: { message: 'string' } },
  },
  shapes: {
    StatusRequest: { members: {} },
    StatusResponse: {
      members: {
        version: 'string',
        startedAt: 'timestamp',
        endpoint: 'string',
        account: 'string',
        region: 'string',
        clusters: '[StatusCluster]',
        instances: '[StatusInstance]',
        subnets: '[StatusSubnet]',
        counts: '{string:integer}',
        worlds: '[StatusWorld]',
        problems: '[string]',
      },
    },
    StatusWorld: {
      members: { account: 'string', region: 'string', tasksCount: 'integer', activeServicesCount: 'integer' },
    },
    StatusCluster: {
      members: {
        clusterName: 'string',
        runningTasksCount: 'integer',
        pendingTasksCount: 'integer',
        activeServicesCount: 'integer',
        registeredContainerInstancesCount: 'integer',
      },
    },
    StatusInstance: {
      members: {
        containerInstanceArn: 'string',
        cluster: 'string',
        pool: 'string',
        status: 'string',
        agentConnected: 'boolean',
        isolation: 'string',
        registeredCpu: 'integer',
        registeredMemory: 'integer',
        remainingCpu: 'integer',
        remainingMemory: 'integer',
        runningTasksCount: 'integer',
      },
    },
    StatusSubnet: { members: { subnetId: 'string', availabilityZone: 'string', cidr: 'string' } },
    WhyRequest: { required: ['subject'], members: { subject: 'WhySubject', cluster: 'string' } },
    WhySubject: { type: 'string', min: 1, max: 2048 },
    WhyResponse: {
      members: {
        subject: 'string',
        kind: 'WhyKind',
        status: 'string',
        because: 'string',
        text: 'string',
        history: '[WhyEvent]',
        details: '{string:string}',
      },
    },
    WhyKind: { enum: ['task', 'service', 'container-instance', 'cluster'] },
    WhyEvent: {
      members: { at: 'timestamp', type: 'string', because: 'string', text: 'string', by: 'string' },
    },
  },
};
