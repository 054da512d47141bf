import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '@gantry/domain';
import type { ServerConfig } from '../config.ts';
import type { Platform } from '../platform.ts';
import { openAuthority } from './authority.ts';
import { fromFiles, selfIssued, serverNames, type TlsSource } from './source.ts';

export interface TlsSurroundings {
  readonly clock: Clock;
  readonly log: Platform['log'];
  readonly random: (bytes: number) => Buffer;
  readonly hostname: string;
}

/** What clients are to trust with `--tls self`: in the data directory. */
export const caFileIn = (dataDir: string): string => join(dataDir, 'tls', 'ca.pem');

/** @throws Error that says what is wrong with the files */
export function openTls(config: ServerConfig, around: TlsSurroundings): TlsSource | undefined {
  const { tls, dataDir, host } = config;
  if (tls.kind === 'off') return undefined;
  if (tls.kind === 'files') return fromFiles(tls.certFile, tls.keyFile, around);
  const { clock, random, hostname } = around;
  // Its key lies with the other key, apart from the data.
  const path = join(dirname(config.keyFile), 'tls', 'authority.pem');
  const authority = openAuthority({ path, random, nowMs: clock.now() });
  const caFile = caFileIn(dataDir);
  mkdirSync(dirname(caFile), { recursive: true, mode: 0o700 });
  writeFileSync(caFile, authority.certificate);
  return selfIssued(authority, serverNames(host, config.platform.endpoint, hostname), around);
}
