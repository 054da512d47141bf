import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../tools/tidy/sources.ts';

/** A Gantry of its own for one test file: the real launcher, the real processes, the real engine. */
export interface World {
  readonly dataDir: string;
  readonly endpoint: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs `./gantry …` against this world; rejects with its output when it fails. */
  gantry(...args: string[]): Promise<string>;
  /** Runs `aws …` and parses its JSON (or undefined for no output). */
  aws<T = Record<string, never>>(...args: string[]): Promise<T>;
  pid(name: 'control-plane' | 'agent'): number;
  /** Starts what is not running again, as `gantry up` does. */
  up(): Promise<void>;
  /** Stops all its tasks, and removes every trace of it from the machine. */
  down(): Promise<void>;
}

export class CommandFailed extends Error {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  constructor(command: string, code: number | null, stdout: string, stderr: string) {
    super(`${command} ended with ${code}\n${stdout}\n${stderr}`);
    this.code = code;
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

export function command(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  timeoutMs = 180_000,
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(file, [...args], { env, cwd: ROOT, timeout: timeoutMs, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else
        reject(
          new CommandFailed(
            `${file} ${args.join(' ')}`,
            typeof error.code === 'number' ? error.code : null,
            stdout,
            stderr,
          ),
        );
    });
  });
}

export function has(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

export async function startWorld(...upFlags: string[]): Promise<World> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gantry-e2e-'));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const base: Record<string, string> = {
    ...(process.env as Record<string, string>),
    CI: 'true',
    GANTRY_DATA_DIR: dataDir,
  };
  for (const name of Object.keys(base)) if (name.startsWith('AWS_')) delete base[name];
  const gantry = (...args: string[]): Promise<string> => command(join(ROOT, 'gantry'), args, base);
  const up = async (): Promise<void> => {
    await gantry('up', '--detach', '--yes', '--data-dir', dataDir, '--port', String(port), ...upFlags);
  };
  const removeWorld = async (): Promise<void> => {
    try {
      await gantry('down', '--tasks', '--force', '--data-dir', dataDir);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  };
  try {
    await up();
  } catch (error) {
    const logs = ['control-plane', 'agent']
      .map((name) => `--- ${name}\n${tail(join(dataDir, 'run', `${name}.log`))}`)
      .join('\n');
    await removeWorld().catch((left: unknown) => console.error(left));
    throw new Error(`gantry up failed\n${logs}`, { cause: error });
  }
  const keys = JSON.parse(readFileSync(join(dataDir, 'credentials.json'), 'utf8')) as {
    administrator: { accessKeyId: string; secretAccessKey: string };
  };
  const env: Record<string, string> = {
    ...base,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: keys.administrator.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.administrator.secretAccessKey,
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_PAGER: '',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  return {
    dataDir,
    endpoint,
    env,
    gantry: (...args) => command(join(ROOT, 'gantry'), args, env),
    aws: async <T>(...args: string[]) => {
      const out = await command('aws', [...args, '--output', 'json'], env);
      return (out.trim() === '' ? undefined : JSON.parse(out)) as T;
    },
    pid: (name) => pidIn(readFileSync(join(dataDir, 'run', `${name}.pid`), 'utf8')),
    up,
    down: async () => {
      try {
        await gantry('down', '--tasks', '--data-dir', dataDir);
      } finally {
        // A failed test may have left it without a control plane: the machine is given back all the same.
        await removeWorld();
      }
    },
  };
}

function pidIn(text: string): number {
  const pid = Number(/\d+/.exec(text)?.[0]);
  if (!(pid > 1)) throw new Error(`no process id in ${JSON.stringify(text)}`);
  return pid;
}

function tail(file: string): string {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(-30).join('\n');
  } catch {
    return '(no log)';
  }
}

/** Files below a folder that hold these bytes. */
export function holding(folder: string, bytes: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes(bytes));
}

/** Asks again until the answer is one; the last one is in the error. For what only the outside world can say when. */
export async function until<T>(what: string, ask: () => Promise<T | undefined | false>, withinMs = 60_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
