/** Encrypts values at rest. */
export interface Seal {
  /** Names the key texts are sealed with now, tells nothing of it. 8 hex digits. */
  readonly keyId: string;
  /** Every key it can open with, the current one first. */
  readonly keyIds: readonly string[];
  /** Where the keys are from, for messages: the path of the key file. */
  readonly source: string;
  /**
   * A printable text (`g1.<key id>.<base64url>`) only `open` with the same context can read. The context is where the text
   * is kept, such as `parameter/<document key>`: moved elsewhere it does not open.
   */
  seal(plain: string | Uint8Array, context: string): string;
  /** @throws SealError when the text was made with another key, was changed, or belongs to another context. */
  open(sealed: string, context: string): Buffer;
}

export class SealError extends Error {
  override readonly name = 'SealError';
}

/** The id of the key a text was sealed with; `undefined` for what is no sealed text. Pure. */
export function sealedWith(text: string): string | undefined {
  return /^g1\.([0-9a-f]{8})\.[\w-]+$/.exec(text)?.[1];
}
