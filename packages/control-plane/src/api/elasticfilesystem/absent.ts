import { ServiceError, type ElasticfilesystemOperations } from '@gantry/protocol';
import type { HandlersOf } from '../../handlers.ts';
import type { Platform } from '../../platform.ts';
import { fileSystemOf } from './names.ts';

/** What is asked of things that no file system here has: the answers of one that has none. Tools ask for them unbidden. */
export function absentHandlers({ state }: Platform): HandlersOf<ElasticfilesystemOperations> {
  const { tables } = state;
  const none = (code: string, message: string) => new ServiceError(code, message);
  return {
    DescribeLifecycleConfiguration: async ({ FileSystemId }, { scope }) => {
      fileSystemOf(tables, scope, FileSystemId);
      return { LifecyclePolicies: [] };
    },
    DescribeFileSystemPolicy: async ({ FileSystemId }, { scope }) => {
      const { fileSystemId } = fileSystemOf(tables, scope, FileSystemId);
      throw none('PolicyNotFound', `File system '${fileSystemId}' has no policy.`);
    },
    DescribeBackupPolicy: async ({ FileSystemId }, { scope }) => {
      const { fileSystemId } = fileSystemOf(tables, scope, FileSystemId);
      throw none('PolicyNotFound', `File system '${fileSystemId}' has no backup policy.`);
    },
    DescribeReplicationConfigurations: async ({ FileSystemId }, { scope }) => {
      if (FileSystemId === undefined) return { Replications: [] };
      const { fileSystemId } = fileSystemOf(tables, scope, FileSystemId);
      throw none('ReplicationNotFound', `File system '${fileSystemId}' is not replicated.`);
    },
  };
}
