/** More bytes are needed. */
class Incomplete extends Error {}

/**
 * The first value of a MessagePack text and how many bytes it takes; undefined: there is more to come. Maps become objects,
 * extensions (Fluent's time of an event) their bytes.
 */
export function decodeFirst(bytes: Buffer): { readonly value: unknown; readonly length: number } | undefined {
  const reader = new Reader(bytes);
  try {
    return { value: reader.value(), length: reader.at };
  } catch (error) {
    if (error instanceof Incomplete) return undefined;
    throw error;
  }
}

class Reader {
  readonly #bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  value(): unknown {
    const type = this.#take(1)[0] ?? 0;
    if (type < 0x80) return type;
    if (type < 0x90) return this.#map(type & 0x0f);
    if (type < 0xa0) return this.#list(type & 0x0f);
    if (type < 0xc0) return this.#text(type & 0x1f);
    if (type >= 0xe0) return type - 0x100;
    switch (type) {
      case 0xc0:
        return null;
      case 0xc2:
      case 0xc3:
        return type === 0xc3;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#take(this.#length(type - 0xc4));
      case 0xca:
        return this.#take(4).readFloatBE();
      case 0xcb:
        return this.#take(8).readDoubleBE();
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#length(type - 0xcc);
      case 0xcf:
        return Number(this.#take(8).readBigUInt64BE());
      case 0xd0:
      case 0xd1:
      case 0xd2:
        return this.#take(2 ** (type - 0xd0)).readIntBE(0, 2 ** (type - 0xd0));
      case 0xd3:
        return Number(this.#take(8).readBigInt64BE());
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#take(1 + 2 ** (type - 0xd4));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#length(type - 0xd9));
      case 0xdc:
      case 0xdd:
        return this.#list(this.#length(type - 0xdc + 1));
      case 0xde:
      case 0xdf:
        return this.#map(this.#length(type - 0xde + 1));
      default:
        throw new Error(`no reader for MessagePack type 0x${type.toString(16)}`);
    }
  }

  /** Of 1, 2 or 4 bytes. */
  #length(power: number): number {
    return this.#take(2 ** power).readUIntBE(0, 2 ** power);
  }

  #list(length: number): unknown[] {
    return Array.from({ length }, () => this.value());
  }

  #map(length: number): Record<string, unknown> {
    return Object.fromEntries(Array.from({ length }, () => [String(this.value()), this.value()]));
  }

  #text(length: number): string {
    return this.#take(length).toString('utf8');
  }

  #take(length: number): Buffer {
    if (this.at + length > this.#bytes.length) throw new Incomplete();
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }
}
