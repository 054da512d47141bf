import type { AuditEvent } from './event.ts';

export interface EventResource {
  readonly type: string;
  /** A name or an ARN, as the call has it. */
  readonly name: string;
}

/** What a parameter names, per service: `eventSource`'s first word and the member. */
const TYPES: Readonly<Record<string, string>> = {
  'ecs.cluster': 'AWS::ECS::Cluster',
  'ecs.clusterName': 'AWS::ECS::Cluster',
  'ecs.clusterArn': 'AWS::ECS::Cluster',
  'ecs.containerInstance': 'AWS::ECS::ContainerInstance',
  'ecs.containerInstanceArn': 'AWS::ECS::ContainerInstance',
  'ecs.service': 'AWS::ECS::Service',
  'ecs.serviceName': 'AWS::ECS::Service',
  'ecs.serviceArn': 'AWS::ECS::Service',
  'ecs.task': 'AWS::ECS::Task',
  'ecs.taskArn': 'AWS::ECS::Task',
  'ecs.taskDefinition': 'AWS::ECS::TaskDefinition',
  'ecs.taskDefinitionArn': 'AWS::ECS::TaskDefinition',
  'ecs.taskSetArn': 'AWS::ECS::TaskSet',
  'elasticfilesystem.accessPointId': 'AWS::EFS::AccessPoint',
  'elasticfilesystem.fileSystemId': 'AWS::EFS::FileSystem',
  'elasticfilesystem.mountTargetId': 'AWS::EFS::MountTarget',
  'elasticloadbalancing.listenerArn': 'AWS::ElasticLoadBalancingV2::Listener',
  'elasticloadbalancing.loadBalancerArn': 'AWS::ElasticLoadBalancingV2::LoadBalancer',
  'elasticloadbalancing.ruleArn': 'AWS::ElasticLoadBalancingV2::ListenerRule',
  'elasticloadbalancing.targetGroupArn': 'AWS::ElasticLoadBalancingV2::TargetGroup',
  'iam.groupName': 'AWS::IAM::Group',
  'iam.instanceProfileName': 'AWS::IAM::InstanceProfile',
  'iam.policyArn': 'AWS::IAM::ManagedPolicy',
  'iam.policyName': 'AWS::IAM::Policy',
  'iam.roleName': 'AWS::IAM::Role',
  'iam.userName': 'AWS::IAM::User',
  'iam.accessKeyId': 'AWS::IAM::AccessKey',
  'logs.logGroupName': 'AWS::Logs::LogGroup',
  'scheduler.name': 'AWS::Scheduler::Schedule',
  'secretsmanager.arn': 'AWS::SecretsManager::Secret',
  'secretsmanager.name': 'AWS::SecretsManager::Secret',
  'secretsmanager.secretId': 'AWS::SecretsManager::Secret',
  'ssm.name': 'AWS::SSM::Parameter',
  'ssm.names': 'AWS::SSM::Parameter',
  'sts.roleArn': 'AWS::IAM::Role',
};

/** Deeper are parts of things (`loadBalancers`), and lists of what happened. */
const DEEPEST = 2;
const MOST = 20;

/** What a call was about: the names in its parameters and, two levels down, in its answer. Pure. */
export function resourcesOf(
  event: Pick<AuditEvent, 'eventSource' | 'requestParameters' | 'responseElements'>,
): readonly EventResource[] {
  const service = event.eventSource.slice(0, event.eventSource.indexOf('.'));
  const found = new Map<string, EventResource>();
  const add = (member: string, name: unknown): void => {
    const key = `${service}.${member}`;
    if (typeof name !== 'string' || name === '' || !Object.hasOwn(TYPES, key) || found.size >= MOST) return;
    const type = TYPES[key] as string;
    found.set(`${type} ${name}`, { type, name });
  };
  const walk = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > DEEPEST) return;
    for (const [member, each] of Object.entries(value)) {
      for (const item of Array.isArray(each) ? (each as readonly unknown[]) : [each]) {
        if (typeof item === 'object') walk(item, depth + 1);
        else add(member, item);
      }
    }
  };
  // Below the first level of a request are specifications, not things.
  walk(event.requestParameters, DEEPEST);
  walk(event.responseElements, 1);
  return [...found.values()];
}

/** Whether a name means the resource: in full, or by the last part of its ARN. */
export function isNamed({ name }: EventResource, wanted: string): boolean {
  return name === wanted || (name.startsWith('arn:') && name.slice(name.lastIndexOf('/') + 1) === wanted);
}
