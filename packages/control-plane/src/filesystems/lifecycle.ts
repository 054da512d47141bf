import type { FileSystem, Scope } from '@gantry/domain';
import type { Platform } from '../platform.ts';
import type { NfsExport, SharedFolders } from './port.ts';

export function fileSystemKey(scope: Scope, id: string): string {
  return `${scope.account}/${scope.region}/${id}`;
}

/**
 * Brings a file system that is being made or removed to where it is going, folder first. Safe to repeat: a stop between
 * folder and document is made good by the next start.
 */
export async function settleFileSystem(
  { state }: Pick<Platform, 'state'>,
  folders: SharedFolders,
  { scope, fileSystemId }: Pick<FileSystem, 'scope' | 'fileSystemId'>,
): Promise<void> {
  const key = fileSystemKey(scope, fileSystemId);
  const before = state.tables.fileSystems.get(key);
  if (before?.lifeCycleState === 'creating') {
    if (before.backing === 'directory') await folders.create(fileSystemId);
  } else if (before?.lifeCycleState === 'deleting') {
    if (before.backing === 'directory') await folders.remove(fileSystemId);
  } else return;
  await state.transact((tx) => {
    const { fileSystems } = tx.tables;
    const now = fileSystems.get(key);
    // Removed while it was being made: the removal settles it.
    if (now === undefined || now.lifeCycleState !== before.lifeCycleState) return;
    const available: FileSystem = { ...now, lifeCycleState: 'available' };
    if (now.lifeCycleState === 'deleting') tx.delete(fileSystems, key);
    else tx.put(fileSystems, key, available);
  });
}

/** At a start: what the last one left half done, and the file systems that the operator named exports for. */
export async function openFileSystems(
  platform: Pick<Platform, 'state' | 'config' | 'clock' | 'log'>,
  folders: SharedFolders,
): Promise<void> {
  const { config, state, log } = platform;
  await ensureExports(platform, config.fileSystemExports ?? {});
  for (const fileSystem of state.tables.fileSystems.by('changing', 'all')) {
    await settleFileSystem(platform, folders, fileSystem).catch((error: unknown) => {
      log('error', 'a file system could not be settled', { id: fileSystem.fileSystemId, error: String(error) });
    });
  }
}

/** They belong to the account and region of this installation. */
async function ensureExports(
  { config, state }: Pick<Platform, 'state' | 'config'>,
  exports: Readonly<Record<string, NfsExport>>,
): Promise<void> {
  const scope = config.defaultScope;
  for (const fileSystemId of Object.keys(exports)) {
    const key = fileSystemKey(scope, fileSystemId);
    const known = state.tables.fileSystems.get(key);
    if (known?.backing === 'directory')
      throw new Error(
        `--efs ${fileSystemId}=…: this file system is a folder of this host already. Delete it first, or name another.`,
      );
    if (known !== undefined) continue;
    await state.transact((tx) => tx.put(tx.tables.fileSystems, key, exported(scope, fileSystemId, tx.now)));
  }
}

function exported(scope: Scope, fileSystemId: string, createdAt: FileSystem['createdAt']): FileSystem {
  return {
    scope,
    fileSystemId,
    creationToken: fileSystemId,
    createdAt,
    lifeCycleState: 'available',
    backing: 'nfs',
    performanceMode: 'generalPurpose',
    throughputMode: 'bursting',
    encrypted: false,
    tags: [],
  };
}
