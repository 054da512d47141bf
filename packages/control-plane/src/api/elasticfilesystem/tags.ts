import type { AccessPoint, FileSystem, Scope, Tag } from '@gantry/domain';
import { type ElasticfilesystemOperations } from '@gantry/protocol';
import { fileSystemKey } from '../../filesystems/lifecycle.ts';
import type { HandlersOf } from '../../handlers.ts';
import type { Platform } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import type { Tables } from '../../state/tables.ts';
import { accessPointOf, fileSystemOf, idIn } from './names.ts';
import { wireTags, withTags } from './tag-rules.ts';

type Operations = ElasticfilesystemOperations;

/** Tags of file systems and access points. */
export function tagHandlers({ state }: Platform): HandlersOf<Operations> {
  return {
    TagResource: async (input, { scope }) => {
      await state.transact((tx) => retag(tx, scope, input.ResourceId, (tags) => withTags(tags, input.Tags)));
      return {};
    },
    UntagResource: async (input, { scope }) => {
      const gone = new Set(input.TagKeys);
      const without = (tags: readonly Tag[]): readonly Tag[] => tags.filter(({ key }) => !gone.has(key ?? ''));
      await state.transact((tx) => retag(tx, scope, input.ResourceId, without));
      return {};
    },
    ListTagsForResource: async (input, { scope }) => ({
      Tags: wireTags(taggedIn(state.tables, scope, input.ResourceId).tags) as { Key: string; Value: string }[],
    }),
  };
}

function isPoint(scope: Scope, idOrArn: string | undefined): boolean {
  return idIn(scope, idOrArn ?? '')?.startsWith('fsap-') === true;
}

function taggedIn(tables: Tables, scope: Scope, idOrArn: string | undefined): FileSystem | AccessPoint {
  return isPoint(scope, idOrArn) ? accessPointOf(tables, scope, idOrArn) : fileSystemOf(tables, scope, idOrArn);
}

function retag(
  tx: Tx,
  scope: Scope,
  idOrArn: string | undefined,
  change: (tags: readonly Tag[]) => readonly Tag[],
): void {
  const { fileSystems, accessPoints } = tx.tables;
  if (isPoint(scope, idOrArn)) {
    const point = accessPointOf(tx.tables, scope, idOrArn);
    tx.put(accessPoints, fileSystemKey(scope, point.accessPointId), { ...point, tags: change(point.tags) });
  } else {
    const fileSystem = fileSystemOf(tx.tables, scope, idOrArn);
    tx.put(fileSystems, fileSystemKey(scope, fileSystem.fileSystemId), {
      ...fileSystem,
      tags: change(fileSystem.tags),
    });
  }
}
