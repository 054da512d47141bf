import { PORT_FORWARD } from '@gantry/protocol';
import { EXIT, usageError } from '../errors.ts';
import { taskIdOf } from '../run/reach.ts';
import { runIn, runningTask, type ExecPorts } from './exec.ts';
import type { ExecTerminal } from './port.ts';

/** One connection that came to the local port. */
export interface LocalConnection {
  /** Ends when the client is done; throws when the connection breaks. */
  input(): AsyncIterable<Uint8Array>;
  write(data: Uint8Array): Promise<void>;
  close(): void;
}

/** Listens on a port of this machine's loopback. Adapter: `wiring-listen.ts`. */
export type Listen = (
  port: number,
  onConnection: (connection: LocalConnection) => void,
) => Promise<{ readonly port: number; close(): Promise<void> }>;

export interface ForwardOptions {
  readonly cluster: string;
  readonly container: string | undefined;
  /** `LOCAL:REMOTE`, or the same port for both. */
  readonly ports: string;
}

type ForwardPorts = Omit<ExecPorts, 'terminal'> & {
  readonly listen: Listen;
  readonly tell: (line: string) => void;
  readonly interruption: () => AbortSignal;
};

/** Connections to a local port go to a port of the task, each through a session of its own, until it is interrupted. */
export async function forward(ports: ForwardPorts, subject: string, options: ForwardOptions): Promise<number> {
  const { local, remote } = parsePorts(options.ports);
  const { cluster, task } = await runningTask(ports.api, options.cluster, subject);
  const { container } = options;
  const signal = ports.interruption();
  const command = [PORT_FORWARD, String(remote)];
  const serve = async (connection: LocalConnection): Promise<void> => {
    let said = '';
    const terminal = terminalOf(connection, signal, (text) => (said += text.slice(0, 1_024)));
    try {
      const execOptions = { cluster, container, command, tty: false, interactive: true };
      const { words } = await runIn({ ...ports, terminal }, cluster, task, execOptions);
      if (!signal.aborted && (said !== '' || words !== '')) ports.say(`port ${remote}: ${said.trim() || words}`);
    } catch (error) {
      ports.say(`port ${remote}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      connection.close();
    }
  };
  const listener = await ports.listen(local, (connection) => void serve(connection));
  ports.tell(`localhost:${listener.port} is port ${remote} of task ${taskIdOf(task)}; Ctrl-C ends it`);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await listener.close();
  return EXIT.done;
}

function terminalOf(connection: LocalConnection, signal: AbortSignal, err: (text: string) => void): ExecTerminal {
  return {
    isTerminal: false,
    size: () => undefined,
    onResize: () => undefined,
    setRaw: () => undefined,
    input: () => connection.input(),
    out: (data) => connection.write(data),
    err: (data) => Promise.resolve(err(Buffer.from(data).toString('utf8'))),
    interruption: () => signal,
    close: () => undefined,
  };
}

export function parsePorts(text: string): { readonly local: number; readonly remote: number } {
  const [, first = '', second] = /^(\d{1,5})(?::(\d{1,5}))?$/.exec(text) ?? [];
  const [local, remote] = [Number(first), Number(second ?? first)];
  if (first !== '' && local < 65_536 && remote > 0 && remote < 65_536) return { local, remote };
  throw usageError(`${text}: ports look like 8080:80, or 80 for the same on both sides; 0:80 takes any free one here.`);
}
