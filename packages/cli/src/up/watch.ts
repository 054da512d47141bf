import { CliError } from '../errors.ts';
import type { ProcessName } from '../paths.ts';
import { LineCutter, renderLogLine } from '../process/log-line.ts';
import { findProcess, logTail } from '../process/records.ts';
import { stopProcesses, type UpContext } from './start.ts';

const POLL_MS = 250;
const NAMES = ['control-plane', 'agent'] as const;

/** Foreground: shows both logs until interrupted, then stops both processes (tasks keep running), or until one of them dies. */
export async function watchProcesses(context: UpContext, verbose: boolean): Promise<void> {
  const { host, paths, signal } = context;
  host.terminal.err('Ctrl-C stops Gantry; running tasks stay.');
  const followers = await Promise.all(NAMES.map((name) => follow(context, name, verbose)));
  while (!signal.aborted) {
    for (const show of followers) await show();
    const dead = await firstDead(context);
    if (dead !== undefined) {
      const details = (await logTail(host, paths, dead, 15)).map(renderLogLine);
      await stopProcesses(host, paths);
      throw new CliError(`the ${dead} ended unexpectedly; the rest was stopped, tasks keep running.`, {
        details,
        wayOut: `Its whole log: ${paths.log(dead)}. Start again with gantry up.`,
      });
    }
    await host.clock.sleep(POLL_MS, signal);
  }
  host.terminal.err('Stopping; running tasks stay (gantry down --tasks stops them, too).');
  await stopProcesses(host, paths);
  for (const show of followers) await show();
}

async function firstDead({ host, paths }: UpContext): Promise<ProcessName | undefined> {
  for (const name of NAMES) if ((await findProcess(host, paths, name)) === undefined) return name;
  return undefined;
}

async function follow({ host, paths }: UpContext, name: ProcessName, verbose: boolean): Promise<() => Promise<void>> {
  let offset = await host.fileSize(paths.log(name));
  const cutter = new LineCutter();
  return async () => {
    const read = await host.readFrom(paths.log(name), offset);
    offset = read.offset;
    for (const line of cutter.push(read.text)) {
      if (verbose || !/^\{.*"level":"debug"/.test(line))
        host.terminal.out(`${name.padEnd(13)} | ${renderLogLine(line)}`);
    }
  };
}
