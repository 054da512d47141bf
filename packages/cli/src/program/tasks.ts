import type { Command } from 'commander';
import type { Host } from '../host/port.ts';
import { CLUSTER, collect, DATA_DIR, durationFlag, reach, type Ends } from './common.ts';

export function addRun(program: Command, host: Host, ends: Ends): void {
  interface Flags {
    readonly name?: string;
    readonly publish?: readonly string[];
    readonly env?: readonly string[];
    readonly cpu?: string;
    readonly memory?: string;
    readonly launchType?: string;
    readonly networkMode?: string;
    readonly subnet?: readonly string[];
    readonly service?: boolean;
    readonly count?: string;
    readonly cluster: string;
    readonly wait?: boolean;
    readonly exec?: boolean;
    readonly follow?: boolean;
    readonly timeout: string;
    readonly dataDir?: string;
  }
  program
    .command('run')
    .description('run an image as a task, or as a service')
    .argument('<image>', 'image the engine has, or can pull')
    .argument('[command...]', 'command and its arguments, after --')
    .option('--name <name>', 'family, and name of the service (default: from the image)')
    .option('-p, --publish <[host:]container>', 'publish a port; host port 0 or none: the instance chooses', collect)
    .option('-e, --env <name=value>', 'set a variable; NAME alone takes its value from here', collect)
    .option('--cpu <units>', 'CPU units, 1024 to the core', '256')
    .option('--memory <MiB>', 'memory limit', '512')
    .option('--launch-type <type>', 'EC2 or FARGATE', 'EC2')
    .option('--network-mode <mode>', 'bridge, host, awsvpc or none (default: bridge; awsvpc for FARGATE)')
    .option('--subnet <id>', 'subnet of an awsvpc task (default: all there are)', collect)
    .option('--service', 'keep it running: create the service, or update it')
    .option('--count <n>', 'how many', '1')
    .option(...CLUSTER)
    .option('--wait', 'wait until it runs (the default)')
    .option('--no-wait', 'return as soon as it is accepted')
    .option('--exec', 'let gantry exec into it (the default)')
    .option('--no-exec', 'let nobody run commands in it; any instance will do')
    .option('-f, --follow', 'show its output until it stops, and answer with its exit code')
    .option('--timeout <duration>', 'how long to wait', '120s')
    .option(...DATA_DIR)
    .action(
      ends(async (image: string, command: readonly string[], flags: Flags) => {
        const [{ planRun }, { run }] = await Promise.all([import('../run/definition.ts'), import('../run/run.ts')]);
        const { publish = [], env = [], subnet = [] } = flags;
        const { connection, api } = await reach(host, flags.dataDir);
        const plan = planRun(
          { ...flags, image, command, publish, env, subnets: subnet },
          { region: connection.where.region, env: host.env },
        );
        const timeoutMs = durationFlag('--timeout', flags.timeout);
        return run(host, api, plan, { wait: flags.wait !== false, follow: flags.follow === true, timeoutMs });
      }),
    );
}

export function addTasks(program: Command, host: Host, ends: Ends): void {
  addPs(program, host, ends);
  addLogs(program, host, ends);
  addWhy(program, host, ends);
  addStop(program, host, ends);
}

function addPs(program: Command, host: Host, ends: Ends): void {
  program
    .command('ps')
    .description('tasks: which, how they are, where they answer')
    .option('--cluster <name>', 'one cluster (default: all)')
    .option('-a, --all', 'stopped ones too, with the reason')
    .option('-q, --quiet', 'ids alone')
    .option(...DATA_DIR)
    .action(
      ends(async (flags: { cluster?: string; all?: boolean; quiet?: boolean; dataDir?: string }) => {
        const [{ ps }, { api }] = await Promise.all([import('../commands/ps.ts'), reach(host, flags.dataDir)]);
        return ps(host, api, { cluster: flags.cluster, all: flags.all === true, quiet: flags.quiet === true });
      }),
    );
}

function addLogs(program: Command, host: Host, ends: Ends): void {
  program
    .command('logs')
    .description('what the containers of a task or service have written')
    .argument('<task|service>', 'id (or its first characters), ARN, service or family')
    .option('-f, --follow', 'go on as more comes')
    .option('--since <time>', 'from then on: 10m, 2h, 2026-01-31T12:00:00Z')
    .option('-n, --tail <lines>', 'the last so many of each container')
    .option('-t, --timestamps', 'with the time (UTC)')
    .option(...CLUSTER)
    .option(...DATA_DIR)
    .action(
      ends(
        async (
          subject: string,
          flags: {
            follow?: boolean;
            since?: string;
            tail?: string;
            timestamps?: boolean;
            cluster: string;
            dataDir?: string;
          },
        ) => {
          const [{ logs }, { api }] = await Promise.all([import('../commands/logs.ts'), reach(host, flags.dataDir)]);
          return logs(host, api, subject, {
            ...flags,
            follow: flags.follow === true,
            timestamps: flags.timestamps === true,
          });
        },
      ),
    );
}

function addWhy(program: Command, host: Host, ends: Ends): void {
  program
    .command('why')
    .description('why a task, service, instance or cluster is as it is')
    .argument('<subject>', 'id, name or ARN')
    .option(...CLUSTER)
    .option('--json', 'as JSON')
    .option(...DATA_DIR)
    .action(
      ends(async (subject: string, flags: { cluster: string; json?: boolean; dataDir?: string }) => {
        const [{ why }, { api }] = await Promise.all([import('../commands/why.ts'), reach(host, flags.dataDir)]);
        return why(host, api, subject, { cluster: flags.cluster, json: flags.json === true });
      }),
    );
}

function addStop(program: Command, host: Host, ends: Ends): void {
  program
    .command('stop')
    .description('stop tasks, or scale services to nothing')
    .argument('<task|service...>', 'ids, ARNs, services or families')
    .option('--rm', 'delete the service as well')
    .option('--wait', 'wait until they have stopped')
    .option('--timeout <duration>', 'how long to wait', '120s')
    .option('--reason <text>', 'kept as stoppedReason', 'gantry stop')
    .option(...CLUSTER)
    .option(...DATA_DIR)
    .action(
      ends(
        async (
          subjects: readonly string[],
          flags: { rm?: boolean; wait?: boolean; timeout: string; reason: string; cluster: string; dataDir?: string },
        ) => {
          const [{ stop }, { api }] = await Promise.all([import('../commands/stop.ts'), reach(host, flags.dataDir)]);
          const timeoutMs = durationFlag('--timeout', flags.timeout);
          const { cluster, reason } = flags;
          return stop(host, api, subjects, {
            cluster,
            reason,
            rm: flags.rm === true,
            wait: flags.wait === true,
            timeoutMs,
          });
        },
      ),
    );
}
