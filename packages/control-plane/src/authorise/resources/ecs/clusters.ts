import type { EcsOperations } from '@gantry/protocol';
import { any, ANY, listed, type Demand, type Place, type RulesOf } from '../../demand.ts';
import { passRoles, profileRole } from '../pass-role.ts';
import { clusterOf, memberOf, namedOf, providersOf, tagsAt } from './arns.ts';
import { tagging } from './created.ts';

type Operations =
  | 'CreateCapacityProvider'
  | 'CreateCluster'
  | 'DeleteAccountSetting'
  | 'DeleteCapacityProvider'
  | 'DeleteCluster'
  | 'DescribeCapacityProviders'
  | 'DescribeClusters'
  | 'ListAccountSettings'
  | 'ListClusters'
  | 'ListTagsForResource'
  | 'PutAccountSetting'
  | 'PutAccountSettingDefault'
  | 'PutClusterCapacityProviders'
  | 'TagResource'
  | 'UntagResource'
  | 'UpdateCapacityProvider'
  | 'UpdateCluster'
  | 'UpdateClusterSettings';

/** A demand on a resource, with its tags. */
export const on = (at: Place, resource: string, more: Partial<Demand> = {}): Demand => ({
  resource,
  tags: tagsAt(at, resource),
  ...more,
});

const aCluster = (at: Place, reference: string | undefined, more: Partial<Demand> = {}): Demand =>
  on(at, clusterOf(at, reference), more);

const setting = ({ name }: { readonly name?: string | undefined }): Demand => ({
  ...ANY,
  keys: { 'ecs:account-setting': name },
});

const storageKey = (configuration: EcsOperations['CreateCluster']['input']['configuration']) => ({
  'ecs:fargate-ephemeral-storage-kms-key': configuration?.managedStorageConfiguration?.fargateEphemeralStorageKmsKeyId,
});

/** Clusters, capacity providers, account settings and tags. */
export const clusterRules: RulesOf<Pick<EcsOperations, Operations>> = {
  CreateCapacityProvider: (input, at) => {
    const arn = namedOf(at, 'capacity-provider', input.name);
    const { managedInstancesProvider: managed, tags: requestTags } = input;
    const keys = {
      'ecs:propagate-tags': managed?.propagateTags,
      'ecs:instance-metadata-tags-propagation': managed?.instanceLaunchTemplate?.instanceMetadataTagsPropagation,
    };
    return [
      on(at, arn, { requestTags, keys }),
      ...tagging(at, 'CreateCapacityProvider', arn, requestTags),
      ...managedRoles(at, arn, managed),
    ];
  },
  UpdateCapacityProvider: (input, at) => {
    const arn = namedOf(at, 'capacity-provider', input.name);
    const managed = input.managedInstancesProvider;
    const keys = {
      'ecs:propagate-tags': managed?.propagateTags,
      'ecs:instance-metadata-tags-propagation': managed?.instanceLaunchTemplate?.instanceMetadataTagsPropagation,
    };
    return [on(at, arn, { keys }), ...managedRoles(at, arn, managed)];
  },
  DeleteCapacityProvider: (input, at) => on(at, namedOf(at, 'capacity-provider', input.capacityProvider)),
  DescribeCapacityProviders: ({ capacityProviders }, at) =>
    listed(capacityProviders).map((name) => on(at, namedOf(at, 'capacity-provider', name))),

  CreateCluster: ({ clusterName, tags: requestTags, ...input }, at) => {
    const names = [
      ...(input.capacityProviders ?? []),
      ...(input.defaultCapacityProviderStrategy ?? []).map((item) => item.capacityProvider),
    ];
    const keys = { 'ecs:capacity-provider': providersOf(at, names), ...storageKey(input.configuration) };
    const arn = clusterOf(at, clusterName);
    return [on(at, arn, { requestTags, keys }), ...tagging(at, 'CreateCluster', arn, requestTags)];
  },
  DeleteCluster: ({ cluster }, at) => aCluster(at, cluster),
  DescribeClusters: ({ clusters }, at) =>
    (clusters === undefined || clusters.length === 0 ? ['default'] : clusters).map((name) => aCluster(at, name)),
  ListClusters: any,
  PutClusterCapacityProviders: (input, at) => {
    const names = [
      ...(input.capacityProviders ?? []),
      ...(input.defaultCapacityProviderStrategy ?? []).map((item) => item.capacityProvider),
    ];
    return aCluster(at, input.cluster, { keys: { 'ecs:capacity-provider': providersOf(at, names) } });
  },
  UpdateCluster: (input, at) => aCluster(at, input.cluster, { keys: storageKey(input.configuration) }),
  UpdateClusterSettings: ({ cluster }, at) => aCluster(at, cluster),

  DeleteAccountSetting: setting,
  ListAccountSettings: any,
  PutAccountSetting: setting,
  PutAccountSettingDefault: setting,

  ListTagsForResource: ({ resourceArn }, at) => on(at, taggedArn(at, resourceArn)),
  TagResource: ({ resourceArn, tags }, at) => on(at, taggedArn(at, resourceArn), { requestTags: tags }),
  UntagResource: ({ resourceArn, tagKeys }, at) => on(at, taggedArn(at, resourceArn), { tagKeys }),
};

/** Any ECS resource by its ARN. */
function taggedArn(at: Place, arn: string | undefined): string {
  if (arn === undefined || !arn.startsWith('arn:')) return '*';
  return memberOf(at, 'task', undefined, arn);
}

function managedRoles(
  at: Place,
  arn: string,
  managed:
    | {
        readonly infrastructureRoleArn?: string | undefined;
        readonly instanceLaunchTemplate?: { readonly ec2InstanceProfileArn?: string | undefined } | undefined;
      }
    | undefined,
): readonly Demand[] {
  return passRoles(at, arn, [
    { role: managed?.infrastructureRoleArn, to: 'ecs.amazonaws.com' },
    { role: profileRole(at, managed?.instanceLaunchTemplate?.ec2InstanceProfileArn), to: 'ec2.amazonaws.com' },
  ]);
}
