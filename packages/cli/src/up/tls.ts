import { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import type { Paths } from '../paths.ts';
import type { TlsSettings, UpFlags, UpSettings } from '../settings.ts';

/** `--tls self`, or `--tls-cert` and `--tls-key`; what is wrong is added to the problems. */
export function tlsSettings(flags: UpFlags, certificate: string | undefined, problems: string[]): TlsSettings {
  const { tls, tlsCert, tlsKey, tlsCa } = flags;
  if (tls !== undefined && tls !== 'self') problems.push(`--tls ${tls}: it is --tls self, or --tls-cert and --tls-key`);
  if (tls !== undefined && (tlsCert ?? tlsKey) !== undefined)
    problems.push('--tls self and --tls-cert: one of the two');
  if ((tlsCert === undefined) !== (tlsKey === undefined)) problems.push('--tls-cert and --tls-key go together');
  if (tlsCa !== undefined && tlsCert === undefined) problems.push('--tls-ca goes with --tls-cert');
  if (tlsCert === undefined || tlsKey === undefined) return { kind: tls === undefined ? 'off' : 'self' };
  const certFile = resolve(tlsCert);
  const parsed = parse(certificate);
  const name = parsed === undefined ? undefined : nameIn(parsed);
  if (certificate === undefined) problems.push(`--tls-cert ${certFile}: the file cannot be read`);
  else if (parsed === undefined) problems.push(`--tls-cert ${certFile}: it is no certificate (PEM)`);
  else if (name === undefined)
    problems.push(`--tls-cert ${certFile}: it names no host that clients could use (no DNS name or address)`);
  const ownAuthority = parsed?.checkIssued(parsed) === true ? certFile : undefined;
  const caFile = tlsCa === undefined ? ownAuthority : resolve(tlsCa);
  return { kind: 'files', certFile, keyFile: resolve(tlsKey), caFile, name: name ?? 'localhost' };
}

/** What clients of this Gantry trust; `undefined`: the public authorities, or there is no TLS. */
export function caFileOf({ tls }: Pick<UpSettings, 'tls'>, paths: Paths): string | undefined {
  return tls.kind === 'self' ? paths.ca : tls.kind === 'files' ? tls.caFile : undefined;
}

/** The name clients use: this machine's own where the certificate covers it, else the first it has. */
function nameIn(certificate: X509Certificate): string | undefined {
  if (certificate.checkHost('localhost') !== undefined) return 'localhost';
  if (certificate.checkIP('127.0.0.1') !== undefined) return '127.0.0.1';
  const names = (certificate.subjectAltName ?? '')
    .split(', ')
    .map((entry) => /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1]);
  return names.find((name) => name !== undefined && !name.startsWith('*'));
}

function parse(text: string | undefined): X509Certificate | undefined {
  try {
    return text === undefined ? undefined : new X509Certificate(text);
  } catch {
    return undefined;
  }
}
