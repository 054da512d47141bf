import { typeOf, type ServiceModel } from '@gantry/protocol/codec/model.ts';

const ECS = 'arn:aws:ecs:us-east-1:123456789012';
const ELB = 'arn:aws:elasticloadbalancing:us-east-1:123456789012';
const ROLE = 'arn:aws:iam::123456789012:role';

/** Members whose value has to mean something; every other member gets a value of its type. */
const BY_NAME: Readonly<Record<string, unknown>> = {
  capacityProvider: 'fleet',
  cluster: 'web',
  clusterArn: `${ECS}:cluster/web`,
  cpu: '256',
  daemonArn: `${ECS}:daemon/web/watcher`,
  daemonDeploymentArns: [`${ECS}:daemon-deployment/web/watcher/d1`],
  daemonName: 'watcher',
  daemonRevisionArns: [`${ECS}:daemon-revision/web/watcher/7`],
  daemonTaskDefinition: 'watch:3',
  daemonTaskDefinitionArn: `${ECS}:daemon-task-definition/watch:3`,
  ec2InstanceProfileArn: 'arn:aws:iam::123456789012:instance-profile/nodes',
  executionRoleArn: `${ROLE}/execution`,
  infrastructureRoleArn: `${ROLE}/infrastructure`,
  memory: '512',
  NewPath: '/team/',
  Path: '/team/',
  PolicyArn: 'arn:aws:iam::123456789012:policy/limits',
  PolicySourceArn: 'arn:aws:iam::123456789012:user/ann',
  role: `${ROLE}/service`,
  roleArn: `${ROLE}/other`,
  service: 'shop',
  serviceArn: `${ECS}:service/web/shop`,
  serviceDeploymentArn: `${ECS}:service-deployment/web/shop/d1`,
  serviceDeploymentArns: [`${ECS}:service-deployment/web/shop/d1`],
  serviceRevisionArns: [`${ECS}:service-revision/web/shop/7`],
  targetId: '7'.repeat(32),
  taskDefinition: 'web:1',
  taskDefinitionArn: `${ECS}:task-definition/web:1`,
  taskDefinitions: ['web:1'],
  taskRoleArn: `${ROLE}/task`,
};

const RESOURCES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  ecs: { resourceArn: `${ECS}:cluster/web` },
  elasticloadbalancing: {
    ListenerArn: `${ELB}:listener/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2`,
    LoadBalancerArn: `${ELB}:loadbalancer/app/web/50dc6c495c0c9188`,
    ResourceArns: [`${ELB}:loadbalancer/app/web/50dc6c495c0c9188`],
    RuleArn: `${ELB}:listener-rule/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee`,
    TargetGroupArn: `${ELB}:targetgroup/web/73e2d6bc24d8a067`,
  },
  elasticfilesystem: {
    AccessPointId: `fsap-${'1'.repeat(17)}`,
    FileSystemId: `fs-${'1'.repeat(17)}`,
    MountTargetId: `fsmt-${'1'.repeat(17)}`,
    ResourceId: `fs-${'1'.repeat(17)}`,
    SourceFileSystemId: `fs-${'1'.repeat(17)}`,
  },
  logs: { resourceArn: 'arn:aws:logs:us-east-1:123456789012:log-group:/ecs/web' },
  scheduler: { ResourceArn: 'arn:aws:scheduler:us-east-1:123456789012:schedule-group/nightly' },
  ssm: { Name: '/web/port', ResourceId: '/web/port', Names: ['/web/port', '/web/host'], Path: '/web' },
  sts: { RoleArn: `${ROLE}/other` },
};

/** An input of an operation with every member there is. */
export function sampleInput(model: ServiceModel, operation: string): unknown {
  const { input } = model.operations[operation] ?? {};
  const byName: Readonly<Record<string, unknown>> = { ...BY_NAME, ...RESOURCES[model.service] };
  return input === undefined ? {} : sample(input, '', 0);

  function sample(expression: string, name: string, depth: number): unknown {
    if (Object.hasOwn(byName, name)) return byName[name];
    const type = typeOf(model, expression);
    switch (type.kind) {
      case 'structure': {
        if (depth > 6) return {};
        const members = Object.entries(type.structure.members);
        return Object.fromEntries(members.map(([member, each]) => [member, sample(each, member, depth + 1)]));
      }
      case 'list':
        return [sample(type.member, name, depth + 1)];
      case 'map':
        return { key: sample(type.value, name, depth + 1) };
      case 'boolean':
        return true;
      case 'timestamp':
        return new Date(0);
      case 'blob':
        return Buffer.from(name);
      case 'document':
        return {};
      case 'string':
        return type.bounds?.enum?.at(-1) ?? (name === '' ? 'text' : name);
      default:
        return 1;
    }
  }
}
