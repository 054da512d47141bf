import type { Scope } from './ids.ts';
import type { Tag } from './task-definition.ts';
import type { EpochMs } from './time.ts';

export type ParameterType = 'String' | 'StringList' | 'SecureString';
export type ParameterTier = 'Standard' | 'Advanced';

/** One version of a parameter, without its value. It never changes. */
export interface ParameterVersion {
  readonly version: number;
  readonly type: ParameterType;
  readonly tier: ParameterTier;
  readonly dataType: string;
  /** Of a SecureString: the KMS key it was asked to be encrypted with; kept and shown. */
  readonly keyId?: string | undefined;
  readonly description?: string | undefined;
  readonly allowedPattern?: string | undefined;
  readonly lastModifiedAt: EpochMs;
  /** ARN of who wrote it. */
  readonly lastModifiedUser: string;
}

/** A version with its value. Key `<key of the parameter>\n<version in 10 digits>`. */
export interface ParameterValue extends ParameterVersion {
  /** A sealed text, of every type of parameter. */
  readonly sealedValue: string;
}

/** A parameter of Systems Manager. Key `<account>/<region>/<name>`, the name with its leading slash if it has one. */
export interface Parameter {
  readonly scope: Scope;
  readonly name: string;
  /** The newest version. */
  readonly current: ParameterVersion;
  /** Versions from this one to the newest are kept, at most 100. */
  readonly oldestVersion: number;
  /** Each label is on one version; a version has at most 10. */
  readonly labels: readonly { readonly label: string; readonly version: number }[];
  readonly tags: readonly Tag[];
}
