import type { AccessPoint, Scope } from '@gantry/domain';
import { ServiceError, type ElasticfilesystemOperations } from '@gantry/protocol';
import { fileSystemKey } from '../../filesystems/lifecycle.ts';
import type { HandlersOf } from '../../handlers.ts';
import type { Platform } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import { badRequest } from './errors.ts';
import { ID_LENGTH } from './file-systems.ts';
import { accessPointArn, accessPointOf, availableFileSystem, fileSystemOf } from './names.ts';
import { pageOf } from './pages.ts';
import { nameIn, wireTags, withTags } from './tag-rules.ts';

type Operations = ElasticfilesystemOperations;
type Description = NonNullable<Operations['DescribeAccessPoints']['output']['AccessPoints']>[number];

export function accessPointHandlers({ state, ids }: Platform): HandlersOf<Operations> {
  const { tables } = state;
  return {
    CreateAccessPoint: async (input, { scope, caller }) => {
      const accessPointId = `fsap-${ids.hex32().slice(0, ID_LENGTH)}`;
      return wireAccessPoint(
        await state.transact((tx) => create(tx, scope, accessPointId, input, caller.principalArn)),
      );
    },

    DescribeAccessPoints: async (input, { scope }) => {
      const { AccessPointId: id, FileSystemId: of, MaxResults: size, NextToken: token } = input;
      if (id !== undefined && of !== undefined)
        throw badRequest("Give 'AccessPointId' or 'FileSystemId', not both of them.");
      const found =
        id !== undefined
          ? [accessPointOf(tables, scope, id)]
          : of !== undefined
            ? tables.accessPoints.by('fileSystem', fileSystemKey(scope, fileSystemOf(tables, scope, of).fileSystemId))
            : [...tables.accessPoints.withPrefix(`${scope.account}/${scope.region}/`)];
      const asked = { size, token, filters: { id, of } };
      const page = pageOf('DescribeAccessPoints', found, asked, (each) => each.accessPointId);
      return { AccessPoints: page.items.map(wireAccessPoint), NextToken: page.nextToken };
    },

    DeleteAccessPoint: async (input, { scope, caller }) => {
      await state.transact((tx) => {
        const { accessPointId } = accessPointOf(tx.tables, scope, input.AccessPointId);
        tx.delete(tx.tables.accessPoints, fileSystemKey(scope, accessPointId));
        const subject = accessPointArn(scope, accessPointId);
        const text = `${accessPointId} was deleted; the files below it stay.`;
        tx.event({ subject, type: 'access-point.deleted', because: 'user-request', text, by: caller.principalArn });
      });
      return {};
    },
  };
}

function create(
  tx: Tx,
  scope: Scope,
  accessPointId: string,
  input: Operations['CreateAccessPoint']['input'],
  by: string,
): AccessPoint {
  const { accessPoints } = tx.tables;
  const { fileSystemId } = availableFileSystem(tx.tables, scope, input.FileSystemId);
  const clientToken = input.ClientToken ?? '';
  for (const same of accessPoints.withPrefix(`${scope.account}/${scope.region}/`)) {
    if (same.clientToken !== clientToken) continue;
    const text = `Access point already exists with client token '${clientToken}'`;
    throw new ServiceError('AccessPointAlreadyExists', text, { members: { AccessPointId: same.accessPointId } });
  }
  const { PosixUser: user, RootDirectory: root } = input;
  const creation = root?.CreationInfo;
  const made: AccessPoint = {
    scope,
    accessPointId,
    fileSystemId,
    clientToken,
    createdAt: tx.now,
    posixUser:
      user === undefined
        ? undefined
        : { uid: user.Uid ?? 0, gid: user.Gid ?? 0, secondaryGids: user.SecondaryGids ?? [] },
    path: root?.Path ?? '/',
    creation:
      creation === undefined
        ? undefined
        : { uid: creation.OwnerUid ?? 0, gid: creation.OwnerGid ?? 0, permissions: creation.Permissions ?? '755' },
    tags: withTags([], input.Tags),
  };
  tx.put(accessPoints, fileSystemKey(scope, accessPointId), made);
  const text = `${accessPointId} was made: ${made.path} of ${fileSystemId}.`;
  const subject = accessPointArn(scope, accessPointId);
  tx.event({ subject, type: 'access-point.created', because: 'user-request', text, by });
  return made;
}

function wireAccessPoint(point: AccessPoint): Description {
  const { scope, accessPointId, posixUser, creation } = point;
  return {
    ClientToken: point.clientToken,
    Name: nameIn(point.tags),
    Tags: wireTags(point.tags) as Description['Tags'],
    AccessPointId: accessPointId,
    AccessPointArn: accessPointArn(scope, accessPointId),
    FileSystemId: point.fileSystemId,
    PosixUser:
      posixUser === undefined
        ? undefined
        : {
            Uid: posixUser.uid,
            Gid: posixUser.gid,
            ...(posixUser.secondaryGids.length === 0 ? {} : { SecondaryGids: [...posixUser.secondaryGids] }),
          },
    RootDirectory: {
      Path: point.path,
      CreationInfo:
        creation === undefined
          ? undefined
          : { OwnerUid: creation.uid, OwnerGid: creation.gid, Permissions: creation.permissions },
    },
    OwnerId: scope.account,
    LifeCycleState: 'available',
  };
}
