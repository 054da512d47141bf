import { execFile, spawn } from 'node:child_process';
import { mkdirSync, openSync, closeSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { processIdentity } from '@gantry/protocol';
import type { Proxy } from './port.ts';
import type { RenderedConfig, RenderSettings } from './render.ts';

const run = promisify(execFile);
const START_MS = 10_000;
const POLL_MS = 20;
/** What a unix socket's name can hold. */
const LONGEST_PATH = 100;

/**
 * HAProxy as a process of its own: started when the first listener is made, in a session of its own, so that it goes on
 * when the control plane ends. `run/haproxy.pid` says who it is, for `gantry down`.
 */
export class Haproxy implements Proxy {
  readonly settings: RenderSettings;
  readonly #folder: string;
  readonly #binary: string;
  #problem: string | undefined;

  /** @param folder `run` in the data directory. @param address where listeners listen */
  constructor(folder: string, address: string, binary = 'haproxy') {
    this.#folder = folder;
    this.#binary = binary;
    this.settings = {
      address: address.includes(':') ? `[${address}]` : address,
      socketPath: join(folder, 'haproxy.sock'),
      statePath: join(folder, 'haproxy.state'),
    };
  }

  /** Why no traffic is carried, or not as asked. */
  problems(): readonly string[] {
    return this.#problem === undefined ? [] : [this.#problem];
  }

  async generation(): Promise<string | undefined> {
    try {
      return /^node: (\S+)$/m.exec(await this.#ask('haproxy.sock', 'show info'))?.[1];
    } catch {
      return undefined; // nobody answers
    }
  }

  async run(commands: readonly string[]): Promise<readonly string[]> {
    const answers: string[] = [];
    for (const command of commands) answers.push((await this.#ask('haproxy.sock', command)).trim());
    return answers;
  }

  async oldWorkers(): Promise<number> {
    const processes = await this.#ask('haproxy-master.sock', 'show proc');
    const [, old = ''] = processes.split('# old workers\n');
    return old.split('\n').filter((line) => /^\d+\s+worker/.test(line)).length;
  }

  async apply(config: RenderedConfig): Promise<void> {
    try {
      await this.#apply(config);
      this.#problem = undefined;
    } catch (error) {
      this.#problem = `Load balancers do not carry traffic as asked: ${(error as Error).message}`;
      throw error;
    }
  }

  async stop(): Promise<void> {
    const master = Number(/^(\d+)\s+master/m.exec(await this.#ask('haproxy-master.sock', 'show proc'))?.[1]);
    process.kill(master, 'SIGTERM');
    const giveUpAt = Date.now() + START_MS;
    while ((await processIdentity(master)) !== undefined && Date.now() < giveUpAt) await sleep(POLL_MS);
    await rm(join(this.#folder, 'haproxy.pid'), { force: true });
  }

  /** Whether a listener could listen on it: nobody does, or this proxy. */
  async isFree(port: number): Promise<boolean> {
    const config = await readFile(join(this.#folder, 'haproxy.cfg'), 'utf8').catch(() => '');
    const isOwn = config.split('\n').some((line) => line === `  bind ${this.settings.address}:${port}`);
    if (isOwn && (await this.generation()) !== undefined) return true;
    const host = this.settings.address.replace(/[[\]]/g, '');
    return new Promise((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
    });
  }

  async #apply({ text, generation }: RenderedConfig): Promise<void> {
    const { socketPath, statePath } = this.settings;
    if (join(this.#folder, 'haproxy-master.sock').length > LONGEST_PATH)
      throw new Error(`the path of ${socketPath} is too long for a socket. Choose a shorter --data-dir.`);
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const [file, next] = [join(this.#folder, 'haproxy.cfg'), join(this.#folder, 'haproxy.cfg.next')];
    await writeFile(next, text, { mode: 0o600 });
    await this.#check(next);
    await rename(next, file);
    if ((await this.generation()) === undefined) {
      await rm(statePath, { force: true });
      await this.#start(file);
    } else {
      await writeFile(statePath, await this.#ask('haproxy.sock', 'show servers state'), { mode: 0o600 });
      await this.#ask('haproxy-master.sock', 'reload').catch(() => ''); // it closes the connection
    }
    const giveUpAt = Date.now() + START_MS;
    // The master answers a moment after its first worker.
    while ((await this.generation()) !== generation || !(await this.#masterAnswers())) {
      if (Date.now() >= giveUpAt) throw new Error(`HAProxy did not take the configuration. ${await this.#lastWords()}`);
      await sleep(POLL_MS);
    }
  }

  #masterAnswers(): Promise<boolean> {
    return this.oldWorkers().then(
      () => true,
      () => false,
    );
  }

  async #check(file: string): Promise<void> {
    try {
      await run(this.#binary, ['-c', '-f', file]);
    } catch (error) {
      const { code, stderr } = error as { code?: string | number; stderr?: string };
      if (code === 'ENOENT') throw new Error('haproxy is not installed. apt-get install haproxy', { cause: error });
      throw new Error(`HAProxy refuses its configuration: ${(stderr ?? String(error)).trim().slice(0, 2000)}`, {
        cause: error,
      });
    }
  }

  async #start(file: string): Promise<void> {
    const log = openSync(join(this.#folder, 'haproxy.log'), 'a', 0o600);
    const master = join(this.#folder, 'haproxy-master.sock');
    try {
      const child = spawn(this.#binary, ['-W', '-S', `${master},mode,600`, '-f', file], {
        detached: true,
        stdio: ['ignore', log, log],
        cwd: '/',
      });
      child.on('error', () => undefined); // told by the wait for its answer
      child.unref();
      if (child.pid === undefined) return;
      const identity = (await processIdentity(child.pid)) ?? 'gone';
      const record = { pid: child.pid, identity, startedAt: new Date().toISOString(), logOffset: 0 };
      await writeFile(join(this.#folder, 'haproxy.pid'), `${JSON.stringify(record)}\n`, { mode: 0o600 });
    } finally {
      closeSync(log);
    }
  }

  async #lastWords(): Promise<string> {
    const log = await readFile(join(this.#folder, 'haproxy.log'), 'utf8').catch(() => '');
    return log.trim().split('\n').slice(-5).join(' ').slice(-1000);
  }

  #ask(socket: string, command: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const connection = connect(join(this.#folder, socket));
      let answer = '';
      connection.setTimeout(START_MS, () => connection.destroy(new Error('HAProxy does not answer')));
      connection.setEncoding('utf8');
      connection.on('data', (text: string) => (answer += text));
      connection.on('error', reject);
      connection.on('close', () => resolve(answer));
      connection.on('connect', () => connection.write(`${command};quit\n`));
    });
  }
}
