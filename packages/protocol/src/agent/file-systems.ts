/** Instances with this attribute mount file systems as `PayloadVolume.fileSystem` says; others by the name AWS gives them. */
export const FILE_SYSTEMS_ATTRIBUTE = 'gantry.file-systems';

/** A file system as an agent is to mount it. */
export type PayloadFileSystem =
  | {
      /** A folder of the control plane's host. Only an agent that reads `mark` in `markFile` is on that host. */
      readonly kind: 'directory';
      readonly path: string;
      readonly markFile: string;
      readonly mark: string;
      /** Absolute, in the folder, without `..`. */
      readonly rootDirectory: string;
      /** How the root directory is made when it is not there; `permissions` are octal digits. */
      readonly creation?: { readonly uid: number; readonly gid: number; readonly permissions: string };
    }
  | { readonly kind: 'nfs'; readonly server: string; readonly path: string };
