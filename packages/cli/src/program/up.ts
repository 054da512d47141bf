import type { Command } from 'commander';
import { EXIT, usageError } from '../errors.ts';
import type { Host } from '../host/port.ts';
import { keyFileOf } from '../key-file.ts';
import { dataDirOf, upSettings, type UpFlags } from '../settings.ts';
import { calledAs, collect, DATA_DIR, durationFlag, reach, toldYes, type Ends } from './common.ts';

interface Flags extends UpFlags {
  readonly yes?: boolean;
  readonly detach?: boolean;
  readonly install: boolean;
  readonly writeProfile?: boolean;
  readonly verbose?: boolean;
}

export function addUp(program: Command, host: Host, ends: Ends): void {
  program
    .command('up')
    .description('install what is missing, start control plane and agent, say how to use them')
    .option('-y, --yes', 'install without asking (as CI=true does)')
    .option('-d, --detach', 'leave it running in the background')
    .option(...DATA_DIR)
    .option('--key-file <file>', 'key that secrets are sealed with; made at the first start')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1, this machine alone)')
    .option('--port <port>', 'port of the API (default: 4566)')
    .option('--region <region>', 'region of the local instances (default: us-east-1)')
    .option('--insecure-any-key', 'accept any access key (throw-away CI; loopback only)')
    .option('--tls <how>', 'self: https, with a certificate authority of its own')
    .option('--tls-cert <file>', 'https with your own certificate (PEM, with its chain); read again when it changes')
    .option('--tls-key <file>', 'its private key')
    .option('--tls-ca <file>', 'what clients are to trust, when the certificate is of a private authority')
    .option('--throttle', "limit requests as ECS's own token buckets do")
    .option('--audit-retention-days <days>', 'how long the audit trail remembers (default: 90)')
    .option('--subnet <cidr>', 'addresses of tasks that have one of their own (default: a free part of 10.213.0.0/16)')
    .option('--efs <id=server:/path>', 'an NFS export behind an EFS file system; as often as there are some', collect)
    .option(
      '--deployment-hook <name=target>',
      'what stands behind a function that deployments ask: a URL, or exec:/path; as often as there are some',
      collect,
    )
    .option('--no-fargate', 'no Fargate pool')
    .option('--fargate-cpu-overcommit <factor>', 'CPU the Fargate pool promises for each there is (default: 8)')
    .option('--fargate-runtime <name>', 'runtime of Fargate tasks (default: auto, the strongest that works here)')
    .option('--memory-reserve <MiB>', 'memory that EC2 tasks do not get')
    .option(
      '--healthy-after <duration>',
      'a task without health check counts as healthy after running this long (default: 40s)',
    )
    .option('--no-install', 'install nothing: fail when something needed is missing')
    .option('--write-profile', 'write the profile gantry to ~/.aws')
    .option('-v, --verbose', 'in the foreground, show debug lines, too')
    .action(
      ends(async (flags: Flags) => {
        const certificate = flags.tlsCert === undefined ? undefined : await host.readFile(flags.tlsCert);
        const settings = upSettings(flags, { ...host.facts, env: host.env, certificate });
        const [{ up }, { connect }, { administrator }, { pathsIn }] = await Promise.all([
          import('../up/up.ts'),
          import('../api/connect.ts'),
          import('../up/start.ts'),
          import('../paths.ts'),
        ]);
        await up(host, {
          settings,
          yes: toldYes(host, flags.yes),
          install: flags.install,
          detach: flags.detach === true,
          writeProfile: flags.writeProfile === true,
          verbose: flags.verbose === true,
          command: calledAs(host),
          dataDirFlag: flags.dataDir === undefined ? '' : ` --data-dir ${flags.dataDir}`,
          connect: async (where) => connect(host, where, await administrator(host, pathsIn(settings.dataDir))),
        });
        return EXIT.done;
      }),
    );
}

interface DownFlags {
  readonly dataDir?: string;
  readonly tasks?: boolean;
  readonly force?: boolean;
  readonly purge?: boolean;
  readonly yes?: boolean;
  readonly engine?: boolean;
  readonly timeout: string;
}

export function addProcesses(program: Command, host: Host, ends: Ends): void {
  program
    .command('down')
    .description('stop control plane and agent; running tasks stay')
    .option(...DATA_DIR)
    .option('--tasks', 'delete all services and stop all tasks first, and leave nothing of them on this host')
    .option('--force', 'with --tasks: remove all containers as they are, running or not')
    .option('--purge', 'with --tasks: remove the data directory, too (state, logs, keys), after asking')
    .option('-y, --yes', 'purge without asking (as CI=true does)')
    .option('--engine', 'stop the Docker Engine, too, if gantry up started it')
    .option('--timeout <duration>', 'how long tasks may take to stop', '150s')
    .action(
      ends(async (flags: DownFlags) => {
        for (const flag of ['force', 'purge'] as const) {
          if (flags[flag] === true && flags.tasks !== true) throw usageError(`--${flag} goes with --tasks.`);
        }
        const [{ down }, { connect }] = await Promise.all([import('../commands/down.ts'), import('../api/connect.ts')]);
        return down(host, {
          dataDir: dataDirOf(flags.dataDir, { ...host.facts, env: host.env }),
          tasks: flags.tasks === true,
          force: flags.force === true,
          purge: flags.purge === true && { yes: toldYes(host, flags.yes) },
          engine: flags.engine === true,
          timeoutMs: durationFlag('--timeout', flags.timeout),
          connect: (where, keys) => connect(host, where, keys),
        });
      }),
    );
  program
    .command('status')
    .description('processes, engine, clusters, instances and subnets')
    .option(...DATA_DIR)
    .option('--json', 'as JSON')
    .action(
      ends(async (flags: { dataDir?: string; json?: boolean }) => {
        const [{ status }, { connection, api }] = await Promise.all([
          import('../commands/status.ts'),
          reach(host, flags.dataDir),
        ]);
        return status(host, api, connection, { json: flags.json === true });
      }),
    );
  program
    .command('doctor')
    .description('check everything Gantry depends on, and say what to do about it')
    .option(...DATA_DIR)
    .option('--key-file <file>', 'key file to check')
    .option('--port <port>', 'port to check')
    .option('--json', 'as JSON')
    .action(
      ends(async (flags: { dataDir?: string; keyFile?: string; port?: string; json?: boolean }) => {
        const { doctor } = await import('../doctor/doctor.ts');
        const dataDir = dataDirOf(flags.dataDir, { ...host.facts, env: host.env });
        const port =
          flags.port === undefined
            ? undefined
            : upSettings({ port: flags.port }, { ...host.facts, env: host.env }).port;
        const keyFile = keyFileOf(flags.keyFile, { ...host.facts, env: host.env });
        return doctor(host, { dataDir, keyFile, port, json: flags.json === true });
      }),
    );
}
