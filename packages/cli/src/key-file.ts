import { resolve } from 'node:path';
import type { Surroundings } from './settings.ts';

/**
 * The file with the key that secrets at rest are sealed with: apart from the data, and the same for all data directories of
 * a user. `/etc/gantry/seal.key` for root, else in the home folder.
 */
export function keyFileOf(flag: string | undefined, around: Pick<Surroundings, 'uid' | 'home' | 'env'>): string {
  const { uid, home, env } = around;
  const told = flag ?? env['GANTRY_KEY_FILE'];
  if (told !== undefined && told !== '') return resolve(told);
  if (uid === 0) return '/etc/gantry/seal.key';
  return `${env['XDG_CONFIG_HOME'] || `${home}/.config`}/gantry/seal.key`;
}

/** How many keys a key file holds; `undefined` when it is none. Pure. */
export function keysIn(text: string): number | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.length > 0 && lines.every((line) => /^[0-9a-f]{64}$/.test(line.trim())) ? lines.length : undefined;
}
