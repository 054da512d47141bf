import type { Api, Task, TaskDefinition } from '../api/port.ts';
import { Definitions, describeTasks, listTaskArns } from '../api/read.ts';
import { newestFirst } from '../api/subject.ts';
import type { Host } from '../host/port.ts';
import {
  addressText,
  addressesOf,
  definitionName,
  ownAddress,
  rangesOf,
  serviceOf,
  stopText,
  taskIdOf,
} from '../run/reach.ts';
import { age } from '../text/duration.ts';
import { table } from '../text/table.ts';

export interface PsOptions {
  /** One cluster; all of them when absent. */
  readonly cluster?: string | undefined;
  /** Stopped ones, too. */
  readonly all: boolean;
  /** Task ids alone, in full. */
  readonly quiet: boolean;
}

interface Row {
  readonly cluster: string;
  readonly task: Task;
  readonly definition: TaskDefinition | undefined;
}

/** Tasks, newest first, with what a person asks of them: which, how are they, where do they answer, why did they stop. */
export async function ps(host: Host, api: Api, options: PsOptions): Promise<number> {
  const rows = await readRows(api, options);
  if (options.quiet) {
    for (const { task } of rows) host.terminal.out(taskIdOf(task));
    return 0;
  }
  for (const line of psLines(rows, host.clock.now(), options.all)) host.terminal.out(line);
  if (rows.length === 0) host.terminal.err(options.all ? 'No tasks.' : 'No tasks run (--all shows stopped ones, too).');
  return 0;
}

async function readRows(api: Api, options: PsOptions): Promise<readonly Row[]> {
  const clusters = options.cluster === undefined ? await clusterNames(api) : [options.cluster];
  const definitions = new Definitions(api);
  const rows: Row[] = [];
  for (const cluster of clusters) {
    const arns = [...(await listTaskArns(api, { cluster, desiredStatus: 'RUNNING' }))];
    // A task that stops is wanted STOPPED before it is: it still counts as there.
    const leaving = await listTaskArns(api, { cluster, desiredStatus: 'STOPPED' });
    const known = new Set(arns);
    arns.push(...leaving.filter((arn) => !known.has(arn)));
    const tasks = await describeTasks(api, cluster, arns);
    const shown = options.all ? tasks : tasks.filter((task) => task.lastStatus !== 'STOPPED');
    for (const task of newestFirst(shown)) {
      // The ports of a task with an address of its own are in its definition alone.
      const needed =
        ownAddress(task) !== undefined || (task.containers ?? []).every((c) => (c.networkBindings ?? []).length === 0);
      rows.push({ cluster, task, definition: needed ? await definitions.of(task) : undefined });
    }
  }
  return rows;
}

async function clusterNames(api: Api): Promise<readonly string[]> {
  const { clusterArns } = await api.ecs('ListClusters', { maxResults: 100 });
  return (clusterArns ?? []).map((arn) => arn.slice(arn.lastIndexOf('/') + 1));
}

/** The table as lines; pure. CLUSTER is shown only when it tells tasks apart. */
export function psLines(rows: readonly Row[], nowMs: number, all: boolean): readonly string[] {
  const several = new Set(rows.map((row) => row.cluster)).size > 1;
  const head = [...(several ? ['CLUSTER'] : []), 'TASK', 'SERVICE', 'DEFINITION', 'STATUS', 'HEALTH', 'AGE', 'ADDRESS'];
  const lines = rows.map(({ cluster, task, definition }) => [
    ...(several ? [cluster] : []),
    taskIdOf(task).slice(0, 12),
    serviceOf(task) ?? '-',
    definitionName(task.taskDefinitionArn),
    statusText(task),
    task.healthStatus === undefined || task.healthStatus === 'UNKNOWN' ? '-' : task.healthStatus,
    age(nowMs - (task.createdAt?.getTime() ?? nowMs)),
    whereText(task, definition),
    ...(all ? [task.lastStatus === 'STOPPED' ? shortened(stopText(task)) : ''] : []),
  ]);
  return table(all ? [...head, 'WHY STOPPED'] : head, lines);
}

const LONGEST_REASON = 120;

/** An engine's error can be long; `gantry why` has all of it. */
function shortened(text: string): string {
  return text.length <= LONGEST_REASON ? text : `${text.slice(0, LONGEST_REASON - 3)}...`;
}

function statusText(task: Task): string {
  const status = task.lastStatus ?? '?';
  return task.desiredStatus === 'STOPPED' && status === 'RUNNING' ? 'RUNNING (stopping)' : status;
}

function whereText(task: Task, definition: TaskDefinition | undefined): string {
  if (task.lastStatus === 'STOPPED') return '-';
  const addresses = [...addressesOf(task, definition).map(addressText), ...rangesOf(task)];
  return addresses.length > 0 ? addresses.join(', ') : (ownAddress(task) ?? '-');
}
