import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPlane } from '../e2e/control-plane.ts';
import { freePort, until } from '../e2e/world.ts';

/** A server of this test alone, and how to end it. */
export interface Server {
  readonly endpoint: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Why there is nobody to compare with on this machine; false when there is. */
export const skipReason = (): string | false =>
  spawnSync('moto_server', ['--help'], { stdio: 'ignore' }).status === 0
    ? false
    : 'SKIPPED: moto_server is not on this machine (pip install "moto[server]")';

/** moto on a port of its own. */
export async function startMoto(): Promise<Server> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const ended = once(child, 'exit').then(() => {
    throw new Error('moto_server ended before it answered');
  });
  // It says nothing when it is ready.
  const ready = until('moto_server answers', async () => (await fetch(`${endpoint}/moto-api/data.json`)).ok);
  try {
    await Promise.race([ready, ended]);
  } catch (error) {
    await end(child);
    throw error;
  }
  ended.catch(() => undefined);
  return { endpoint, pid: child.pid as number, stop: () => end(child) };
}

/** A real control plane that takes any key, with nothing that could run a task. */
export async function startGantry(): Promise<Server> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gantry-differential-'));
  const plane = await startPlane(dataDir, '--insecure-any-key');
  const stop = async (): Promise<void> => {
    await plane.end();
    rmSync(dataDir, { recursive: true, force: true });
  };
  if (plane.endpoint !== '') return { endpoint: plane.endpoint, pid: plane.child.pid as number, stop };
  await stop();
  throw new Error(`the control plane ended before it was ready: ${plane.errors()}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
