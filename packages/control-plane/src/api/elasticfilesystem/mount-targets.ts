import type { MountTarget, Scope } from '@gantry/domain';
import { ServiceError, type ElasticfilesystemOperations } from '@gantry/protocol';
import { fileSystemKey } from '../../filesystems/lifecycle.ts';
import type { HandlersOf } from '../../handlers.ts';
import type { Platform, PlatformConfig } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import { badRequest } from './errors.ts';
import { fileSystemArn, accessPointOf, availableFileSystem, fileSystemOf, mountTargetOf } from './names.ts';
import { ID_LENGTH } from './file-systems.ts';
import { pageOf } from './pages.ts';

type Operations = ElasticfilesystemOperations;
type Description = NonNullable<Operations['DescribeMountTargets']['output']['MountTargets']>[number];

/** Mount targets are kept and shown for those who make them with their file systems; tasks mount without any. */
export function mountTargetHandlers({ state, ids, config }: Platform): HandlersOf<Operations> {
  const { tables } = state;
  return {
    CreateMountTarget: async (input, { scope, caller }) => {
      const mountTargetId = `fsmt-${ids.hex32().slice(0, ID_LENGTH)}`;
      const networkInterfaceId = `eni-${ids.hex32().slice(0, ID_LENGTH)}`;
      const own = { mountTargetId, networkInterfaceId, by: caller.principalArn };
      return wireMountTarget(await state.transact((tx) => create(tx, scope, config, input, own)));
    },

    DescribeMountTargets: async (input, { scope }) => {
      const { FileSystemId: of, MountTargetId: id, AccessPointId: point, MaxItems: size, Marker: token } = input;
      if ([of, id, point].filter((given) => given !== undefined).length !== 1)
        throw badRequest("Give one of 'FileSystemId', 'MountTargetId' and 'AccessPointId'.");
      const fileSystem = (): string =>
        of === undefined
          ? accessPointOf(tables, scope, point).fileSystemId
          : fileSystemOf(tables, scope, of).fileSystemId;
      const found =
        id === undefined
          ? tables.mountTargets.by('fileSystem', fileSystemKey(scope, fileSystem()))
          : [mountTargetOf(tables, scope, id)];
      const asked = { size, token, filters: { of, id, point } };
      const page = pageOf('DescribeMountTargets', found, asked, (each) => each.mountTargetId);
      return { Marker: token, MountTargets: page.items.map(wireMountTarget), NextMarker: page.nextToken };
    },

    DescribeMountTargetSecurityGroups: async (input, { scope }) => ({
      SecurityGroups: [...mountTargetOf(tables, scope, input.MountTargetId).securityGroups],
    }),

    DeleteMountTarget: async (input, { scope, caller }) => {
      await state.transact((tx) => {
        const { mountTargetId, fileSystemId } = mountTargetOf(tx.tables, scope, input.MountTargetId);
        tx.delete(tx.tables.mountTargets, fileSystemKey(scope, mountTargetId));
        explain(
          tx,
          { scope, fileSystemId },
          'mount-target.deleted',
          `${mountTargetId} was deleted.`,
          caller.principalArn,
        );
      });
      return {};
    },
  };
}

function create(
  tx: Tx,
  scope: Scope,
  { subnets }: PlatformConfig,
  input: Operations['CreateMountTarget']['input'],
  { mountTargetId, networkInterfaceId, by }: { mountTargetId: string; networkInterfaceId: string; by: string },
): MountTarget {
  const { mountTargets } = tx.tables;
  const { fileSystemId } = availableFileSystem(tx.tables, scope, input.FileSystemId);
  const subnet = subnets.find(({ subnetId }) => subnetId === input.SubnetId);
  if (subnet === undefined)
    throw new ServiceError('SubnetNotFound', `The subnet ID '${input.SubnetId}' does not exist`);
  const { subnetId, availabilityZone } = subnet;
  const others = mountTargets.by('fileSystem', fileSystemKey(scope, fileSystemId));
  if (others.some((other) => other.availabilityZone === availabilityZone))
    throw new ServiceError('MountTargetConflict', 'mount target already exists in this AZ');
  const made: MountTarget = {
    scope,
    mountTargetId,
    fileSystemId,
    subnetId,
    availabilityZone,
    networkInterfaceId,
    ipAddress: input.IpAddress,
    securityGroups: input.SecurityGroups ?? [],
    createdAt: tx.now,
  };
  tx.put(mountTargets, fileSystemKey(scope, mountTargetId), made);
  explain(tx, made, 'mount-target.created', `${mountTargetId} was made in ${subnetId}.`, by);
  return made;
}

function explain(
  tx: Tx,
  { scope, fileSystemId }: Pick<MountTarget, 'scope' | 'fileSystemId'>,
  type: string,
  text: string,
  by: string,
): void {
  tx.event({ subject: fileSystemArn(scope, fileSystemId), type, because: 'user-request', text, by });
}

function wireMountTarget(target: MountTarget): Description {
  return {
    OwnerId: target.scope.account,
    MountTargetId: target.mountTargetId,
    FileSystemId: target.fileSystemId,
    SubnetId: target.subnetId,
    LifeCycleState: 'available',
    IpAddress: target.ipAddress,
    NetworkInterfaceId: target.networkInterfaceId,
    AvailabilityZoneName: target.availabilityZone,
  };
}
