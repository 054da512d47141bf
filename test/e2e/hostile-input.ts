import { connect } from 'node:net';
import { modelOf, type ServiceName } from '@gantry/protocol';
import { Rng } from '@gantry/testkit';
import { typeOf } from '@gantry/protocol/codec/model.ts';

/** Sends bytes as they are; gives what came back until the other side closed, or `quietMs` went by without a byte. */
export function exchange(port: number, bytes: string | Buffer, quietMs = 10_000): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setTimeout(quietMs, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.on('error', () => undefined); // cut off is an answer, too
    socket.on('close', () => resolve(text));
  });
}

const WORDS = [
  'default',
  'web',
  'web:1',
  'shop',
  '*',
  '',
  ' ',
  'constructor',
  '__proto__',
  'hasOwnProperty',
  '../../etc/passwd',
  '..%2f..',
  'a'.repeat(255),
  'a'.repeat(70_000),
  '\u0000',
  '\ud800',
  '\u202e\u{1f40b}',
  "'; drop table documents; --",
  '${jndi:ldap://127.0.0.1:1/x}',
  'arn:aws:ecs:eu-west-1:000000000000:cluster/default',
  'arn:aws:ecs:eu-west-1:000000000000:task/default/00000000000000000000000000000000',
  'arn:aws:ecs:eu-west-1:999999999999:service/default/shop',
  'arn:aws:ecs:::',
  'attribute:ecs.os-type == linux',
  'attribute:x in [',
  '('.repeat(2_000),
  'memberOf',
  '-1',
  '9'.repeat(40),
  'FARGATE',
  'gantry/hello',
];
const NUMBERS = [0, 1, -1, 2, 10, 80, 1024, 65_536, 2 ** 31, -(2 ** 31), 2 ** 53, 1e308, -0, 0.5, 1e-7];
const DEEPEST = 6;

/** Stands in every member a model calls sensitive: no error and no log may repeat it. */
export const PLANTED_SECRET = 'pl4nted-s3cret-0f-the-f0rge';

/** Inputs that know the wire model and break it here and there; the same ones for the same seed. */
export class HostileInputs {
  readonly #rng: Rng;

  constructor(seed: number) {
    this.#rng = new Rng(seed);
  }

  /** A value that is nearly what the operation takes. */
  inputOf(service: ServiceName, operation: string): unknown {
    const input = modelOf(service).operations[operation]?.input;
    return input === undefined ? {} : this.#value(service, input, 0);
  }

  #value(service: ServiceName, expression: string, depth: number): unknown {
    const rng = this.#rng;
    if (rng.chance(0.02)) return this.#anything();
    const type = typeOf(modelOf(service), expression);
    switch (type.kind) {
      case 'structure': {
        if (depth >= DEEPEST) return {};
        const { members, required = [] } = type.structure;
        const likely = 2.5 / Math.max(1, Object.keys(members).length);
        const chosen = Object.keys(members).filter((name) => rng.chance(required.includes(name) ? 0.95 : likely));
        const entries = chosen.map((name) => [name, this.#value(service, members[name] as string, depth + 1)] as const);
        if (rng.chance(0.05)) entries.push([rng.pick(WORDS), this.#anything()]);
        return Object.fromEntries(entries);
      }
      case 'list':
        return Array.from({ length: this.#size() }, () => this.#value(service, type.member, depth + 1));
      case 'map':
        return Object.fromEntries(
          Array.from({ length: this.#size() }, () => [rng.pick(WORDS), this.#value(service, type.value, depth + 1)]),
        );
      case 'string':
        if (type.bounds?.sensitive === true && rng.chance(0.9)) return PLANTED_SECRET;
        return type.bounds?.enum !== undefined && rng.chance(0.8) ? rng.pick(type.bounds.enum) : rng.pick(WORDS);
      case 'boolean':
        return rng.chance(0.5);
      case 'blob':
        if (type.bounds?.sensitive === true) return Buffer.from(PLANTED_SECRET).toString('base64');
        return this.#anything();
      case 'document':
        return this.#anything();
      default:
        return rng.pick(NUMBERS);
    }
  }

  #size(): number {
    return this.#rng.chance(0.03) ? 300 : this.#rng.int(0, 3);
  }

  #anything(): unknown {
    const nest = { a: [[[{ b: null }]]] };
    return this.#rng.pick<unknown>([null, true, [], {}, [[]], nest, ...NUMBERS, ...WORDS]);
  }

  /** Now and then the text is no JSON any more. */
  spoil(text: string): string {
    const rng = this.#rng;
    if (!rng.chance(0.1) || text.length === 0) return text;
    const at = rng.int(0, text.length - 1);
    return rng.pick([
      text.slice(0, at),
      `${text.slice(0, at)}${rng.pick(['"', '{', ']', '\\u', '\u0000', ','])}${text.slice(at)}`,
      text + text,
      `[${text}]`,
      `\ufeff${text}`,
      text.replaceAll('"', "'"),
    ]);
  }
}
