import {
  clusterArn,
  instanceArn,
  parseArn,
  serviceArn,
  taskArn,
  type Cluster,
  type Instance,
  type InstanceId,
  type Scope,
  type Service,
  type Task,
  type TaskId,
} from '@gantry/domain';
import type { WhyKind } from '@gantry/protocol';
import type { Tables } from '../../state/tables.ts';
import { clusterNamed, keyOfCluster } from '../ecs/common/clusters.ts';
import { clusterNameIn, isOf } from '../ecs/common/references.ts';

/** What a person asks about. `document` is undefined when only history is left of it, or nothing. */
export type Subject =
  | { readonly kind: 'task'; readonly arn: string; readonly document: Task | undefined }
  | { readonly kind: 'service'; readonly arn: string; readonly document: Service | undefined }
  | { readonly kind: 'container-instance'; readonly arn: string; readonly document: Instance | undefined }
  | { readonly kind: 'cluster'; readonly arn: string; readonly document: Cluster | undefined };

/**
 * What the words may mean, best guess first: an ARN means itself; else a task, service, container instance of the
 * cluster, then a cluster. Without a cluster, `default` is looked at first and then all others. Those that are
 * there come before those that may only have been.
 */
export function subjectsOf(
  tables: Tables,
  scope: Scope,
  asked: { readonly subject: string; readonly cluster?: string | undefined },
): readonly Subject[] {
  const arn = parseArn(asked.subject);
  if (arn !== undefined) {
    if (arn.service !== 'ecs' || !isOf(scope, arn)) return [];
    const [kind, ...path] = arn.resource.split('/');
    const [cluster = '', name = ''] = path;
    const found = kind === 'cluster' ? subjectIn(tables, scope, cluster, cluster, kind) : undefined;
    return [found ?? subjectIn(tables, scope, cluster, name, kind as WhyKind)].filter((one) => one !== undefined);
  }
  const named = clusterNameIn(scope, asked.cluster);
  const clusters = asked.cluster === undefined || asked.cluster === '' ? [named, ...listed(tables, scope)] : [named];
  const all = [...new Set(clusters)].flatMap((cluster) => guesses(tables, scope, cluster, asked.subject));
  return [...all.filter((one) => one.document !== undefined), ...all.filter((one) => one.document === undefined)];
}

function guesses(tables: Tables, scope: Scope, cluster: string, name: string): readonly Subject[] {
  const kinds: readonly WhyKind[] = ['task', 'service', 'container-instance'];
  const inside = kinds.map((kind) => subjectIn(tables, scope, cluster, name, kind));
  return [...inside, subjectIn(tables, scope, name, name, 'cluster')].filter((one) => one !== undefined);
}

function subjectIn(tables: Tables, scope: Scope, cluster: string, name: string, kind: WhyKind): Subject | undefined {
  const key = `${keyOfCluster(scope, cluster)}/${name}`;
  switch (kind) {
    case 'task':
      return { kind, arn: taskArn(scope, cluster, name as TaskId), document: tables.tasks.get(key) };
    case 'service':
      return { kind, arn: serviceArn(scope, cluster, name), document: tables.services.get(key) };
    case 'container-instance':
      return { kind, arn: instanceArn(scope, cluster, name as InstanceId), document: tables.instances.get(key) };
    case 'cluster':
      return { kind, arn: clusterArn(scope, cluster), document: clusterNamed(tables, scope, cluster) };
    default:
      return undefined;
  }
}

function listed(tables: Tables, scope: Scope): readonly string[] {
  return tables.clusters.by('listed', `${scope.account}/${scope.region}`).map((cluster) => cluster.clusterName);
}
