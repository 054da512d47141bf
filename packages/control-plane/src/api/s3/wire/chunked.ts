import { hash } from 'node:crypto';
import { sameText, type SeedSignature } from '@gantry/protocol';
import { s3Error } from '../errors.ts';

export interface ChunkedOptions {
  /** With it each chunk's signature is checked, and that of the trailer. */
  readonly seed?: SeedSignature | undefined;
  readonly signed: boolean;
  readonly hasTrailer: boolean;
  readonly onTrailer: (name: string, value: string) => void;
}

const MOST_LINE_BYTES = 4096;
const MOST_CHUNK_BYTES = 64 * 1024 * 1024;
const EMPTY = hash('sha256', '');

/**
 * The bytes in an `aws-chunked` body: `<hex length>[;chunk-signature=…]\r\n<bytes>\r\n`, a chunk of no bytes at the end, and after
 * it perhaps trailers. A signed chunk is held back until its signature is right, so that much of it is in memory; an unsigned one is
 * passed on as it comes.
 * @throws ServiceError IncompleteBody, SignatureDoesNotMatch, InvalidRequest
 */
export async function* unchunked(
  source: AsyncIterable<Uint8Array>,
  options: ChunkedOptions,
): AsyncGenerator<Uint8Array> {
  const input = new Input(source);
  try {
    yield* chunksOf(input, options);
  } finally {
    await input.close();
  }
}

async function* chunksOf(input: Input, options: ChunkedOptions): AsyncGenerator<Uint8Array> {
  let previous = options.seed?.signature ?? '';
  for (;;) {
    const { bytes, signature } = headOf(await input.line());
    const check = (data: Uint8Array): void => {
      if (!options.signed || options.seed === undefined) return;
      const { date, scope, sign } = options.seed;
      const text = ['AWS4-HMAC-SHA256-PAYLOAD', date, scope, previous, EMPTY, hash('sha256', data)].join('\n');
      previous = checked(sign(text), signature);
    };
    if (bytes === 0) {
      check(Buffer.alloc(0));
      break;
    }
    if (options.signed) {
      const data = await input.take(bytes);
      check(data);
      yield data;
    } else yield* input.pass(bytes);
    if ((await input.line()) !== '') throw malformed();
  }
  await readTrailer(input, options, previous);
  await input.end();
}

async function readTrailer(input: Input, options: ChunkedOptions, previous: string): Promise<void> {
  const lines: string[] = [];
  for (let line = await input.line(true); line !== ''; line = await input.line(true)) {
    const [, name = '', value = ''] = /^([\w-]+):(.*)$/.exec(line) ?? [];
    if (name === '' || !options.hasTrailer || lines.length > 16) throw malformed();
    if (name.toLowerCase() !== 'x-amz-trailer-signature') {
      lines.push(`${name.toLowerCase()}:${value.trim()}\n`);
      options.onTrailer(name.toLowerCase(), value.trim());
    } else if (options.seed !== undefined) {
      const { date, scope, sign } = options.seed;
      const text = ['AWS4-HMAC-SHA256-TRAILER', date, scope, previous, hash('sha256', lines.join(''))].join('\n');
      checked(sign(text), value.trim());
      return;
    }
  }
  if (options.signed && options.hasTrailer && options.seed !== undefined) throw s3Error('SignatureDoesNotMatch');
}

function headOf(line: string): { readonly bytes: number; readonly signature: string } {
  const [, length = '', signature = ''] = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line) ?? [];
  const bytes = Number.parseInt(length, 16);
  if (Number.isNaN(bytes)) throw malformed();
  return { bytes, signature };
}

function checked(expected: string, given: string): string {
  if (!sameText(expected, given)) throw s3Error('SignatureDoesNotMatch');
  return expected;
}

const malformed = (): Error =>
  s3Error('InvalidRequest', 'The body is not what aws-chunked says: a chunk is malformed.');

/** Lines and stretches of a stream of bytes. */
class Input {
  readonly #source: AsyncIterator<Uint8Array>;
  #left: Uint8Array = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Without its `\r\n`. `endsToo`: the end of the stream ends it as well, and is the line `''`. */
  async line(endsToo = false): Promise<string> {
    for (;;) {
      const end = Buffer.from(this.#left.buffer, this.#left.byteOffset, this.#left.length).indexOf('\r\n');
      if (end >= 0) {
        const line = Buffer.from(this.#left.subarray(0, end)).toString('latin1');
        this.#left = this.#left.subarray(end + 2);
        return line;
      }
      if (this.#left.length > MOST_LINE_BYTES) throw malformed();
      if (await this.#more()) continue;
      if (endsToo && this.#left.length === 0) return '';
      throw s3Error('IncompleteBody');
    }
  }

  /** The next bytes, all at once. */
  async take(bytes: number): Promise<Uint8Array> {
    if (bytes > MOST_CHUNK_BYTES)
      throw s3Error('InvalidRequest', `A signed chunk is larger than ${MOST_CHUNK_BYTES} bytes.`);
    const parts: Uint8Array[] = [];
    for await (const part of this.pass(bytes)) parts.push(part);
    return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts, bytes);
  }

  /** The next bytes, as they come. */
  async *pass(bytes: number): AsyncGenerator<Uint8Array> {
    for (let left = bytes; left > 0;) {
      if (this.#left.length === 0 && !(await this.#more())) throw s3Error('IncompleteBody');
      const part = this.#left.subarray(0, left);
      this.#left = this.#left.subarray(part.length);
      left -= part.length;
      if (part.length > 0) yield part;
    }
  }

  /** Nothing more may come. */
  async end(): Promise<void> {
    if (this.#left.length > 0 || (await this.#more())) throw malformed();
  }

  /** Nobody reads on. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#source.next();
    if (done === true) return false;
    this.#left = this.#left.length === 0 ? value : Buffer.concat([this.#left, value]);
    return true;
  }
}
