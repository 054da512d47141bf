import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { isStaticProgram } from './elf.ts';
import type { Base } from './recipes.ts';

export interface BaseOptions {
  /** Where to look for a static busybox, in this order. */
  readonly busyboxPaths?: readonly string[];
  /** The Node program to fall back on. Default: the one that runs this. */
  readonly nodePath?: string;
}

const BUSYBOX_PATHS = ['/bin/busybox', '/usr/bin/busybox', '/sbin/busybox', '/usr/local/bin/busybox'];
const run = promisify(execFile);

/** A program for the built-in images: static busybox (2 MB), else this Node with its libraries (about 120 MB). */
export async function findBase(options: BaseOptions = {}): Promise<Base> {
  for (const path of options.busyboxPaths ?? BUSYBOX_PATHS) {
    const program = await readFile(path).catch(() => undefined);
    if (program !== undefined && isStaticProgram(program)) return { kind: 'busybox', program };
  }
  const nodePath = options.nodePath ?? process.execPath;
  try {
    // First the file itself: when it is not there, its absence is the reason to tell, not what ldd makes of it.
    const program = await readFile(nodePath);
    return { kind: 'node', program, libraries: await librariesOf(nodePath) };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `Cannot make the built-in images: no static busybox was found, and ${nodePath} cannot stand in for it (${why}). ` +
        'Install the package busybox-static and try again.',
      { cause },
    );
  }
}

/** The shared libraries of a program as `ldd` resolves them, its loader included. */
async function librariesOf(program: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const { stdout } = await run('ldd', [program]).catch((error: { stderr?: string }) => {
    // A static Node needs none.
    if (/not a dynamic executable/.test(error.stderr ?? '')) return { stdout: '' };
    throw error;
  });
  const missing = /^\s*(\S+) => not found/m.exec(stdout);
  if (missing !== null) throw new Error(`its library ${missing[1]} is missing`);
  const paths = [...stdout.matchAll(/(?:=>\s*|^\s*)(\/\S+)\s+\(0x/gm)].map((match) => match[1] ?? '');
  return new Map(await Promise.all(paths.map(async (path) => [path, await readFile(path)] as const)));
}
