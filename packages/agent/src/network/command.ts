import { spawn } from 'node:child_process';

/** Runs a program of the host and gives its output. Tests give another. */
export type RunCommand = (program: string, args: readonly string[], input?: string) => Promise<string>;

/** A host program that failed: the message has the program's own words. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: number | undefined;
  constructor(message: string, exitCode: number | undefined, cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

export const runCommand: RunCommand = (program, args, input) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    // A program that ends without reading its input is told by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
    child.on('error', (cause) => reject(new CommandError(`Cannot run ${program}: ${cause.message}`, undefined, cause)));
    child.on('close', (code) => {
      if (code === 0) return resolve(Buffer.concat(out).toString('utf8'));
      const words = Buffer.concat(err).toString('utf8').trim();
      reject(
        new CommandError(`${program} ${args.join(' ')} failed with exit code ${code}: ${words}`, code ?? undefined),
      );
    });
  });
