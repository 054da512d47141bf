import type { GantryOperations } from '@gantry/protocol';
import type { Api } from '../api/port.ts';
import type { Connection } from '../api/connect.ts';
import { EXIT } from '../errors.ts';
import type { Host } from '../host/port.ts';
import { pathsIn, type ProcessName } from '../paths.ts';
import { findProcess, type ProcessRecord } from '../process/records.ts';
import { age } from '../text/duration.ts';
import { pairs, table } from '../text/table.ts';
import { engineFact } from '../up/facts.ts';
import type { EngineFact } from '../up/plan.ts';

type StatusResponse = GantryOperations['Status']['output'];

export interface StatusView {
  readonly nowMs: number;
  readonly processes: readonly { readonly name: ProcessName; readonly record: ProcessRecord | undefined }[];
  readonly engine: EngineFact;
  readonly endpoint: string;
  readonly status: StatusResponse | undefined;
  readonly problem?: string | undefined;
}

/** Processes, engine, clusters, instances and subnets. @returns 3 when the control plane does not answer */
export async function status(
  host: Host,
  api: Api,
  connection: Connection,
  options: { readonly json: boolean },
): Promise<number> {
  const paths = pathsIn(connection.dataDir);
  const names = ['control-plane', 'agent', 'dockerd'] as const;
  const processes = await Promise.all(
    names.map(async (name) => ({ name, record: await findProcess(host, paths, name) })),
  );
  let problem: string | undefined;
  const answer = await api.gantry('Status', {}).catch((error: unknown) => {
    problem = error instanceof Error ? error.message : String(error);
    return undefined;
  });
  const view: StatusView = {
    nowMs: host.clock.now(),
    processes,
    engine: await engineFact(host),
    endpoint: connection.where.endpoint,
    status: answer,
    problem,
  };
  if (options.json) host.terminal.out(JSON.stringify(statusJson(view), null, 2));
  else for (const line of statusLines(view)) host.terminal.out(line);
  return answer === undefined ? EXIT.notRunning : EXIT.done;
}

/** What `--json` prints: the API's Status, with what only this machine knows beside it. */
export function statusJson(view: StatusView): Readonly<Record<string, unknown>> {
  const processes = Object.fromEntries(view.processes.map(({ name, record }) => [name, record?.pid ?? null]));
  return { endpoint: view.endpoint, ...view.status, processes, engine: view.engine, problem: view.problem };
}

/** Pure: the view for a person. */
export function statusLines(view: StatusView): readonly string[] {
  const { status: answer } = view;
  const head = pairs([
    ['endpoint', answer === undefined ? `${view.endpoint} (no answer: ${view.problem ?? 'unknown'})` : view.endpoint],
    ...(answer === undefined
      ? []
      : ([
          ['account', answer.account],
          ['region', answer.region],
          ['version', answer.version],
          ...(answer.problems ?? []).map((problem) => ['PROBLEM', problem] as const),
        ] as const)),
    ...view.processes.map(({ name, record }) => [name, processText(name, record, view.nowMs)] as const),
    ['engine', engineText(view.engine)],
  ]);
  return answer === undefined ? head : [...head, ...tables(answer)];
}

function tables(answer: StatusResponse): readonly string[] {
  const clusters = answer.clusters.map((c) => [
    c.clusterName,
    String(c.runningTasksCount),
    String(c.pendingTasksCount),
    String(c.activeServicesCount),
    String(c.registeredContainerInstancesCount),
  ]);
  const instances = answer.instances.map((i) => [
    i.containerInstanceArn.split('/').at(-1)?.slice(0, 12) ?? '',
    i.pool === 'fargate' ? '(Fargate pool)' : i.cluster,
    i.agentConnected ? i.status : `${i.status} (agent not connected)`,
    `${i.registeredCpu - i.remainingCpu}/${i.registeredCpu}`,
    `${i.registeredMemory - i.remainingMemory}/${i.registeredMemory}`,
    String(i.runningTasksCount),
    isolationText(i),
  ]);
  const elsewhere = (answer.worlds ?? [])
    .filter((w) => w.account !== answer.account || w.region !== answer.region)
    .map((w) => [w.account, w.region, String(w.tasksCount), String(w.activeServicesCount)]);
  const subnets = answer.subnets.map((s) => [s.subnetId, s.availabilityZone, s.cidr]);
  return [
    '',
    ...table(['CLUSTER', 'RUNNING', 'PENDING', 'SERVICES', 'INSTANCES'], clusters),
    '',
    ...table(['INSTANCE', 'CLUSTER', 'STATUS', 'CPU USED', 'MEMORY USED (MiB)', 'TASKS', 'TASKS RUN IN'], instances),
    '',
    ...table(['SUBNET', 'ZONE', 'ADDRESSES'], subnets),
    ...(elsewhere.length === 0 ? [] : ['', ...table(['ALSO IN ACCOUNT', 'REGION', 'TASKS', 'SERVICES'], elsewhere)]),
  ];
}

const ISOLATION: Readonly<Record<string, string>> = {
  kata: 'kata: a virtual machine each',
  runsc: 'runsc: a gVisor sandbox each',
};

/** A Fargate task is to have a kernel of its own; elsewhere the host's is what one expects. */
function isolationText({ isolation, pool }: StatusResponse['instances'][number]): string {
  if (isolation === undefined) return "the engine's runtime";
  const shared =
    pool === 'fargate' ? `${isolation}: WARNING, they share this host's kernel (gantry doctor)` : isolation;
  return ISOLATION[isolation] ?? shared;
}

function processText(name: ProcessName, record: ProcessRecord | undefined, nowMs: number): string {
  if (record === undefined) return name === 'dockerd' ? 'not started by gantry' : 'does not run';
  const startedAt = Date.parse(record.startedAt);
  return `runs (process ${record.pid}${Number.isNaN(startedAt) ? '' : `, for ${age(nowMs - startedAt)}`})`;
}

function engineText(engine: EngineFact): string {
  if (engine.kind === 'denied') return 'there, but this user may not talk to it';
  if (engine.kind === 'silent') return 'does not answer';
  return `Docker Engine ${engine.serverVersion} (API ${engine.apiVersion}, runtimes ${engine.runtimes.join(' ')})`;
}
