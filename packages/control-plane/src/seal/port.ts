/** Encrypts values at rest. */
export interface Seal {
  /** Names the key, tells nothing of it. 8 hex digits. */
  readonly keyId: string;
  /**
   * A printable text (`g1.<key id>.<base64url>`) only `open` with the same context can read. The context is where the text
   * is kept, such as `ssm/<document key>/<version>`: moved elsewhere it does not open.
   */
  seal(plain: string | Uint8Array, context: string): string;
  /** @throws SealError when the text was made with another key, was changed, or belongs to another context. */
  open(sealed: string, context: string): Buffer;
}

export class SealError extends Error {
  override readonly name = 'SealError';
}
