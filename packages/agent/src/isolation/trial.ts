import type { Clock } from '@gantry/domain';
import type { ContainerSpec, Engine } from '../engine/port.ts';
import { isSandbox, type TaskRuntime } from './classes.ts';

export type TrialEngine = Pick<Engine, 'createContainer' | 'startContainer' | 'inspectContainer' | 'removeContainer'>;

export interface Trial {
  readonly engine: TrialEngine;
  readonly clock: Clock;
  /** An image with a busybox. */
  readonly image: string;
  /** Names and labels of what is made, and removed again. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

const PORT = '9';
const DEADLINE_MS = 15_000;
const LOOK_MS = 25;
const BUSYBOX = '/bin/busybox';

/**
 * Runs what a task of several containers needs: a container that joins another's network and reaches it on localhost.
 * Resolves with why that does not work in this runtime; `undefined`: it does.
 */
export async function whyNotWorking(trial: Trial, runtime: TaskRuntime): Promise<string | undefined> {
  const made: string[] = [];
  const run = async (part: string, command: readonly string[], host: ContainerSpec): Promise<string> => {
    const name = `${trial.name}-${part}`;
    made.unshift(name);
    const spec = { Image: trial.image, Cmd: command, Labels: trial.labels, HostConfig: { ...QUIET, ...host } };
    const { id } = await trial.engine.createContainer(name, spec);
    await trial.engine.startContainer(id);
    return id;
  };
  try {
    const holder = await run('net', [BUSYBOX, 'sleep', '60'], { NetworkMode: 'none' });
    const joined = { NetworkMode: `container:${holder}`, Runtime: runtime.runtime };
    await run('root', [BUSYBOX, 'sh', '-c', LISTEN], joined);
    const member = await run('member', [BUSYBOX, 'sh', '-c', REACH], joined);
    const code = await exitCode(trial, member);
    if (code === 0) return undefined;
    const what = isSandbox(runtime) ? 'two containers do not share a sandbox' : 'two containers do not share a network';
    return code === undefined ? `a container did not end within ${DEADLINE_MS / 1000} s` : what;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    for (const name of made) await trial.engine.removeContainer(name).catch(() => undefined);
  }
}

const QUIET = { LogConfig: { Type: 'none' }, CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'] };
/** The root stays, whatever becomes of its listener. */
const LISTEN = `${BUSYBOX} nc -ll -p ${PORT} -e ${BUSYBOX} true & exec ${BUSYBOX} sleep 60`;
/** The other may not listen yet. */
const REACH = `for i in 1 2 3 4 5 6 7 8 9 10; do ${BUSYBOX} nc -w 1 127.0.0.1 ${PORT} </dev/null && exit 0; ${BUSYBOX} sleep 0.1; done; exit 1`;

async function exitCode({ engine, clock }: Trial, id: string): Promise<number | undefined> {
  const until = clock.elapsedMs() + DEADLINE_MS;
  while (clock.elapsedMs() < until) {
    const state = await engine.inspectContainer(id);
    if (state === undefined || state.status === 'exited' || state.status === 'dead') return state?.exitCode ?? 137;
    await clock.sleep(LOOK_MS);
  }
  return undefined;
}
