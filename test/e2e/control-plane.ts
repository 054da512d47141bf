import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../../tools/tidy/sources.ts';
import { command } from './world.ts';

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** A control plane alone, without agent or engine: a process of its own on a data directory of the test's. */
export interface LonePlane {
  /** Empty when it ended instead of getting ready. */
  readonly endpoint: string;
  readonly child: ChildProcess;
  /** What it said on stderr. */
  readonly errors: () => string;
  /** What it logged: lines of JSON. */
  readonly log: () => string;
  /** `aws …` as the administrator, or as somebody else; parses its JSON (undefined for no output). */
  aws<T = Record<string, never>>(args: readonly string[], as?: Keys): Promise<T>;
  /** The environment for a client: endpoint, keys, region. */
  env(as?: Keys): Record<string, string>;
  /** Ends it (with SIGTERM unless told otherwise) and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

/** Resolves when it is ready or has ended. Whoever starts one ends it: `after(() => plane.end())`. */
export function startPlane(dataDir: string, ...flags: string[]): Promise<LonePlane> {
  return startPlaneBy([], dataDir, ...flags);
}

/** The same by a program that runs another: `nsenter --net=… node …`. */
export async function startPlaneBy(by: readonly string[], dataDir: string, ...flags: string[]): Promise<LonePlane> {
  const main = join(ROOT, 'packages/control-plane/src/main.ts');
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', main];
  const [file = '', ...args] = [...by, ...node, '--data-dir', dataDir, '--port', '0', ...flags];
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let [errors, log] = ['', ''];
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  const endpoint = await new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      log += `${line}\n`;
      const entry = JSON.parse(line) as { message: string; endpoint?: string };
      if (entry.message === 'control plane ready') resolve(entry.endpoint ?? '');
    });
    void closed.then(() => resolve(''));
  });
  const env = (as: Keys = keysIn(dataDir, 'administrator')): Record<string, string> => {
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
    return {
      ...(Object.fromEntries(own) as Record<string, string>),
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: as.accessKeyId,
      AWS_SECRET_ACCESS_KEY: as.secretAccessKey,
      ...(as.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: as.sessionToken }),
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_PAGER: '',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_MAX_ATTEMPTS: '1',
    };
  };
  return {
    endpoint,
    child,
    errors: () => errors,
    log: () => log,
    env,
    aws: async <T>(words: readonly string[], as?: Keys) => {
      const out = await command('aws', [...words, '--output', 'json'], env(as));
      return (out.trim() === '' ? undefined : JSON.parse(out)) as T;
    },
    end: async (signal = 'SIGTERM') => {
      child.kill(signal);
      await closed;
    },
  };
}

export function keysIn(dataDir: string, role: 'administrator' | 'agent'): Keys {
  const file = readFileSync(join(dataDir, 'credentials.json'), 'utf8');
  return (JSON.parse(file) as Record<string, Keys>)[role] as Keys;
}
