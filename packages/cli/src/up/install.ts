import { CliError, EXIT } from '../errors.ts';
import type { Host } from '../host/port.ts';
import { table } from '../text/table.ts';
import { installCommand, type UpPlan } from './plan.ts';

export interface Consent {
  /** `--yes`, or CI=true. */
  readonly yes: boolean;
}

/** Says what will be installed and why, asks if it must, installs. Nothing to do when the plan has no packages. */
export async function install(host: Host, plan: UpPlan, consent: Consent): Promise<void> {
  if (plan.packages.length === 0) return;
  const { terminal } = host;
  const command = installCommand(plan.packages, plan.sudo);
  terminal.err('This machine lacks:');
  for (const line of table(
    ['PACKAGE', 'WHY', ''],
    plan.packages.map((p) => [p.name, p.why, p.required ? 'needed' : 'recommended']),
  )) {
    terminal.err(`  ${line}`);
  }
  terminal.err(`It will run: ${command.join(' ')}`);
  await askConsent(host, consent, 'Go on?');
  await runApt(host, plan, command);
}

/** @throws CliError (declined) when the user says no, or cannot be asked */
export async function askConsent(host: Host, consent: Consent, question: string): Promise<void> {
  if (consent.yes) return;
  if (!host.terminal.interactive) {
    throw new CliError('this is not a terminal, so nothing is installed without being told to.', {
      wayOut: 'Say it with --yes (or CI=true), or install it by hand and say --no-install.',
      exitCode: EXIT.declined,
    });
  }
  const answer = (await host.terminal.ask(`${question} [Y/n] `)).trim().toLowerCase();
  if (!['', 'y', 'yes'].includes(answer)) {
    throw new CliError('nothing was installed.', { exitCode: EXIT.declined });
  }
}

async function runApt(host: Host, plan: UpPlan, command: readonly string[]): Promise<void> {
  const [program = '', ...args] = command;
  const update = plan.sudo ? (['sudo', 'apt-get', 'update', '-q'] as const) : (['apt-get', 'update', '-q'] as const);
  const [updateProgram, ...updateArgs] = update;
  const updated = await host.run(updateProgram, updateArgs, { show: true });
  const installed = await host.run(program, args, { show: true });
  if (installed.code === 0) return;
  throw new CliError(
    `apt-get could not install ${plan.packages.map((p) => p.name).join(' ')} (its own words are above).`,
    {
      wayOut:
        updated.code === 0
          ? `Mend what apt-get says, then run gantry up again; or install them by hand: ${command.join(' ')}`
          : 'Its package lists could not be fetched either: is the network up? Then run gantry up again.',
    },
  );
}
