import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ExecOutput, ExecProcess } from './exec-port.ts';

const PROGRAM = fileURLToPath(new URL('./docker-tunnel-main.ts', import.meta.url));

/** A connection to a port, made inside the network namespace of this process of the host. Needs root, as namespaces do. */
export function connectInside(pid: number, port: number): ExecProcess {
  const args = [`--net=/proc/${pid}/ns/net`, process.execPath, PROGRAM, String(port)];
  const child = spawn('nsenter', args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      child.stderr.push(`nsenter cannot be run: ${error.message}\n`);
      resolve();
    });
    child.once('close', () => resolve());
  });
  child.stdin.on('error', () => undefined);
  return {
    output: outputOf(child, ended),
    write: (data) => new Promise((resolve) => child.stdin.write(data, () => resolve())),
    endInput: () => void child.stdin.end(),
    resize: () => Promise.resolve(),
    exitCode: () => Promise.resolve(child.exitCode ?? (child.signalCode === null ? undefined : 137)),
    kill: () => {
      child.kill('SIGKILL');
      return Promise.resolve(true);
    },
  };
}

async function* outputOf(child: ChildProcessWithoutNullStreams, ended: Promise<void>): AsyncGenerator<ExecOutput> {
  const words: Buffer[] = [];
  child.stderr.on('data', (data: Buffer) => words.push(data));
  for await (const data of child.stdout) yield { stream: 'stdout', data: data as Buffer };
  await ended;
  if (words.length > 0) yield { stream: 'stderr', data: Buffer.concat(words) };
}
