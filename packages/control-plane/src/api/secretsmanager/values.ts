import type { SecretValue } from '@gantry/domain';
import { invalidParameter, ServiceError } from '@gantry/protocol';
import type { Seal } from '../../seal/port.ts';
import { sealedKind } from '../../seal/sealed-documents.ts';
import type { Tx } from '../../state/state.ts';

const MOST_BYTES = 65_536;

/** As members of a request and of an answer. */
export interface WireValue {
  readonly SecretString?: string | undefined;
  readonly SecretBinary?: Uint8Array | undefined;
}

export function valueKey(secret: string, versionId: string): string {
  return `${secret}\n${versionId}`;
}

/** What a value is sealed for: the version it is of. */
function sealContext(key: string): string {
  return `secret/${key}`;
}

export const SEALED_SECRETS = sealedKind(
  (tables) => tables.secretValues,
  (key, value: SecretValue, change) => ({ ...value, sealedValue: change(value.sealedValue, sealContext(key)) }),
);

/** The value of a request, undefined when it has none. Pure. @throws ServiceError; the value is in no message */
export function givenValue({ SecretString, SecretBinary }: WireValue): WireValue | undefined {
  if (SecretString !== undefined && SecretBinary !== undefined)
    throw invalidParameter(
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  const bytes = SecretBinary?.length ?? Buffer.byteLength(SecretString ?? '');
  if (bytes > MOST_BYTES) {
    const member = SecretBinary === undefined ? 'secretString' : 'secretBinary';
    throw new ServiceError(
      'ValidationException',
      `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must have length less than or equal to ${MOST_BYTES}`,
    );
  }
  return SecretString === undefined && SecretBinary === undefined ? undefined : { SecretString, SecretBinary };
}

export function putValue(tx: Tx, seal: Seal, key: string, value: WireValue): void {
  const { SecretString, SecretBinary = new Uint8Array() } = value;
  const sealedValue = seal.seal(SecretString ?? SecretBinary, sealContext(key));
  const document: SecretValue = { kind: SecretString === undefined ? 'binary' : 'string', sealedValue };
  tx.put(tx.tables.secretValues, key, document);
}

export function openValue(seal: Seal, key: string, { kind, sealedValue }: SecretValue): WireValue {
  const plain = seal.open(sealedValue, sealContext(key));
  return kind === 'string' ? { SecretString: plain.toString('utf8') } : { SecretBinary: plain };
}

/** Whether two values are the same. Pure. */
export function sameValue(one: WireValue, other: WireValue): boolean {
  if (one.SecretBinary === undefined || other.SecretBinary === undefined)
    return one.SecretString === other.SecretString && one.SecretBinary === other.SecretBinary;
  return Buffer.compare(one.SecretBinary, other.SecretBinary) === 0;
}
