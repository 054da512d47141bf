import { parseArn, type ParsedArn, type Scope, type Tag } from '@gantry/domain';
import { invalidParameter, ServiceError } from '@gantry/protocol';
import type { Platform } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import type { Table } from '../../state/table.ts';
import type { Tables } from '../../state/tables.ts';
import { wireList, type EcsHandlers } from './common/handler.ts';
import { clusterNotFound, isOf } from './common/references.ts';
import { checkTags, mergeTags } from './common/tags.ts';

type Operations = 'TagResource' | 'UntagResource' | 'ListTagsForResource';

/** Tags of clusters, services, tasks, container instances and task definitions (ecs-semantics 1.9). */
export function tagHandlers({ state }: Platform): Pick<EcsHandlers, Operations> {
  return {
    TagResource: async ({ resourceArn, tags }, { scope, caller }) => {
      const added = checkTags(tags);
      await state.transact((tx) => {
        const resource = taggedResource(tx.tables, scope, resourceArn as string);
        const names = added.map((tag) => tag.key).join(', ');
        resource.store(tx, mergeTags(resource.tags, added), `Tagged with ${names}.`, caller.principalArn);
      });
      return {};
    },

    UntagResource: async ({ resourceArn, tagKeys }, { scope, caller }) => {
      const keys = new Set(tagKeys ?? []);
      for (const key of keys) {
        if (/^aws:/i.test(key))
          throw invalidParameter(`Invalid tag key '${key}': keys that begin with aws: are reserved.`);
      }
      await state.transact((tx) => {
        const resource = taggedResource(tx.tables, scope, resourceArn as string);
        const left = resource.tags.filter((tag) => !keys.has(tag.key ?? ''));
        if (left.length === resource.tags.length) return;
        resource.store(tx, left, `The tags ${[...keys].join(', ')} were removed.`, caller.principalArn);
      });
      return {};
    },

    ListTagsForResource: async ({ resourceArn }, { scope }) => {
      try {
        return { tags: wireList(taggedResource(state.tables, scope, resourceArn as string).tags) };
      } catch (error) {
        // Its model has no ResourceNotFoundException.
        if (!(error instanceof ServiceError) || error.code !== 'ResourceNotFoundException') throw error;
        throw invalidParameter(error.message);
      }
    },
  };
}

interface Tagged {
  readonly tags: readonly Tag[];
  store(tx: Tx, tags: readonly Tag[], text: string, by: string): void;
}

/** The resource of an ARN. Throws InvalidParameterException, ClusterNotFoundException or ResourceNotFoundException. */
function taggedResource(tables: Tables, scope: Scope, text: string): Tagged {
  const arn = parseArn(text);
  if (arn === undefined || arn.service !== 'ecs') {
    throw invalidParameter(`Invalid resource ARN '${text.slice(0, 128)}': give the full ARN of an ECS resource.`);
  }
  const [type = '', ...path] = arn.resource.split('/');
  const place = isOf(scope, arn) ? `${arn.account}/${arn.region}/${path.join('/')}` : '';
  switch (type) {
    case 'cluster': {
      const cluster = tables.clusters.get(place);
      if (cluster === undefined || cluster.internal) throw clusterNotFound();
      if (cluster.status === 'INACTIVE') {
        throw invalidParameter('The specified cluster is inactive. Specify an active cluster and try again.');
      }
      return taggedIn(tables.clusters, place, text, cluster);
    }
    case 'task-definition':
      return taggedIn(tables.taskDefinitions, place, text, tables.taskDefinitions.get(place));
    case 'service':
      return taggedIn(tables.services, longForm(arn, place), text, tables.services.get(place));
    case 'task':
      return taggedIn(tables.tasks, longForm(arn, place), text, tables.tasks.get(place));
    case 'container-instance':
      return taggedIn(tables.instances, longForm(arn, place), text, tables.instances.get(place));
    default:
      throw invalidParameter(
        `Resources of type '${type}' can not be tagged. Give the ARN of a cluster, service, task, container instance or task definition.`,
      );
  }
}

/** Tags need the long form, `<type>/<cluster>/<id>` (ecs-semantics 1.2). */
function longForm(arn: ParsedArn, place: string): string {
  if (arn.resource.split('/').length === 3) return place;
  throw invalidParameter('The ARN is in the short format. Give the long ARN, which names the cluster, and try again.');
}

function taggedIn<T extends { readonly tags: readonly Tag[] }, I extends string>(
  table: Table<T, I>,
  key: string,
  arn: string,
  document: T | undefined,
): Tagged {
  if (document === undefined) {
    throw new ServiceError('ResourceNotFoundException', `The resource ${arn.slice(0, 256)} was not found.`);
  }
  return {
    tags: document.tags,
    store: (tx, tags, text, by) => {
      tx.put(table, key, { ...document, tags });
      tx.event({ subject: arn, type: 'resource.tagged', because: 'user-request', text, by });
    },
  };
}
