import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeDurably } from '../seal/key-file.ts';
import { certificate } from './certificate.ts';

export interface AuthorityOptions {
  /** One file of key and certificate, for its owner alone. */
  readonly path: string;
  readonly random: (bytes: number) => Buffer;
  readonly nowMs: number;
}

/** A certificate authority of this installation. */
export interface Authority {
  /** PEM, for clients to trust. */
  readonly certificate: string;
  /** A certificate for a new key, good from now on. The key is in memory alone. */
  issue(names: readonly string[], nowMs: number): ServerCertificate;
}

export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
  readonly notAfterMs: number;
}

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3_650;
/** Below this a new authority is made at the next start: no server certificate may outlive it. */
const LEAST_AUTHORITY_DAYS = 100;
export const SERVER_DAYS = 90;
/** For clients whose clocks are behind. */
const BACKDATED_MS = 3_600_000;

const newKey = (): { privateKey: KeyObject; publicKey: KeyObject } =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }) as string;

/**
 * The authority of the file, or a new one when there is none or it ends soon.
 * @throws Error that says what is wrong with the file and what to do.
 */
export function openAuthority({ path, random, nowMs }: AuthorityOptions): Authority {
  const kept = read(path);
  const isGood = kept !== undefined && kept.parsed.validToDate.getTime() > nowMs + LEAST_AUTHORITY_DAYS * DAY_MS;
  const { privateKey, text, parsed } = isGood ? kept : make({ path, random, nowMs }, kept !== undefined);
  const issuer = { name: commonNameOf(parsed), publicKey: createPublicKey(privateKey), privateKey };
  return {
    certificate: text,
    issue: (names, atMs) => {
      const key = newKey();
      const notAfterMs = atMs + SERVER_DAYS * DAY_MS;
      const cert = certificate({
        serial: random(16),
        subject: 'Gantry',
        publicKey: key.publicKey,
        issuer,
        notBeforeMs: atMs - BACKDATED_MS,
        notAfterMs,
        use: { kind: 'server', names },
      });
      return { cert, key: pem(key.privateKey), notAfterMs };
    },
  };
}

interface Kept {
  readonly privateKey: KeyObject;
  readonly text: string;
  readonly parsed: X509Certificate;
}

function read(path: string): Kept | undefined {
  let file: string;
  try {
    file = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${path} cannot be read: ${(error as Error).message}. Start as the user who owns it.`, {
      cause: error,
    });
  }
  try {
    const text = `${/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/.exec(file)?.[0]}\n`;
    const [privateKey, parsed] = [createPrivateKey(file), new X509Certificate(text)];
    if (parsed.checkPrivateKey(privateKey)) return { privateKey, text, parsed };
  } catch {
    // Said below.
  }
  throw new Error(
    `${path} is not a certificate authority (a private key and its certificate, PEM). Restore it, or move it away to have a new one made: clients must then be given that.`,
  );
}

/** Of two that start at once one makes it, and both use that. */
function make({ path, random, nowMs }: AuthorityOptions, replaces: boolean): Kept {
  const key = newKey();
  const name = `Gantry CA ${random(4).toString('hex')}`;
  const text = certificate({
    serial: random(16),
    subject: name,
    publicKey: key.publicKey,
    issuer: { name, ...key },
    notBeforeMs: nowMs - BACKDATED_MS,
    notAfterMs: nowMs + AUTHORITY_DAYS * DAY_MS,
    use: { kind: 'authority' },
  });
  const temporary = `${path}.${random(4).toString('hex')}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeDurably(temporary, pem(key.privateKey) + text);
    if (replaces) renameSync(temporary, path);
    else putUnlessThere(temporary, path);
  } catch (error) {
    throw new Error(`the certificate authority ${path} cannot be made: ${(error as Error).message}.`, { cause: error });
  } finally {
    rmSync(temporary, { force: true });
  }
  return read(path) as Kept;
}

function putUnlessThere(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

const commonNameOf = ({ subject }: X509Certificate): string => subject.replace(/^CN=/, '');
