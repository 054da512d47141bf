import type { Command } from 'commander';
import type { Host } from '../host/port.ts';
import { CLUSTER, collect, DATA_DIR, durationFlag, reach, type Ends } from './common.ts';

interface Common {
  readonly cluster: string;
  readonly wait: boolean;
  readonly timeout: string;
  readonly dataDir?: string;
}

export function addDeploy(program: Command, host: Host, ends: Ends): void {
  interface Flags extends Common {
    readonly image?: readonly string[];
    readonly taskDefinition?: string;
  }
  program
    .command('deploy')
    .description('deploy a service: other images, another task definition, or the same ones anew')
    .argument('<service>', 'name or ARN')
    .argument('[command...]', 'after --: a command that must end with 0 before anything moves, such as a migration')
    .option(
      '-i, --image <[container=]image>',
      'a new revision with this image; as often as there are containers',
      collect,
    )
    .option('--task-definition <name>', 'family, family:revision or ARN (default: the one it runs)')
    .option(...CLUSTER)
    .option('--no-wait', 'return as soon as it is accepted')
    .option('--timeout <duration>', 'how long to wait', '30m')
    .option(...DATA_DIR)
    .action(
      ends(async (service: string, first: readonly string[], flags: Flags) => {
        const [{ deploy }, { parseImage }] = await Promise.all([
          import('../deploy/deploy.ts'),
          import('../deploy/revision.ts'),
        ]);
        const images = (flags.image ?? []).map(parseImage);
        const timeoutMs = durationFlag('--timeout', flags.timeout);
        const { api } = await reach(host, flags.dataDir);
        const { cluster, wait, taskDefinition } = flags;
        return deploy(host, api, service, { cluster, images, taskDefinition, first, wait, timeoutMs });
      }),
    );
  program
    .command('rollback')
    .description('take back the deployment under way, or go back to what the service ran before')
    .argument('<service>', 'name or ARN')
    .option(...CLUSTER)
    .option('--no-wait', 'return as soon as it is accepted')
    .option('--timeout <duration>', 'how long to wait', '30m')
    .option(...DATA_DIR)
    .action(
      ends(async (service: string, flags: Common) => {
        const [{ rollback }, { api }] = await Promise.all([
          import('../deploy/rollback.ts'),
          reach(host, flags.dataDir),
        ]);
        const { cluster, wait } = flags;
        return rollback(host, api, service, { cluster, wait, timeoutMs: durationFlag('--timeout', flags.timeout) });
      }),
    );
}
