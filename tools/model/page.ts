import { readFileSync, writeFileSync } from 'node:fs';

/** Writes a generated page, or with `check` says whether it is as it should be. Returns false only for a stale page. */
export function freshPage(file: string, text: string, check: boolean): boolean {
  if (check) return read(file) === text;
  writeFileSync(file, text);
  return true;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
