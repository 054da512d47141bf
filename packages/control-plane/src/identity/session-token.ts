import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { AccountId, EpochMs } from '@gantry/domain';
import { SealError, type Seal } from '../seal/port.ts';
import type { Principal } from './principal.ts';
import { Recent } from './recent.ts';

/** What a session token says. Nothing else is kept of temporary credentials: they outlive restarts by themselves. */
export interface Session {
  /** `ASIA…` */
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly account: AccountId;
  readonly principalArn: string;
  readonly principal: Principal;
  readonly expiresAt: EpochMs;
}

const CONTEXT = 'sts/session-token/1';
const MOST_KEPT = 4096;
/** Tokens come from the network: what one may hold, opened. */
const MOST_BYTES = 64 * 1024;
/** Longer than any token of ours; node's own limit for all headers together is near. */
const LONGEST = 12 * 1024;

/** Seals sessions into tokens nobody else can make, read or change; opens them, and remembers the opened ones. */
export class SessionTokens {
  readonly #seal: Seal;
  readonly #opened = new Recent<Session>(MOST_KEPT);

  constructor(seal: Seal) {
    this.#seal = seal;
  }

  /** @param leastBytes how long the token is to be at least; what fills it up is behind the text */
  seal(session: Session, leastBytes = 0): string {
    const text = deflateRawSync(JSON.stringify(session));
    const token = this.#seal.seal(text, CONTEXT);
    if (token.length >= leastBytes) return token;
    const filling = Buffer.alloc(Math.ceil(((leastBytes - token.length) * 3) / 4));
    return this.#seal.seal(Buffer.concat([text, filling]), CONTEXT);
  }

  /** Undefined for a text that is no token of ours. An expired one is opened like any other. */
  open(token: string): Session | undefined {
    const known = this.#opened.get(token);
    if (known !== undefined) return known;
    if (token.length > LONGEST || !isWritten(token)) return undefined;
    try {
      const bytes = inflateRawSync(this.#seal.open(token, CONTEXT), { maxOutputLength: MOST_BYTES });
      const session = JSON.parse(bytes.toString('utf8')) as Session;
      this.#opened.set(token, session);
      return session;
    } catch (error) {
      if (error instanceof SealError) return undefined;
      throw error;
    }
  }
}

/** Base64 says some bytes in several ways; a token is taken in the one it was given out in. Pure. */
function isWritten(token: string): boolean {
  const body = token.slice(token.lastIndexOf('.') + 1);
  return Buffer.from(body, 'base64url').toString('base64url') === body;
}
