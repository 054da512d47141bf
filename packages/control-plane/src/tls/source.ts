import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import type { Clock } from '@gantry/domain';
import type { Platform } from '../platform.ts';
import type { Authority, ServerCertificate } from './authority.ts';

/** PEM, as a TLS server takes them. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

/** Where the server's certificate comes from. */
export interface TlsSource {
  readonly first: KeyAndCertificate;
  /** Hands over each later one, until the signal aborts. Never rejects. */
  keep(apply: (next: KeyAndCertificate) => void, signal: AbortSignal): Promise<void>;
  /** Looks for a new one now. */
  reload(): void;
  problems(): readonly string[];
}

interface SourceOptions {
  readonly clock: Clock;
  readonly log: Platform['log'];
}

const DAY_MS = 86_400_000;
const RENEW_BEFORE_MS = 30 * DAY_MS;
/** Timers stop while a machine sleeps: a moment far away is asked for again and again. */
const LOOK_EVERY_MS = 3_600_000;
const LOOK_AT_FILES_EVERY_MS = 10_000;

/** Certificates of an authority of ours, made anew a month before they end. */
export function selfIssued(authority: Authority, names: readonly string[], { clock, log }: SourceOptions): TlsSource {
  let current: ServerCertificate = authority.issue(names, clock.now());
  let nudge = new AbortController();
  const renew = (apply: (next: KeyAndCertificate) => void): void => {
    current = authority.issue(names, clock.now());
    apply(current);
    log('info', 'TLS certificate renewed', { until: new Date(current.notAfterMs).toISOString() });
  };
  return {
    first: current,
    keep: async (apply, signal) => {
      let asked = false;
      while (!signal.aborted) {
        nudge = new AbortController();
        if (asked || current.notAfterMs - clock.now() < RENEW_BEFORE_MS) renew(apply);
        const { signal: woken } = nudge;
        await clock.sleep(LOOK_EVERY_MS, AbortSignal.any([signal, woken]));
        asked = woken.aborted;
      }
    },
    reload: () => nudge.abort(),
    problems: () => [],
  };
}

/**
 * The user's own files, read again when they change. What cannot be used is said once and the former stays.
 * @throws Error that says what is wrong with them at the start.
 */
export function fromFiles(certFile: string, keyFile: string, { clock, log }: SourceOptions): TlsSource {
  const changed = (): string => [certFile, keyFile].map((path) => versionOf(path)).join(' ');
  let seen = changed();
  let current = readPair(certFile, keyFile);
  let problem: string | undefined;
  let nudge = new AbortController();
  const look = (apply: (next: KeyAndCertificate) => void): void => {
    try {
      const next = readPair(certFile, keyFile);
      problem = undefined;
      if (next.cert === current.cert && next.key === current.key) return;
      apply(next);
      current = next;
      log('info', 'TLS certificate read again', { certFile, until: new X509Certificate(next.cert).validTo });
    } catch (error) {
      problem = `${(error as Error).message} The certificate from before is still used.`;
      log('error', 'the new TLS certificate cannot be used', { error: problem });
    }
  };
  return {
    first: current,
    keep: async (apply, signal) => {
      while (!signal.aborted) {
        nudge = new AbortController();
        await clock.sleep(LOOK_AT_FILES_EVERY_MS, AbortSignal.any([signal, nudge.signal]));
        const now = changed();
        if (signal.aborted || (now === seen && !nudge.signal.aborted)) continue;
        seen = now;
        look(apply);
      }
    },
    reload: () => nudge.abort(),
    problems: () => [...(problem === undefined ? [] : [problem]), ...endOf(current, certFile, clock.now())],
  };
}

function versionOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? '-' : `${found.ino}:${found.mtimeMs}:${found.size}`;
}

function readPair(certFile: string, keyFile: string): KeyAndCertificate {
  const read = (flag: string, path: string): string => {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      throw new Error(`--${flag} ${path} cannot be read: ${(error as Error).message}.`, { cause: error });
    }
  };
  const [cert, key] = [read('tls-cert', certFile), read('tls-key', keyFile)];
  const parse = <T>(flag: string, path: string, what: string, make: () => T): T => {
    try {
      return make();
    } catch (error) {
      throw new Error(`--${flag} ${path} is no ${what} (PEM).`, { cause: error });
    }
  };
  const parsed = parse('tls-cert', certFile, 'certificate', () => new X509Certificate(cert));
  const privateKey = parse('tls-key', keyFile, 'private key without a passphrase', () => createPrivateKey(key));
  if (!parsed.checkPrivateKey(privateKey))
    throw new Error(`--tls-key ${keyFile} is not the key of the certificate ${certFile}.`);
  return { cert, key };
}

function endOf({ cert }: KeyAndCertificate, certFile: string, nowMs: number): readonly string[] {
  const { validToDate } = new X509Certificate(cert);
  const days = Math.floor((validToDate.getTime() - nowMs) / DAY_MS);
  if (days >= 14) return [];
  const when = days < 0 ? 'has ended' : `ends in ${days} days`;
  return [
    `The TLS certificate ${certFile} ${when} (${validToDate.toISOString().slice(0, 10)}). Replace the file; it is read at once.`,
  ];
}

/** What the certificate must answer to: this machine's names, and those it is told to listen on or be reached by. */
export function serverNames(host: string, endpoint: string, hostname: string): readonly string[] {
  const named = URL.parse(endpoint)?.hostname.replace(/^\[|\]$/g, '') ?? '';
  const given = [host, named, hostname].filter((name) => name !== '0.0.0.0' && name !== '::');
  const names = ['localhost', '127.0.0.1', '::1', ...given].map((name) => name.toLowerCase());
  return [...new Set(names)].filter((name) => isIP(name) > 0 || /^[a-z0-9*]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name));
}
