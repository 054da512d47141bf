import type { Command } from 'commander';
import { usageError } from '../errors.ts';
import type { Host } from '../host/port.ts';
import { parseSince } from '../text/duration.ts';
import { DATA_DIR, reach, type Ends } from './common.ts';

interface Flags {
  readonly since: string;
  readonly user?: string;
  readonly event?: string;
  readonly resource?: string;
  readonly errors?: boolean;
  readonly limit: string;
  readonly follow?: boolean;
  readonly json?: boolean;
  readonly dataDir?: string;
}

export function addAudit(program: Command, host: Host, ends: Ends): void {
  program
    .command('audit')
    .description('who changed what, from where, and what came of it')
    .option('--since <when>', 'a duration back (10m, 2h) or a moment (2026-11-22T08:00Z)', '24h')
    .option('--user <name>', 'only what this user, or this session of a role, did')
    .option('--event <name>', 'only calls of this operation, such as RunTask')
    .option('--resource <name>', 'only calls about this name or ARN')
    .option('--errors', 'only what was refused or failed')
    .option('-n, --limit <count>', 'so many at most, the newest', '100')
    .option('-f, --follow', 'go on showing what comes')
    .option('--json', "CloudTrail's records, one a line")
    .option(...DATA_DIR)
    .action(
      ends(async (flags: Flags) => {
        const sinceMs = parseSince(flags.since, host.clock.now());
        if (sinceMs === undefined)
          throw usageError(`--since ${flags.since}: a duration looks like 10m, a moment like 2026-11-22T08:00Z.`);
        const limit = /^[1-9]\d{0,5}$/.test(flags.limit) ? Number(flags.limit) : undefined;
        if (limit === undefined) throw usageError(`--limit ${flags.limit}: a whole number from 1 is needed.`);
        const { user, event, resource } = flags;
        const [{ audit }, { api }] = await Promise.all([import('../commands/audit.ts'), reach(host, flags.dataDir)]);
        return audit(host, api, {
          sinceMs,
          only: { user, event, resource, errors: flags.errors === true },
          limit,
          follow: flags.follow === true,
          json: flags.json === true,
        });
      }),
    );
}
