import type { Scope, Secret } from '@gantry/domain';
import { invalidParameter, ServiceError, type SecretsmanagerOperations } from '@gantry/protocol';
import type { HandlersOf } from '../../handlers.ts';
import type { Platform } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import { invalidRequest } from './errors.ts';
import { checkedName, livingSecret, secretArn, secretKey } from './names.ts';
import { ALPHANUMERIC, evenly, randomText } from './random-password.ts';
import { readTags } from './tag-rules.ts';
import { givenValue, openValue, putValue, sameValue, valueKey, type WireValue } from './values.ts';
import { changeStage, CURRENT, withVersion } from './versions.ts';

type Operations = SecretsmanagerOperations;

const SUFFIX_LENGTH = 6;

/** Making secrets and giving them values. */
export function writeHandlers(platform: Platform): HandlersOf<Operations> {
  const { state, ids } = platform;
  return {
    CreateSecret: async (input, { scope, caller }) => {
      const asked = readCreate(input);
      const versionId = input.ClientRequestToken ?? ids.uuid();
      const suffix = randomText(evenly(ids), ALPHANUMERIC, SUFFIX_LENGTH);
      const by = caller.principalArn;
      return state.transact((tx) => create(tx, platform, scope, { ...asked, versionId, suffix, by }));
    },

    PutSecretValue: async (input, { scope, caller }) => {
      const value = givenValue(input);
      if (value === undefined) throw invalidRequest('You must provide either SecretString or SecretBinary.');
      const versionId = input.ClientRequestToken ?? ids.uuid();
      const stages = [...new Set(input.VersionStages ?? [CURRENT])];
      const { arn, name, versions } = await state.transact((tx) => {
        const secret = livingSecret(tx.tables, scope, input.SecretId);
        return addVersion(tx, platform, secret, { versionId, value, stages, by: caller.principalArn });
      });
      return { ARN: arn, Name: name, VersionId: versionId, VersionStages: [...(versions[versionId]?.stages ?? [])] };
    },

    UpdateSecret: async (input, { scope, caller }) => {
      const value = givenValue(input);
      refuseType(input.Type);
      const versionId = input.ClientRequestToken ?? ids.uuid();
      const { arn, name } = await state.transact((tx) => {
        const secret = described(livingSecret(tx.tables, scope, input.SecretId), input);
        if (value === undefined) return putSecret(tx, secret, 'Its description or key', caller.principalArn);
        return addVersion(tx, platform, secret, { versionId, value, stages: [CURRENT], by: caller.principalArn });
      });
      return { ARN: arn, Name: name, VersionId: value === undefined ? undefined : versionId };
    },

    UpdateSecretVersionStage: async (input, { scope, caller }) => {
      const { VersionStage: stage = '', RemoveFromVersionId: from, MoveToVersionId: to } = input;
      const { arn, name } = await state.transact((tx) => {
        const secret = livingSecret(tx.tables, scope, input.SecretId);
        const versions = changeStage(secret.versions, stage, { from, to });
        return putSecret(tx, { ...secret, versions }, `The stage ${stage}`, caller.principalArn);
      });
      return { ARN: arn, Name: name };
    },
  };
}

type Create = ReturnType<typeof readCreate> & {
  readonly versionId: string;
  readonly suffix: string;
  readonly by: string;
};

function readCreate(input: Operations['CreateSecret']['input']) {
  if ((input.AddReplicaRegions ?? []).length > 0)
    throw invalidParameter(
      'AddReplicaRegions is not served by Gantry: its regions are separate worlds. Create the secret in each of them.',
    );
  refuseType(input.Type);
  return {
    name: checkedName(input.Name ?? ''),
    description: input.Description,
    kmsKeyId: input.KmsKeyId || undefined,
    tags: readTags(input.Tags),
    value: givenValue(input),
  };
}

/** Secrets that a partner of AWS holds. */
function refuseType(type: string | undefined): void {
  if (type !== undefined)
    throw invalidParameter('Type is not served by Gantry: it has no managed external secrets. Leave it out.');
}

function create(tx: Tx, platform: Platform, scope: Scope, asked: Create): Operations['CreateSecret']['output'] {
  const { name, description, kmsKeyId, tags, value, versionId, suffix, by } = asked;
  const there = tx.tables.secrets.get(secretKey({ scope, name }));
  if (there?.deletion !== undefined)
    throw invalidRequest(
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    );
  if (there !== undefined) {
    // The same request again: a retry of one that was answered to nobody.
    if (value === undefined || !hasVersion(tx, platform, there, versionId, value)) throw exists(name);
    return { ARN: there.arn, Name: name, VersionId: versionId };
  }
  const secret: Secret = {
    scope,
    name,
    arn: secretArn(scope, name, suffix),
    description,
    kmsKeyId,
    tags,
    versions: {},
    createdAt: tx.now,
    lastChangedAt: tx.now,
  };
  if (value === undefined) putSecret(tx, secret, 'The beginning', by);
  else addVersion(tx, platform, secret, { versionId, value, stages: [CURRENT], by });
  return { ARN: secret.arn, Name: name, VersionId: value === undefined ? undefined : versionId };
}

interface Addition {
  readonly versionId: string;
  readonly value: WireValue;
  readonly stages: readonly string[];
  readonly by: string;
}

/** @throws ServiceError ResourceExistsException when the version has another value already */
function addVersion(tx: Tx, platform: Platform, secret: Secret, addition: Addition): Secret {
  const { versionId, value, stages, by } = addition;
  if (secret.versions[versionId] !== undefined) {
    if (hasVersion(tx, platform, secret, versionId, value)) return secret;
    throw new ServiceError(
      'ResourceExistsException',
      `You can't use ClientRequestToken ${versionId} because that value is already in use for a version of secret ${secret.arn}.`,
    );
  }
  const key = secretKey(secret);
  const { kmsKeyId } = secret;
  const { versions, gone } = withVersion(secret.versions, { versionId, stages, at: tx.now, kmsKeyId });
  for (const id of gone) tx.delete(tx.tables.secretValues, valueKey(key, id));
  putValue(tx, platform.seal, valueKey(key, versionId), value);
  return putSecret(tx, { ...secret, versions }, `Version ${versionId}`, by);
}

function hasVersion(tx: Tx, { seal }: Platform, secret: Secret, versionId: string, value: WireValue): boolean {
  const key = valueKey(secretKey(secret), versionId);
  const there = tx.tables.secretValues.get(key);
  return there !== undefined && sameValue(openValue(seal, key, there), value);
}

/** Stores a changed secret. Names and version ids alone are in history, never a value. */
export function putSecret(tx: Tx, changed: Secret, what: string, by: string): Secret {
  const secret = { ...changed, lastChangedAt: tx.now };
  tx.put(tx.tables.secrets, secretKey(secret), secret);
  const text = `${what} of the secret ${secret.name} was written.`;
  tx.event({ subject: secret.arn, type: 'secret.written', because: 'user-request', text, by });
  return secret;
}

function described(secret: Secret, { Description, KmsKeyId }: Operations['UpdateSecret']['input']): Secret {
  const kmsKeyId = KmsKeyId === undefined ? secret.kmsKeyId : KmsKeyId || undefined;
  const versions = Object.fromEntries(
    Object.entries(secret.versions).map(([id, version]) => [
      id,
      version.stages.length === 0 ? version : { ...version, kmsKeyId },
    ]),
  );
  return { ...secret, description: Description ?? secret.description, kmsKeyId, versions };
}

function exists(name: string): ServiceError {
  return new ServiceError('ResourceExistsException', `The operation failed because the secret ${name} already exists.`);
}
