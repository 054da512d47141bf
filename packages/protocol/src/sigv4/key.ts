import { createHmac } from 'node:crypto';

const hmac = (key: string | Uint8Array, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** Derives signing keys, and keeps those of the day: four HMACs saved a request. */
export class SigningKeys {
  readonly #kept = new Map<string, Buffer>();
  readonly #most: number;

  constructor(most = 1000) {
    this.#most = most;
  }

  /** The hexadecimal signature of a text. `date` is `YYYYMMDD`. */
  signature(secretAccessKey: string, date: string, region: string, service: string, text: string): string {
    const key = this.#key(secretAccessKey, date, region, service);
    return createHmac('sha256', key).update(text).digest('hex');
  }

  #key(secret: string, date: string, region: string, service: string): Buffer {
    const name = `${date}/${region}/${service}/${secret}`;
    const known = this.#kept.get(name);
    if (known !== undefined) return known;
    const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), service), 'aws4_request');
    if (this.#kept.size >= this.#most) this.#kept.clear();
    this.#kept.set(name, key);
    return key;
  }
}
