import type { Clock, Ids } from '@gantry/domain';
import type { Engine, EngineInfo } from '../engine/port.ts';
import { PAUSE_IMAGE } from '../images/ensure.ts';
import type { Log } from '../log.ts';
import { NETWORK_LABEL } from '../network/pause.ts';
import { DEFAULT_RUNTIME, type TaskRuntime } from './classes.ts';
import { detectRuntime, weakness } from './detect.ts';
import { TaskSandboxes } from './sandboxes.ts';

/** Which runtimes tasks are to have: `auto`, a class, or the engine's name of one. */
export interface WantedRuntimes {
  readonly fargate: string;
  /** `undefined`: the engine's default. */
  readonly ec2: string | undefined;
}

/** What an agent's instances run their tasks in, by pool. */
export interface Isolation {
  readonly fargate: TaskRuntime;
  readonly ec2: TaskRuntime | undefined;
  readonly sandboxes: TaskSandboxes;
}

export interface IsolationPorts {
  readonly engine: Engine;
  readonly info: EngineInfo;
  readonly bridge: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** Without addresses of their own there are no Fargate tasks, and nothing is tried for them. */
  readonly hasTaskNetwork: boolean;
}

/**
 * Tries what the engine offers, once.
 * @throws NoSuchRuntime when a runtime that was asked for by name does not do
 */
export async function openIsolation(wanted: WantedRuntimes, ports: IsolationPorts): Promise<Isolation> {
  const { engine, bridge, log, hasTaskNetwork } = ports;
  // What a crash leaves of a trial the network removes at its next start, with the stock of an earlier process.
  const options = { ...ports, image: PAUSE_IMAGE, labels: { [NETWORK_LABEL]: bridge } };
  const fargate = hasTaskNetwork ? await detectRuntime(wanted.fargate, options) : DEFAULT_RUNTIME;
  const weak = hasTaskNetwork ? weakness(fargate) : undefined;
  if (weak === undefined) log('info', `FARGATE tasks run in ${fargate.runtime ?? fargate.class}`);
  else log('warn', weak);
  const ec2 = wanted.ec2 === undefined ? undefined : await detectRuntime(wanted.ec2, options);
  return { fargate, ec2, sandboxes: new TaskSandboxes({ engine, bridge, image: PAUSE_IMAGE }) };
}

/** More than any task needs; a fork bomb ends here, long before the host's own processes feel it. */
const FARGATE_PROCESSES = 4096;

/** What the tasks of an instance run in, and how many processes a container of theirs may have. */
export function taskLimits(
  isolation: Isolation,
  pool: 'ec2' | 'fargate',
): { readonly taskRuntime: TaskRuntime | undefined; readonly mostProcesses: number | undefined } {
  return { taskRuntime: isolation[pool], mostProcesses: pool === 'fargate' ? FARGATE_PROCESSES : undefined };
}
