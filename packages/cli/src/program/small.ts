import type { Command } from 'commander';
import { EXIT } from '../errors.ts';
import type { Host } from '../host/port.ts';
import { DATA_DIR, reach, toldYes, type Ends } from './common.ts';

export function addSmall(program: Command, host: Host, ends: Ends): void {
  program
    .command('env')
    .description('shell lines for AWS clients: eval "$(gantry env)"')
    .option(...DATA_DIR)
    .action(
      ends(async (flags: { dataDir?: string }) => {
        const [{ connection }, { exportLines }] = await Promise.all([
          reach(host, flags.dataDir),
          import('../credentials.ts'),
        ]);
        for (const line of exportLines(connection.where, connection.keys)) host.terminal.out(line);
        return EXIT.done;
      }),
    );
  program
    .command('test')
    .description("run the repository's own tests")
    .option('-y, --yes', 'install what they need without asking (as CI=true does)')
    .argument('[args...]', 'for the test command: --only checks,unit,sim,conformance,differential,e2e, --grep TEXT')
    .allowUnknownOption()
    .passThroughOptions()
    .action(
      ends(async (args: readonly string[], flags: { yes?: boolean }) => {
        const { test } = await import('../commands/test.ts');
        return test(host, args, { yes: toldYes(host, flags.yes) });
      }),
    );
  program
    .command('version')
    .description('version of this program')
    .action(
      ends(() => {
        host.terminal.out(`gantry ${host.facts.version} (Node ${host.facts.nodeVersion})`);
        return Promise.resolve(EXIT.done);
      }),
    );
}
