import { join } from 'node:path';
import { CliError } from '../errors.ts';
import type { Host } from '../host/port.ts';
import { pathsIn, type Paths } from '../paths.ts';
import { startEngine, stopEngine } from '../up/engine.ts';
import { gatherFacts } from '../up/facts.ts';
import { install } from '../up/install.ts';
import { planUp } from '../up/plan.ts';

/**
 * Runs every test of the repository on whatever machine this is: installs what the tests need, starts an engine if none
 * answers and stops that one again. @returns the test command's exit code
 */
export async function test(host: Host, args: readonly string[], options: { readonly yes: boolean }): Promise<number> {
  const runner = join(host.facts.root, 'tools', 'test', 'run.ts');
  if ((await host.accessTo(runner)) === 'absent') {
    throw new CliError('the tests are not part of this installation.', {
      wayOut: 'Clone the repository and run ./gantry test there.',
    });
  }
  const paths = pathsIn(join(host.facts.root, '.gantry'));
  const started = await ensureEngine(host, paths, options.yes);
  try {
    const { code } = await host.run(host.facts.nodePath, [runner, ...args], { show: true, toStdout: true });
    return code;
  } finally {
    if (started) await stopEngine(host, paths);
  }
}

async function ensureEngine(host: Host, paths: Paths, yes: boolean): Promise<boolean> {
  const plan = planUp(await gatherFacts(host), { install: true });
  if (plan.refusal !== undefined) throw new CliError(plan.refusal.message, { wayOut: plan.refusal.wayOut });
  for (const warning of plan.warnings) host.terminal.err(`warning: ${warning}`);
  await install(host, plan, { yes });
  if (plan.engine === 'answers') return false;
  host.terminal.err('Starting the Docker Engine for the tests ...');
  const fresh = plan.packages.some((p) => p.name === 'docker.io');
  await startEngine(host, paths, { how: plan.engine, sudo: plan.sudo, fresh });
  return plan.engine === 'dockerd';
}
