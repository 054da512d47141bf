import { arnOf } from '@gantry/domain';
import type { EcsOperations } from '@gantry/protocol';
import { any, ANY, listed, type Demand, type Place, type RulesOf } from '../../demand.ts';
import { passRoles } from '../pass-role.ts';
import { canonical, clusterIn, clusterOf, daemonIn, memberOf, namedOf, providersOf } from './arns.ts';
import { on } from './clusters.ts';
import { tagging } from './created.ts';
import { sizeKeys } from './keys.ts';

type Operations =
  | 'CreateDaemon'
  | 'DeleteDaemon'
  | 'DeleteDaemonTaskDefinition'
  | 'DeleteTaskDefinitions'
  | 'DeregisterTaskDefinition'
  | 'DescribeDaemon'
  | 'DescribeDaemonDeployments'
  | 'DescribeDaemonRevisions'
  | 'DescribeDaemonTaskDefinition'
  | 'DescribeTaskDefinition'
  | 'ListDaemonDeployments'
  | 'ListDaemonTaskDefinitions'
  | 'ListDaemons'
  | 'ListTaskDefinitionFamilies'
  | 'ListTaskDefinitions'
  | 'RegisterDaemonTaskDefinition'
  | 'RegisterTaskDefinition'
  | 'UpdateDaemon';

interface Definition {
  readonly family?: string | undefined;
  readonly cpu?: string | undefined;
  readonly memory?: string | undefined;
  readonly taskRoleArn?: string | undefined;
  readonly executionRoleArn?: string | undefined;
  readonly containerDefinitions?: readonly { readonly privileged?: boolean | undefined }[] | undefined;
  readonly requiresCompatibilities?: readonly string[] | undefined;
  readonly tags?: Demand['requestTags'];
}

/** A revision that is to be made has no number yet: `<family>:*`. */
function register(operation: string, type: string, input: Definition, at: Place): readonly Demand[] {
  const resource = arnOf(at.scope, 'ecs', `${type}/${input.family ?? ''}:*`);
  const compatibilities = input.requiresCompatibilities;
  const keys = {
    ...sizeKeys(input.cpu, input.memory),
    'ecs:privileged': input.containerDefinitions?.some(({ privileged }) => privileged === true) ?? false,
    ...(type === 'task-definition' ? { 'ecs:compute-compatibility': compatibilities } : {}),
  };
  return [
    { resource, keys, requestTags: input.tags },
    ...tagging(at, operation, resource, input.tags),
    ...passRoles(at, resource, [
      { role: input.taskRoleArn, to: 'ecs-tasks.amazonaws.com' },
      { role: input.executionRoleArn, to: 'ecs-tasks.amazonaws.com' },
    ]),
  ];
}

const theDaemon = ({ daemonArn }: { readonly daemonArn?: string | undefined }, at: Place): Demand =>
  daemon(at, memberOf(at, 'daemon', undefined, daemonArn));

const daemon = (at: Place, arn: string, more: Partial<Demand> = {}): Demand =>
  on(at, arn, { ...more, keys: { 'ecs:cluster': clusterIn(at, arn), ...more.keys } });

/** A deployment or a revision of a daemon, by its ARN, and the daemon. */
const ofDaemons = (at: Place, arns: readonly string[] | undefined): readonly Demand[] =>
  (arns === undefined || arns.length === 0 ? ['*'] : arns).flatMap((arn) => {
    if (!arn.startsWith('arn:')) return [ANY];
    const resource = canonical(at, arn);
    const owner = daemonIn(at, resource);
    const keys = { 'ecs:daemon': owner };
    return [daemon(at, resource, { keys }), ...(owner === undefined ? [] : [daemon(at, owner, { keys })])];
  });

const theDaemonDefinition = (
  { daemonTaskDefinition }: { readonly daemonTaskDefinition?: string | undefined },
  at: Place,
): Demand => on(at, namedOf(at, 'daemon-task-definition', daemonTaskDefinition));

type DaemonInput = Pick<
  EcsOperations['UpdateDaemon']['input'],
  'capacityProviderArns' | 'daemonTaskDefinitionArn' | 'enableECSManagedTags' | 'enableExecuteCommand' | 'propagateTags'
>;

const daemonKeys = (at: Place, input: DaemonInput, isNew: boolean) => ({
  'ecs:capacity-provider': providersOf(at, input.capacityProviderArns),
  'ecs:daemon-task-definition':
    input.daemonTaskDefinitionArn === undefined
      ? undefined
      : namedOf(at, 'daemon-task-definition', input.daemonTaskDefinitionArn),
  'ecs:enable-ecs-managed-tags': input.enableECSManagedTags ?? (isNew ? false : undefined),
  'ecs:enable-execute-command': input.enableExecuteCommand ?? (isNew ? false : undefined),
  'ecs:propagate-tags': input.propagateTags ?? (isNew ? 'NONE' : undefined),
});

/** Task definitions, daemons and their definitions. */
export const definitionRules: RulesOf<Pick<EcsOperations, Operations>> = {
  RegisterTaskDefinition: (input, at) => register('RegisterTaskDefinition', 'task-definition', input, at),
  DeregisterTaskDefinition: any,
  DeleteTaskDefinitions: ({ taskDefinitions }, at) =>
    listed(taskDefinitions).map((reference) => on(at, namedOf(at, 'task-definition', reference))),
  DescribeTaskDefinition: any,
  ListTaskDefinitionFamilies: any,
  ListTaskDefinitions: any,

  RegisterDaemonTaskDefinition: (input, at) =>
    register('RegisterDaemonTaskDefinition', 'daemon-task-definition', input, at),
  DeleteDaemonTaskDefinition: theDaemonDefinition,
  DescribeDaemonTaskDefinition: theDaemonDefinition,
  ListDaemonTaskDefinitions: any,

  CreateDaemon: (input, at) => {
    const { clusterArn, daemonName, tags: requestTags } = input;
    const arn = memberOf(at, 'daemon', clusterArn, daemonName);
    const made = daemon(at, arn, { requestTags, keys: daemonKeys(at, input, true) });
    return [made, ...tagging(at, 'CreateDaemon', arn, requestTags, undefined, { 'ecs:cluster': clusterIn(at, arn) })];
  },
  UpdateDaemon: (input, at) =>
    daemon(at, memberOf(at, 'daemon', undefined, input.daemonArn), { keys: daemonKeys(at, input, false) }),
  DeleteDaemon: theDaemon,
  DescribeDaemon: theDaemon,
  DescribeDaemonDeployments: ({ daemonDeploymentArns }, at) => ofDaemons(at, daemonDeploymentArns),
  DescribeDaemonRevisions: ({ daemonRevisionArns }, at) => ofDaemons(at, daemonRevisionArns),
  ListDaemonDeployments: theDaemon,
  ListDaemons: ({ clusterArn }, at) => ({ ...ANY, keys: { 'ecs:cluster': clusterOf(at, clusterArn) } }),
};
