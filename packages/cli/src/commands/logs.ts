import type { Api } from '../api/port.ts';
import { Definitions, describeTasks } from '../api/read.ts';
import { findSubject, tasksOfService, type Subject } from '../api/subject.ts';
import { CliError, usageError } from '../errors.ts';
import type { Host } from '../host/port.ts';
import { elsewhere } from '../logs/elsewhere.ts';
import { LogFollower } from '../logs/follow.ts';
import { parseSince } from '../text/duration.ts';

/** Of a service with many tasks the first ones will do. */
const MOST_PLACES = 10;

export interface LogsOptions {
  readonly cluster: string;
  readonly follow: boolean;
  readonly since?: string | undefined;
  readonly tail?: string | undefined;
  readonly timestamps: boolean;
}

/** Shows what the containers of a task, of a service's tasks or of a family's tasks have written. */
export async function logs(host: Host, api: Api, text: string, options: LogsOptions): Promise<number> {
  const sinceMs = options.since === undefined ? undefined : parseSince(options.since, host.clock.now());
  if (options.since !== undefined && sinceMs === undefined) {
    throw usageError(`--since ${options.since}: it looks like 10m or 2026-01-31T12:00:00Z.`);
  }
  if (options.tail !== undefined && !/^[1-9]\d{0,3}$/.test(options.tail)) {
    throw usageError(`--tail ${options.tail}: a whole number from 1 to 9999 is needed.`);
  }
  const subject = await findSubject(api, options.cluster, text);
  await tellOfOthers(host, api, text, subject);
  const follower = new LogFollower(host, api, {
    sinceMs,
    tail: options.tail === undefined ? undefined : Number(options.tail),
    timestamps: options.timestamps,
    tasks: () => tasksOf(api, subject),
  });
  if (options.follow) {
    // A task ends, and its log with it; a service goes on.
    await follower.follow(host.interruption(), subject.kind === 'tasks');
    return 0;
  }
  await follower.showOnce();
  return 0;
}

/** Whose output Gantry does not keep: where it is, and how to read it. When that is all there is, it is the answer. */
async function tellOfOthers(host: Host, api: Api, text: string, subject: Subject): Promise<void> {
  const definitions = new Definitions(api);
  const tasks = await tasksOf(api, subject);
  const places: string[] = [];
  let kept = tasks.length === 0;
  for (const task of tasks) {
    const definition = await definitions.of(task);
    const others = elsewhere(task, definition);
    places.push(...others);
    if (others.length < (definition?.containerDefinitions ?? []).length) kept = true;
  }
  if (kept) return places.forEach((place) => host.terminal.err(`not here: ${place}`));
  throw new CliError(`${text} writes no log that Gantry keeps: none of its containers uses the log driver awslogs.`, {
    details: places.slice(0, MOST_PLACES),
    wayOut: 'Give its containers a logConfiguration with logDriver awslogs (gantry run does).',
  });
}

function tasksOf(api: Api, subject: Subject) {
  if (subject.kind === 'service') return tasksOfService(api, subject.cluster, subject.service.serviceName ?? '');
  return describeTasks(
    api,
    subject.cluster,
    subject.tasks.map((task) => task.taskArn ?? ''),
  );
}
