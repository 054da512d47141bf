import { AsyncQueue } from './async-queue.ts';
import type { ExecOutput, ExecProcess, ExecSpec, ProgramSpec } from './exec-port.ts';
import type { FakeContainer } from './fake-container.ts';
import { EngineError } from './port.ts';

/** What a fake program can do. */
export interface FakeProgramIo {
  /** Pieces of input; ends with it, and when the program is killed. */
  readonly input: AsyncIterable<Uint8Array>;
  readonly out: (text: string | Uint8Array, stream?: ExecOutput['stream']) => void;
  /** Called at every resize. */
  readonly onResize: (listener: (cols: number, rows: number) => void) => void;
  readonly terminal: ProgramSpec['terminal'];
}

/** A program of the fake engine; its exit code. */
export type FakeProgram = (io: FakeProgramIo, command: readonly string[]) => Promise<number>;

/** By the command's words: a few that a test's image has on every engine. */
const PROGRAMS: Readonly<Record<string, FakeProgram>> = {
  cat: async ({ input, out }) => {
    for await (const piece of input) out(piece);
    return 0;
  },
  '/bin/sh -c echo one; echo two >&2; exit 7': ({ out }) => {
    out('one\n');
    out('two\n', 'stderr');
    return Promise.resolve(7);
  },
  '/bin/sh -c stty size; read again; stty size': async ({ input, out, terminal, onResize }) => {
    let size = `${terminal?.rows} ${terminal?.cols}`;
    onResize((cols, rows) => (size = `${rows} ${cols}`));
    out(`${size}\r\n`);
    for await (const piece of input) {
      out(piece);
      if (Buffer.from(piece).includes('\n')) break;
    }
    out(`${size}\r\n`);
    return 0;
  },
  /** Somebody listens there, and says everything again. */
  'port 80': async ({ input, out }) => {
    for await (const piece of input) out(piece);
    return 0;
  },
  'sleep 3600': async ({ input }) => {
    for await (const piece of input) void piece;
    return await new Promise<number>(() => undefined);
  },
};

/** Starts a program in a container of the fake engine. Ends with the container, as all that runs in it does. */
export function fakeExec(container: FakeContainer, spec: ExecSpec): ExecProcess {
  if (!container.running) throw new EngineError('conflict', `Container ${container.id} is not running`);
  const command = 'port' in spec ? [`port ${spec.port}`] : spec.command;
  const terminal = 'port' in spec ? undefined : spec.terminal;
  const program = PROGRAMS[command.join(' ')];
  const input = new AsyncQueue<Uint8Array>();
  const output = new AsyncQueue<ExecOutput>();
  let code: number | undefined;
  let resized: (cols: number, rows: number) => void = () => undefined;
  const out: FakeProgramIo['out'] = (text, stream = 'stdout') =>
    output.push({ stream: terminal === undefined ? stream : 'stdout', data: Buffer.from(text) });
  const end = (exitCode: number): void => {
    code ??= exitCode;
    input.end();
    output.end();
  };
  container.onDeath(() => end(137));
  if (program === undefined && 'port' in spec) {
    out(`connect ECONNREFUSED 127.0.0.1:${spec.port}\n`, 'stderr');
    end(1);
  } else if (program === undefined) {
    out(`OCI runtime exec failed: exec: "${command[0] ?? ''}": executable file not found in $PATH: unknown\r\n`);
    end(126);
  } else {
    const io = { input, out, terminal, onResize: (listener: typeof resized) => (resized = listener) };
    void program(io, command).then(end);
  }
  return {
    output,
    write: (data) => {
      input.push(data);
      return Promise.resolve();
    },
    endInput: () => input.end(),
    resize: ({ cols, rows }) => {
      resized(cols, rows);
      return Promise.resolve();
    },
    exitCode: () => Promise.resolve(code),
    kill: () => {
      end(137);
      return Promise.resolve(true);
    },
  };
}
