import { Command, CommanderError } from 'commander';
import { EXIT } from './errors.ts';
import type { Host } from './host/port.ts';
import { addAudit } from './program/audit.ts';
import { addDeploy } from './program/deploy.ts';
import { addCp, addExec, addPortForward } from './program/exec.ts';
import { addSmall } from './program/small.ts';
import { addRun, addTasks } from './program/tasks.ts';
import { addProcesses, addUp } from './program/up.ts';

/**
 * Reads the command line and runs the command. Each command's module is loaded only when it is used.
 * @returns the exit code
 */
export async function createProgram(host: Host, args: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.done;
  const ends =
    <A extends unknown[]>(work: (...args: A) => Promise<number>) =>
    async (...given: A): Promise<void> => {
      exitCode = await work(...given);
    };
  const program = new Command('gantry')
    .description('Runs containers through the Amazon ECS API on your own machines.')
    .version(host.facts.version, '-V, --version')
    .showHelpAfterError('(see gantry --help)')
    .enablePositionalOptions()
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 no control plane answers, 4 refused by the API, 5 declined, 130 interrupted.',
    );
  addUp(program, host, ends);
  addProcesses(program, host, ends);
  addRun(program, host, ends);
  addTasks(program, host, ends);
  addDeploy(program, host, ends);
  addExec(program, host, ends);
  addCp(program, host, ends);
  addPortForward(program, host, ends);
  addAudit(program, host, ends);
  addSmall(program, host, ends);
  program.exitOverride();
  for (const command of program.commands)
    command.exitOverride().showHelpAfterError(`(see gantry ${command.name()} --help)`);
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.done : EXIT.usage; // commander has said what is wrong
  }
  return exitCode;
}
