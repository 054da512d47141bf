import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  header,
  notServed,
  queryParameters,
  SERVICES,
  ServiceError,
  type S3Operations,
  type SeedSignature,
} from '@gantry/protocol';
import { writeError, type WireRequest } from '@gantry/protocol';
import type { Origin } from '../../identity/origin.ts';
import type { Caller } from '../../platform.ts';
import type { PipelineOptions } from '../http/pipeline.ts';
import { asS3Error, notImplemented, s3Error } from './errors.ts';
import { addressOf } from './names.ts';
import { answerOf, type S3Answer } from './wire/answer.ts';
import { bodyOf } from './wire/body.ts';
import { inputOf } from './wire/request.ts';
import { routeOf } from './wire/route.ts';

export interface S3DoorOptions extends Omit<PipelineOptions, 'log'> {
  /** Of the endpoint's URL: `bucket.<this>` names a bucket. */
  readonly endpointHost: string;
  /** What the client may see of an error. */
  readonly visible: (error: unknown, requestId: string, fields: Readonly<Record<string, unknown>>) => ServiceError;
}

/** One request on its way: what is known of it grows. */
interface Passage {
  readonly wire: Omit<WireRequest, 'body'>;
  readonly from: Origin;
  readonly requestId: string;
  readonly source: IncomingMessage;
  caller?: Caller;
  operation?: string;
  input?: unknown;
}

/** The client stopped reading. */
const GONE: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE']);
/** Of a body that was refused. */
const MOST_DISCARDED_BYTES = 64 * 1024 * 1024;
const S3 = SERVICES.s3;
/** Presigned with the second version of signatures: old clients do it where nobody tells them otherwise. */
const SECOND_VERSION = /[?&]AWSAccessKeyId=[^&]+.*&Signature=|[?&]Signature=[^&]+.*&AWSAccessKeyId=/;

const NOT_FOURTH = 'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.';

/** Whether a request was signed for S3: only then is its body left where it is until it is known what it is for. */
export function isForS3({ headers, url }: Pick<IncomingMessage, 'headers' | 'url'>): boolean {
  const { authorization } = headers;
  if (authorization !== undefined) return /\/s3\/aws4_request\b|^AWS /.test(authorization);
  if (SECOND_VERSION.test(url ?? '')) return true;
  return /[?&]X-Amz-Credential=[^&]*(%2F|\/)s3(%2F|\/)aws4_request/i.test(url ?? '');
}

/**
 * route → authenticate → throttle → read → authorise → handle → audit → answer, for requests whose bodies are streams, both ways.
 * Always answers, never rejects.
 */
export class S3Door {
  readonly #options: S3DoorOptions;

  constructor(options: S3DoorOptions) {
    this.#options = options;
  }

  async answer(
    wire: Omit<WireRequest, 'body'>,
    from: Origin,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const passage: Passage = { wire, from, requestId: this.#options.ids.uuid(), source: request };
    let answer: S3Answer;
    try {
      answer = await this.#serve(passage);
    } catch (error) {
      // The client went in the middle of a body: there is nobody to answer, and nothing of ours failed.
      if (request.destroyed && !request.complete) return;
      const { wire: asked, requestId } = passage;
      const visible = asS3Error(this.#options.visible(this.#withheld(error, passage), requestId, { service: 's3' }));
      await this.#audit(passage, { error: visible });
      const { status, headers, body } = writeError(S3, visible, requestId);
      answer = { status, headers, body: asked.method === 'HEAD' || status === 304 ? undefined : body };
    }
    await this.#send(passage, answer, response);
  }

  async #serve(passage: Passage): Promise<S3Answer> {
    const { authenticate, throttle, authorise, handle, endpointHost } = this.#options;
    const { wire, from, requestId } = passage;
    let seed: SeedSignature | undefined;
    if (SECOND_VERSION.test(`?${wire.query}`) || header(wire, 'authorization')?.startsWith('AWS ') === true)
      throw s3Error('InvalidRequest', NOT_FOURTH);
    // The body comes later: its hash is in the head, and `bodyOf` holds it to that.
    const head: WireRequest = { ...wire, body: new Uint8Array() };
    const caller = (passage.caller = authenticate(head, 's3', (verified) => (seed = verified.seed)));
    const query = queryParameters(wire.query);
    const address = addressOf(wire.path, header(wire, 'host') ?? '', endpointHost);
    const operation = routeOf(wire.method, address, query, header(wire, 'x-amz-copy-source') !== undefined);
    passage.operation = operation;
    throttle?.admit(caller, 's3', operation);
    const body = bodyOf(wire, bytesOf(passage.source), seed);
    const input = (passage.input = await inputOf(operation, { wire, query, address, body }));
    authorise(caller, { signingName: 's3', operation, input, from, userAgent: header(wire, 'user-agent') });
    const output = await handle('s3', operation, input, caller, requestId, from);
    await this.#audit(passage, { output });
    return answerOf(operation as keyof S3Operations, output as never, input as never);
  }

  /** Who may not list a bucket is not told that a key is not there. What is not served is said in S3's own code. */
  #withheld(error: unknown, { caller, operation, input, from }: Passage): unknown {
    if (!(error instanceof ServiceError) || operation === undefined || caller === undefined) return error;
    const known = S3.operation(operation);
    if (known !== undefined && error.code === notServed(known).code) return notImplemented(operation);
    if (error.code !== 'NoSuchKey' || !['GetObject', 'HeadObject'].includes(operation)) return error;
    const { Bucket } = input as { readonly Bucket: string };
    try {
      this.#options.authorise(caller, {
        signingName: 's3',
        operation: 'ListObjectsV2',
        input: { Bucket, Prefix: '', MaxKeys: 1 },
        from,
      });
      return error;
    } catch (refusal) {
      return refusal;
    }
  }

  /** Management calls alone, as CloudTrail without data events: `kept.ts` tells which. */
  async #audit(
    { caller, operation, input, wire, from, requestId }: Passage,
    outcome: { readonly output?: unknown; readonly error?: ServiceError },
  ): Promise<void> {
    const { audit } = this.#options;
    if (audit === undefined || caller === undefined || operation === undefined) return;
    const [userAgent, host] = [header(wire, 'user-agent'), header(wire, 'host')];
    await audit.record({ service: S3, operation, caller, from, requestId, userAgent, host, input, ...outcome });
  }

  async #send(
    { source, wire, requestId }: Passage,
    { status, headers, body }: S3Answer,
    response: ServerResponse,
  ): Promise<void> {
    const bytes = body === undefined || typeof body === 'string' ? Readable.from([]) : Readable.from(body);
    if (response.destroyed) return void bytes.destroy();
    if (!source.complete) await drained(source);
    // What is still coming would be taken for the next request.
    if (!source.complete) response.shouldKeepAlive = false;
    const length = typeof body === 'string' ? { 'content-length': String(Buffer.byteLength(body)) } : {};
    response.writeHead(status, {
      'x-amz-request-id': requestId,
      'x-amz-id-2': requestId,
      server: 'AmazonS3',
      ...headers,
      ...length,
    });
    if (body === undefined || typeof body === 'string' || wire.method === 'HEAD') {
      bytes.destroy();
      response.end(wire.method === 'HEAD' ? undefined : body);
      return;
    }
    try {
      await pipeline(bytes, response);
    } catch (error) {
      // The head is out: all that can still be said is that this is not all.
      if (!response.destroyed) response.destroy();
      if (!GONE.has((error as NodeJS.ErrnoException).code ?? ''))
        this.#options.visible(error, requestId, { service: 's3', url: wire.path.slice(0, 256) });
    }
  }
}

/** Reads and drops what is still coming, up to a limit: most clients read an answer only when they have sent all. */
function drained(source: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let bytes = 0;
    for (const end of ['end', 'close', 'error']) source.once(end, () => resolve());
    source.on('error', () => undefined);
    source.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MOST_DISCARDED_BYTES) return;
      source.pause();
      resolve();
    });
    source.resume();
  });
}

/** Whoever stops reading leaves the connection as it is: it is to carry the answer. */
const bytesOf = (source: IncomingMessage): AsyncIterable<Uint8Array> => ({
  [Symbol.asyncIterator]: () => source.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>,
});
