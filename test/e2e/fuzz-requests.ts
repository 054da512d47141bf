import { gzipSync } from 'node:zlib';
import { modelOf, SERVICE_NAMES, sign, type ServiceName } from '@gantry/protocol';
import { Rng } from '@gantry/testkit';
import type { Keys } from './control-plane.ts';
import { HostileInputs } from './hostile-input.ts';

export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  /** The service it is signed for: its protocol is the answer's. */
  readonly service: ServiceName;
}

const NAMES = ['constructor', '__proto__', 'hasOwnProperty', 'toString', 'valueOf', 'nope', '', '*', 'a'.repeat(3_000)];
const HEADERS: readonly (readonly [string, readonly string[]])[] = [
  [
    'content-type',
    ['', 'text/plain', 'application/json', 'multipart/form-data; boundary=x', 'a/b;;;', 'x'.repeat(2_000)],
  ],
  ['content-encoding', ['gzip', 'br', 'identity', 'gzip, gzip', 'x', '']],
  ['x-amz-security-token', ['', 'x', 'g1.00000000.AAAA', 'y'.repeat(5_000), '__proto__']],
  ['x-amz-content-sha256', ['UNSIGNED-PAYLOAD', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', '0'.repeat(64), '']],
  ['x-amz-target', NAMES],
  ['x-gantry-account', ['999999999999', '', 'constructor', '1']],
  ['x-forwarded-for', ['127.0.0.1', '${jndi:ldap://127.0.0.1:1/x}', '\u00ff']],
  ['accept-encoding', ['gzip', '*;q=0']],
  ['origin', ['http://evil.example', 'null']],
  ['x-http-method-override', ['DELETE']],
  ['range', ['bytes=0-,0-,0-,0-']],
];
const METHODS = ['GET', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE'];
const PATHS = [
  '//',
  '/..',
  '/%2e%2e/%00',
  '/_gantry',
  '/schedules/%',
  '/?Action=',
  '/?X-Amz-Credential=a/b/c/d/e',
  '/%ff',
];

/** Malformed and hostile requests to the front door of an address; the same ones for the same seed. */
export class FuzzRequests {
  readonly #rng: Rng;
  readonly #inputs: HostileInputs;
  readonly #host: string;
  readonly #keys: readonly Keys[];
  readonly #now: () => number;

  constructor(options: { seed: number; host: string; keys: readonly Keys[]; now: () => number }) {
    this.#rng = new Rng(options.seed);
    this.#inputs = new HostileInputs(options.seed + 1);
    this.#host = options.host;
    this.#keys = options.keys;
    this.#now = options.now;
  }

  next(): FuzzRequest {
    const rng = this.#rng;
    const service = rng.chance(0.5) ? 'ecs' : rng.pick(SERVICE_NAMES);
    const plain = this.#nearlyRight(service);
    const damage = rng.int(0, 9);
    if (damage === 0) return this.#signed({ ...plain, body: this.#bytes() });
    if (damage === 1) return this.#signed(this.#withHeaders(plain));
    if (damage === 2)
      return this.#signed({ ...plain, method: rng.pick(METHODS), path: rng.pick([plain.path, ...PATHS]) });
    if (damage === 3) return this.#withBrokenSignature(this.#signed(plain));
    // Changed after it was signed.
    if (damage === 4) return this.#withHeaders(this.#signed(plain));
    if (damage === 5) return this.#presigned(plain);
    return this.#signed(plain);
  }

  /** In the service's protocol, and of its model but for what is broken here and there. */
  #nearlyRight(service: ServiceName): FuzzRequest {
    const rng = this.#rng;
    const model = modelOf(service);
    const operation = rng.pick(Object.keys(model.operations));
    const input = this.#inputs.inputOf(service, operation);
    const head = { service, method: 'POST', path: '/' };
    if (model.protocol === 'query') {
      const form = rng.chance(0.03) ? rng.pick(NAMES) : operation;
      const fields = [`Action=${encodeURIComponent(form)}`, `Version=${model.apiVersion}`, ...formOf('', input)];
      const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
      return { ...head, headers, body: this.#inputs.spoil(fields.join('&')) };
    }
    const body = this.#inputs.spoil(JSON.stringify(input));
    if (model.protocol === 'rest-json') {
      const { method = 'POST', path = '/' } = model.operations[operation]?.http ?? {};
      const filled = path.replace(/\{\w+\}/g, () => encodeURIComponent(rng.pick([...NAMES, 'a.b', '%', 'ä/b'])));
      return { ...head, method, path: filled, headers: { 'content-type': 'application/json' }, body };
    }
    const target = `${model.targetPrefix}.${rng.chance(0.03) ? rng.pick(NAMES) : operation}`;
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
    if (!rng.chance(0.03)) return { ...head, headers, body };
    return { ...head, headers: { ...headers, 'content-encoding': 'gzip' }, body: gzipSync(body) };
  }

  #signed(request: FuzzRequest): FuzzRequest {
    const rng = this.#rng;
    const [path = '', query = ''] = request.path.split('?');
    const now = this.#now() + (rng.chance(0.03) ? rng.pick([-1, 1]) * rng.int(0, 600_000) : 0);
    const key = rng.chance(0.97)
      ? (this.#keys[0] as Keys)
      : rng.pick([...this.#keys, { accessKeyId: 'AKIANOBODY', secretAccessKey: 'x' }]);
    const region = rng.chance(0.97) ? 'eu-west-1' : rng.pick(['', 'mars', '../..', 'us-east-1', 'x'.repeat(300)]);
    const { service, method, body } = request;
    const headers = { ...request.headers, host: this.#host };
    const signed = sign({ method, path, query, headers, body }, key, {
      service: rng.chance(0.98) ? modelOf(service).signingName : rng.pick(SERVICE_NAMES),
      region,
      now,
    });
    return { ...request, headers: signed as Record<string, string> };
  }

  #withBrokenSignature(request: FuzzRequest): FuzzRequest {
    const rng = this.#rng;
    const authorization = request.headers['authorization'] ?? '';
    const at = rng.int(0, authorization.length - 1);
    const broken = rng.pick([
      authorization.slice(0, at),
      `${authorization.slice(0, at)}${rng.pick(['0', ',', '/', '=', ' '])}${authorization.slice(at + 1)}`,
      authorization.replace('AWS4-HMAC-SHA256', rng.pick(['AWS4-ECDSA-P256-SHA256', 'Basic', 'Bearer', 'aws4'])),
      authorization.replace(
        /SignedHeaders=[^,]+/,
        `SignedHeaders=${rng.pick(['', 'host;'.repeat(5_000), '__proto__', 'Host'])}`,
      ),
      'Credential='.repeat(800),
      authorization + authorization,
    ]);
    return { ...request, headers: { ...request.headers, authorization: broken } };
  }

  #presigned(request: FuzzRequest): FuzzRequest {
    const rng = this.#rng;
    const fields = {
      'X-Amz-Algorithm': rng.pick(['AWS4-HMAC-SHA256', 'x']),
      'X-Amz-Credential': `${this.#keys[0]?.accessKeyId}/20260101/us-east-1/${rng.pick(SERVICE_NAMES)}/aws4_request`,
      'X-Amz-Date': rng.pick(['20260101T000000Z', 'now', '99999999T999999Z']),
      'X-Amz-Expires': rng.pick(['60', '-1', '1e9', '604801', 'x']),
      'X-Amz-SignedHeaders': rng.pick(['host', '', 'host;constructor']),
      'X-Amz-Signature': '0'.repeat(rng.pick([64, 63, 0])),
    };
    const kept = Object.entries(fields).filter(() => rng.chance(0.95));
    const path = `${request.path.split('?')[0]}?${new URLSearchParams(kept).toString()}`;
    return { ...request, path, headers: { ...request.headers, host: this.#host } };
  }

  #withHeaders(request: FuzzRequest): FuzzRequest {
    const rng = this.#rng;
    const added = Array.from({ length: rng.int(1, 3) }, () => {
      const [name, values] = rng.pick(HEADERS);
      return [name, rng.pick(values)] as const;
    });
    return { ...request, headers: { ...request.headers, ...Object.fromEntries(added) } };
  }

  #bytes(): Buffer {
    const rng = this.#rng;
    return Buffer.from(Array.from({ length: rng.int(0, 200) }, () => rng.int(0, 255)));
  }
}

/** `Tags.member.1.Key=a`, as the Query protocol has it. */
function formOf(name: string, value: unknown): readonly string[] {
  const below = (step: string): string => (name === '' ? step : `${name}.${step}`);
  if (Array.isArray(value)) return value.flatMap((item, index) => formOf(below(`member.${index + 1}`), item));
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([step, item]) => formOf(below(step), item));
  if (value === undefined || value === null) return [];
  return [`${percent(name)}=${percent(typeof value === 'string' ? value : JSON.stringify(value))}`];
}

/** Half a surrogate pair has no percent-encoding. */
const percent = (text: string): string => encodeURIComponent(text.toWellFormed());
