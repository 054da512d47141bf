import type { Command } from 'commander';
import { usageError } from '../errors.ts';
import type { Host } from '../host/port.ts';
import { CLUSTER, DATA_DIR, reach, type Ends } from './common.ts';

interface Flags {
  readonly interactive?: boolean;
  readonly tty?: boolean;
  readonly container?: string;
  readonly cluster: string;
  readonly dataDir?: string;
}

export function addExec(program: Command, host: Host, ends: Ends): void {
  program
    .command('exec')
    .description('run a command in a container of a running task')
    .argument('<task>', 'id (or its first characters), ARN, or a service or family with one running task')
    .argument('<command...>', 'command and its arguments; -c and -- may stand before them')
    .option('-i, --interactive', 'pass the input on')
    .option('-t, --tty', 'with a terminal')
    .option('-c, --container <name>', 'which container, when there are several')
    .option(...CLUSTER)
    .option(...DATA_DIR)
    .passThroughOptions()
    .action(
      ends(async (task: string, rest: readonly string[], flags: Flags) => {
        const { container, command } = splitRest(rest, flags.container);
        const [{ exec }, ports] = await Promise.all([import('../exec/exec.ts'), execPorts(host, flags.dataDir)]);
        const { cluster, interactive, tty } = flags;
        const options = { cluster, container, command, interactive: interactive === true, tty: tty === true };
        return exec(ports, task, options);
      }),
    );
}

export function addCp(program: Command, host: Host, ends: Ends): void {
  program
    .command('cp')
    .description('copy a file or folder into a container of a running task, or out of it')
    .argument('<from>', 'TASK:/path, or a path of this machine')
    .argument('<to>', 'the other one')
    .option('-c, --container <name>', 'which container, when there are several')
    .option(...CLUSTER)
    .option(...DATA_DIR)
    .action(
      ends(async (from: string, to: string, flags: Flags) => {
        const [{ copy }, { nodeFiles }, ports] = await Promise.all([
          import('../exec/copy.ts'),
          import('../exec/wiring-files.ts'),
          execPorts(host, flags.dataDir),
        ]);
        const interruption = (): AbortSignal => host.interruption();
        const { cluster, container } = flags;
        return copy({ ...ports, files: nodeFiles, interruption }, from, to, { cluster, container });
      }),
    );
}

export function addPortForward(program: Command, host: Host, ends: Ends): void {
  program
    .command('port-forward')
    .description('bring a port of a running task to this machine, also one that only listens on its own localhost')
    .argument('<task>', 'id (or its first characters), ARN, or a service or family with one running task')
    .argument('<local:remote>', 'ports; one alone is both, local 0 any that is free')
    .option('-c, --container <name>', 'which container, when there are several')
    .option(...CLUSTER)
    .option(...DATA_DIR)
    .action(
      ends(async (task: string, ports: string, flags: Flags) => {
        const [{ forward }, { listen }, around] = await Promise.all([
          import('../exec/forward.ts'),
          import('../exec/wiring-listen.ts'),
          execPorts(host, flags.dataDir),
        ]);
        const tell = (line: string): void => host.terminal.out(line);
        const interruption = (): AbortSignal => host.interruption();
        const { cluster, container } = flags;
        return forward({ ...around, listen, tell, interruption }, task, { cluster, container, ports });
      }),
    );
}

/** What a session needs of this machine. */
async function execPorts(host: Host, dataDir: string | undefined) {
  const [{ connection, api }, { nodeTerminal }, { openSocket }, { systemIds }] = await Promise.all([
    reach(host, dataDir),
    import('../exec/wiring-terminal.ts'),
    import('../exec/wiring-socket.ts'),
    import('@gantry/protocol/wiring-system.ts'),
  ]);
  const { caFile } = connection.where;
  const ca = caFile === undefined ? undefined : await host.readFile(caFile);
  return {
    api,
    clock: host.clock,
    ids: systemIds,
    version: host.facts.version,
    terminal: nodeTerminal(() => host.interruption()),
    openSocket: (url: string) => openSocket(url, ca),
    say: (line: string) => host.terminal.err(`gantry: ${line}`),
  };
}

/** `-c NAME`, `--container NAME` and `--` may follow the task; everything after them is the command. */
export function splitRest(
  rest: readonly string[],
  given: string | undefined,
): { readonly container: string | undefined; readonly command: readonly string[] } {
  let [at, container] = [0, given];
  for (; at < rest.length; at += 1) {
    const word = rest[at] ?? '';
    const joined = /^--container=(.*)$/s.exec(word)?.[1];
    if (joined !== undefined) container = joined;
    else if (word === '-c' || word === '--container') container = rest[(at += 1)];
    else if (word.startsWith('-') && word !== '--')
      throw usageError(`${word}: options of gantry exec stand before the task, the command's after it.`);
    else break;
  }
  const command = rest.slice(rest[at] === '--' ? at + 1 : at);
  if (command.length === 0) throw usageError('there is no command to run.', 'For a shell: gantry exec -it TASK sh');
  return { container, command };
}
