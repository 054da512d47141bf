import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, freePort, until } from './world.ts';

export const PULLER = { username: 'puller', password: 'right-password-of-the-registry' };
/** What `htpasswd -B` makes of it. */
const HTPASSWD = 'puller:$2y$05$Yp4DEk/F5oBIoOhaj.V6A.541XC0tZ1SYVHwYeN84anReas48Xs6m\n';

const here = (): boolean => spawnSync('docker-registry', ['--version'], { stdio: 'ignore' }).error === undefined;

/** Debian's registry, installed where that was agreed to (`CI=true`); else why there is none. */
export function whyNoRegistry(): string | false {
  if (here()) return false;
  const may = process.env['CI'] === 'true' && process.getuid?.() === 0;
  if (may) {
    const words = ['install', '-y', '--no-install-recommends', 'docker-registry'];
    spawnSync('apt-get', words, { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  }
  return here() ? false : 'SKIPPED: docker-registry is not on this machine (apt-get install docker-registry)';
}

/** A registry on 127.0.0.1 that lets in nobody but PULLER. */
export class Registry {
  readonly host: string;
  readonly #folder: string;
  #process: ChildProcess | undefined;

  private constructor(host: string, folder: string) {
    this.host = host;
    this.#folder = folder;
  }

  static async start(): Promise<Registry> {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-registry-'));
    const host = `127.0.0.1:${await freePort()}`;
    writeFileSync(join(folder, 'htpasswd'), HTPASSWD);
    writeFileSync(
      join(folder, 'config.json'),
      JSON.stringify({
        version: 0.1,
        storage: { filesystem: { rootdirectory: join(folder, 'data') } },
        http: { addr: host },
        auth: { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } },
        log: { level: 'error' },
      }),
    );
    const registry = new Registry(host, folder);
    await registry.comeUp();
    return registry;
  }

  async comeUp(): Promise<void> {
    const config = join(this.#folder, 'config.json');
    this.#process = spawn('docker-registry', ['serve', config], { stdio: 'ignore' });
    await until('the registry answers', async () => (await fetch(`http://${this.host}/v2/`)).status === 401);
  }

  /** Nobody answers until `comeUp`. */
  async goDown(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running === undefined) return;
    const ended = once(running, 'exit');
    running.kill('SIGKILL');
    await ended;
  }

  /** Brings an image of this engine there under a name, and forgets that name here. Resolves to its digest. */
  async push(image: string, name: string): Promise<string> {
    const reference = `${this.host}/${name}`;
    await command('docker', ['tag', image, reference]);
    const config = ['--config', join(this.#folder, 'docker')];
    const { username, password } = PULLER;
    await command('docker', [...config, 'login', '-u', username, '-p', password, this.host]);
    const said = await command('docker', [...config, 'push', reference]);
    await forget(reference);
    return /digest: (sha256:[0-9a-f]{64})/.exec(said)?.[1] ?? said;
  }

  async remove(): Promise<void> {
    await this.goDown();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Every name this engine has for an image of a repository (or the one name) goes; its layers stay where others use them. */
export async function forget(reference: string): Promise<void> {
  const repository = reference.replace(/@.*$/, '').replace(/:[^/]*$/, '');
  const listed = await command('docker', ['images', '-q', '--no-trunc', repository]);
  for (const id of new Set(listed.trim().split('\n').filter(Boolean))) {
    const [image] = JSON.parse(await command('docker', ['image', 'inspect', id])) as {
      readonly RepoTags: readonly string[];
      readonly RepoDigests: readonly string[];
    }[];
    const tags = (image?.RepoTags ?? []).filter((name) => name.startsWith(`${repository}:`));
    const digests = (image?.RepoDigests ?? []).filter((name) => name.startsWith(`${repository}@`));
    for (const name of [...tags, ...digests]) await command('docker', ['rmi', name]).catch(() => undefined);
  }
}
