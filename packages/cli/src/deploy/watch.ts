import type { Api, Service } from '../api/port.ts';
import { findService } from '../api/read.ts';
import { CliError, EXIT } from '../errors.ts';
import type { Host } from '../host/port.ts';
import { progressOf } from './progress.ts';

const POLL_MS = 500;

export interface WatchOptions {
  readonly cluster: string;
  readonly service: string;
  readonly timeoutMs: number;
  /** It is asked to go back, and that is the success. */
  readonly isRollback: boolean;
}

/**
 * Says what happens to the service's deployment until it is over. @returns the exit code
 * @param events ids of the service's events that are no news
 */
export async function watch(
  host: Host,
  api: Api,
  deploymentArn: string,
  options: WatchOptions,
  events: ReadonlySet<string>,
): Promise<number> {
  const { cluster, service: name, timeoutMs, isRollback } = options;
  const { terminal, clock } = host;
  const interrupted = host.interruption();
  const told = new Set(events);
  const giveUpAt = clock.now() + timeoutMs;
  let before = '';
  for (;;) {
    const service = await findService(api, cluster, name);
    const { serviceDeployments } = await api.ecs('DescribeServiceDeployments', {
      serviceDeploymentArns: [deploymentArn],
    });
    const deployment = serviceDeployments?.[0];
    if (deployment === undefined) throw new CliError(`the deployment ${deploymentArn} is gone: ${name} was deleted.`);
    for (const line of newsOf(service, told)) terminal.out(`  ${line}`);
    const { text, end } = progressOf(deployment, service, isRollback);
    if (text !== before) terminal.out(`${name}: ${text}`);
    before = text;
    if (end !== undefined) {
      if (end.succeeded) return EXIT.done;
      throw new CliError(`${name} was not ${isRollback ? 'rolled back' : 'deployed'}: ${end.text}`, {
        wayOut: `gantry why ${name} tells more.`,
      });
    }
    if (interrupted.aborted) {
      terminal.err(`it goes on without you; gantry rollback ${name} takes it back.`);
      return EXIT.interrupted;
    }
    if (clock.now() >= giveUpAt) {
      const why = await api.gantry('Why', { subject: name, cluster }).catch(() => undefined);
      throw new CliError(`${name} is not deployed after ${timeoutMs / 1000} s: ${text}.`, {
        details: why === undefined ? [] : [why.text],
        wayOut: `It goes on by itself; gantry why ${name} tells more, gantry rollback ${name} takes it back.`,
      });
    }
    await clock.sleep(POLL_MS, interrupted);
  }
}

/** Service events that were not told yet, oldest first. */
function newsOf(service: Service | undefined, told: Set<string>): readonly string[] {
  const news = (service?.events ?? []).filter(({ id }) => id !== undefined && !told.has(id));
  for (const { id } of news) told.add(id as string);
  return news.reverse().map(({ message }) => message ?? '');
}
