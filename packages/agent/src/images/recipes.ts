import { readFileSync } from 'node:fs';
import type { ImageRecipe } from './archive.ts';
import { sha256 } from './archive.ts';
import { tar, type TarEntry } from './tar.ts';

export const PAUSE_IMAGE = 'gantry/pause:1';
export const HELLO_IMAGE = 'gantry/hello:latest';
/** Label with the hash of all that went into the image: equal means there is nothing to do. */
export const CONTENT_LABEL = 'gantry.content';

/** A program that runs in an empty image, with what it needs. */
export type Base =
  | { readonly kind: 'busybox'; readonly program: Uint8Array }
  | {
      readonly kind: 'node';
      readonly program: Uint8Array;
      /** Shared libraries and the loader, by absolute path. */
      readonly libraries: ReadonlyMap<string, Uint8Array>;
    };

/** Names under which the sample's scripts, and people who look into it, call busybox. */
const APPLETS =
  'cat chmod chown cp cut date dd df du echo env expr false find free grep head hostname httpd id ifconfig ip kill ' +
  'less ln ls mkdir more mount mv nc netstat nslookup nproc ping printenv printf ps pwd rm route sed seq sh sleep sort ' +
  'stat stty tail tar tee test timeout top touch tr true umount uname uniq uptime vi wc wget which whoami xargs yes';

const file = (path: string, text: string, mode: number): TarEntry => ({
  path,
  kind: 'file',
  data: Buffer.from(text),
  mode,
});
const directory = (path: string, mode = 0o755): TarEntry => ({ path, kind: 'directory', mode });
const content = (name: string): string => readFileSync(new URL(`./content/${name}`, import.meta.url), 'utf8');

/** The built-in images on this base, in this repository namespace. They share the lowest layer. */
export function builtInRecipes(base: Base, namespace = 'gantry'): readonly ImageRecipe[] {
  const bottom = tar(bottomEntries(base));
  const pause = {
    // It holds a network namespace and has nothing to save: killed at once, never waited for.
    Cmd:
      base.kind === 'busybox'
        ? ['/bin/busybox', 'sleep', '2147483647']
        : ['/bin/node', '-e', 'setInterval(()=>{},2**30)'],
    Env: ['PATH=/bin'],
    StopSignal: 'SIGKILL',
  };
  const hello = {
    Cmd: base.kind === 'busybox' ? ['/bin/hello'] : ['/bin/node', '/srv/hello.mjs'],
    Env: ['PATH=/bin'],
    ExposedPorts: { '80/tcp': {} },
  };
  return [
    recipe(PAUSE_IMAGE.replace('gantry', namespace), [bottom], pause),
    recipe(HELLO_IMAGE.replace('gantry', namespace), [bottom, tar(helloEntries(base))], hello),
  ];
}

function recipe(
  reference: string,
  layers: readonly Uint8Array[],
  config: Omit<ImageRecipe['config'], 'Labels'>,
): ImageRecipe {
  const hash = sha256(JSON.stringify([layers.map(sha256), config]));
  return { reference, layers, config: { ...config, Labels: { [CONTENT_LABEL]: hash } } };
}

function bottomEntries(base: Base): TarEntry[] {
  const common = [directory('bin'), directory('etc'), directory('tmp', 0o1777), directory('proc'), directory('sys')];
  const users = [
    file('etc/passwd', 'root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n', 0o644),
    file('etc/group', 'root:x:0:\nnogroup:x:65534:\n', 0o644),
  ];
  const program: TarEntry = { path: `bin/${base.kind}`, kind: 'file', data: base.program, mode: 0o755 };
  if (base.kind === 'busybox') return [...common, ...users, program];
  const libraries = [...base.libraries].map(([path, data]): TarEntry => ({
    path: path.replace(/^\/+/, ''),
    kind: 'file',
    data,
    mode: 0o755,
  }));
  return [...common, ...users, program, ...libraries];
}

function helloEntries(base: Base): TarEntry[] {
  if (base.kind === 'node') return [directory('srv'), file('srv/hello.mjs', content('hello.mjs'), 0o644)];
  const links = APPLETS.split(' ').map((name): TarEntry => ({
    path: `bin/${name}`,
    kind: 'symlink',
    target: 'busybox',
  }));
  return [
    ...links,
    file('bin/hello', content('hello.sh'), 0o755),
    directory('www'),
    directory('www/cgi-bin'),
    file('www/cgi-bin/index.cgi', content('index.cgi'), 0o755),
    file('www/health', 'ok\n', 0o644),
  ];
}
