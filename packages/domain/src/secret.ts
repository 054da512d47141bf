import type { Scope } from './ids.ts';
import type { Tag } from './task-definition.ts';
import type { EpochMs } from './time.ts';

/** A version of a secret, without its value. */
export interface SecretVersion {
  /** `AWSCURRENT`, `AWSPREVIOUS`, `AWSPENDING` or a user's own. Without any the version is deprecated. */
  readonly stages: readonly string[];
  readonly createdAt: EpochMs;
  /** The beginning of the day (UTC) it was last read on. */
  readonly lastAccessedDay?: EpochMs | undefined;
  readonly kmsKeyId?: string | undefined;
}

/** A secret of Secrets Manager, without its values. Key `<account>/<region>/<name>`. */
export interface Secret {
  readonly scope: Scope;
  readonly name: string;
  /** The name in it ends in six random characters: made anew under its name, a secret is another one. */
  readonly arn: string;
  readonly description?: string | undefined;
  /** The KMS key it was asked to be encrypted with; kept and shown. */
  readonly kmsKeyId?: string | undefined;
  readonly tags: readonly Tag[];
  /** By version id. */
  readonly versions: Readonly<Record<string, SecretVersion>>;
  readonly createdAt: EpochMs;
  readonly lastChangedAt: EpochMs;
  readonly lastAccessedDay?: EpochMs | undefined;
  /** DeleteSecret was called: when, and when it goes for good. */
  readonly deletion?: { readonly askedAt: EpochMs; readonly dueAt: EpochMs } | undefined;
}

/** The value of a version. Key `<key of the secret>\n<version id>`. */
export interface SecretValue {
  readonly kind: 'string' | 'binary';
  /** A sealed text. */
  readonly sealedValue: string;
}
