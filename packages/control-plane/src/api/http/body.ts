import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ServiceError } from '@gantry/protocol';

/** A whole PutLogEvents of a mebibyte fits, written as JSON with every character escaped. */
export const MOST_BODY_BYTES = 8 * 1024 * 1024;
/** Of all bodies being received at once; more is answered with 503. */
const MOST_BUFFERED_BYTES = 256 * 1024 * 1024;

/** So much of a refused body is read and dropped, for a client that reads its answer only when it has sent all. */
const MOST_DISCARDED_BYTES = 64 * 1024 * 1024;

const unzip = promisify(gunzip);

/** The body or its inflated form is larger than this server takes. */
export function tooLarge(): ServiceError {
  return new ServiceError('RequestEntityTooLargeException', `The request is larger than ${MOST_BODY_BYTES} bytes.`, {
    status: 413,
  });
}

/** The client went before its request was complete: there is nobody to answer. */
export class ClientGone extends Error {}

/** Reads request bodies whole, within a limit each and a limit together. */
export class BodyReader {
  #buffered = 0;

  /**
   * Listens to the request itself: an iterator costs a tenth of a small call.
   * @throws ServiceError RequestEntityTooLargeException (413) | ServiceUnavailable (503); ClientGone
   */
  read(request: IncomingMessage): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let [bytes, kept, open] = [0, 0, true];
      let refusal = Number(request.headers['content-length'] ?? 0) > MOST_BODY_BYTES ? tooLarge() : undefined;
      // Every request is closed in the end: an error, which costs a look at the stack, is made only for those that ended early.
      const end = (gone?: { readonly cause?: unknown }): void => {
        if (!open) return;
        open = false;
        this.#buffered -= kept;
        if (gone !== undefined) reject(new ClientGone('request', gone));
        else if (refusal !== undefined) reject(refusal);
        else resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes));
      };
      request.on('data', (chunk: Buffer) => {
        if (!open) return;
        bytes += chunk.length;
        if (refusal === undefined) {
          kept += chunk.length;
          this.#buffered += chunk.length;
          chunks.push(chunk);
          if (bytes > MOST_BODY_BYTES) refusal = tooLarge();
          else if (this.#buffered > MOST_BUFFERED_BYTES) refusal = busy();
        }
        if (refusal !== undefined) chunks.length = 0;
        // The connection is not destroyed: it is to carry the answer.
        if (bytes > MOST_DISCARDED_BYTES) {
          request.pause();
          end();
        }
      });
      request.once('end', () => end());
      request.on('error', (cause) => end({ cause }));
      request.once('close', () => end({}));
    });
  }
}

/**
 * The body as it was before the client compressed it. Call it after the signature is verified: that covers the
 * compressed bytes, and nobody unknown makes us inflate.
 * @throws ServiceError RequestEntityTooLargeException | SerializationException
 */
export async function decodeBody(body: Uint8Array, contentEncoding: string | undefined): Promise<Uint8Array> {
  const encoding = contentEncoding?.trim().toLowerCase() ?? '';
  // `aws-chunked` says something about signing in S3 alone.
  if (encoding === '' || encoding === 'identity') return body;
  if (encoding !== 'gzip')
    throw new ServiceError(
      'SerializationException',
      `Content-Encoding '${encoding.slice(0, 64)}' is not supported; send gzip, or none.`,
    );
  try {
    return await unzip(body, { maxOutputLength: MOST_BODY_BYTES });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    throw new ServiceError('SerializationException', 'The request body is not valid gzip.', { cause });
  }
}

function busy(): ServiceError {
  const text = 'Too many large requests are being received at once. Try again.';
  return new ServiceError('ServiceUnavailable', text, { status: 503 });
}
