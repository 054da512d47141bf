import type { Scope } from './ids.ts';
import type { Tag } from './task-definition.ts';
import type { EpochMs } from './time.ts';

/** A file system of Amazon EFS. Key `<account>/<region>/<fileSystemId>`. */
export interface FileSystem {
  readonly scope: Scope;
  /** `fs-` and 17 hex characters. */
  readonly fileSystemId: string;
  readonly creationToken: string;
  readonly createdAt: EpochMs;
  /** Gone for good when its folder is: then there is no document either. */
  readonly lifeCycleState: 'creating' | 'available' | 'deleting';
  /** Where its files are: in a folder of the control plane's host, or in an NFS export that the operator named. */
  readonly backing: 'directory' | 'nfs';
  readonly performanceMode: string;
  readonly throughputMode: string;
  readonly provisionedThroughputInMibps?: number | undefined;
  readonly encrypted: boolean;
  readonly kmsKeyId?: string | undefined;
  readonly availabilityZoneName?: string | undefined;
  readonly tags: readonly Tag[];
}

export interface PosixUser {
  readonly uid: number;
  readonly gid: number;
  readonly secondaryGids: readonly number[];
}

/** A way into a file system: one of its directories. Key `<account>/<region>/<accessPointId>`. */
export interface AccessPoint {
  readonly scope: Scope;
  readonly accessPointId: string;
  readonly fileSystemId: string;
  readonly clientToken: string;
  readonly createdAt: EpochMs;
  readonly posixUser?: PosixUser | undefined;
  /** Absolute, in the file system. */
  readonly path: string;
  /** How the directory is made when it is not there; `permissions` are octal digits. */
  readonly creation?: { readonly uid: number; readonly gid: number; readonly permissions: string } | undefined;
  readonly tags: readonly Tag[];
}

/** Key `<account>/<region>/<mountTargetId>`. It is kept and shown: tasks need none to mount a file system. */
export interface MountTarget {
  readonly scope: Scope;
  readonly mountTargetId: string;
  readonly fileSystemId: string;
  readonly subnetId: string;
  readonly availabilityZone: string;
  readonly networkInterfaceId: string;
  readonly ipAddress?: string | undefined;
  readonly securityGroups: readonly string[];
  readonly createdAt: EpochMs;
}
