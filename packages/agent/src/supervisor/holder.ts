import type { PayloadTask } from '@gantry/protocol';
import { EngineError, type Engine } from '../engine/port.ts';
import { PAUSE_IMAGE } from '../images/ensure.ts';
import { CONTAINER_NAME_LABEL, containerName, TASK_ARN_LABEL, taskLabels } from './naming.ts';

/** The stock agent's name for it. */
const HOLDER = '~internal~ecs~pause~namespace';

type Shares = Pick<PayloadTask, 'containers' | 'networkMode' | 'pidMode' | 'ipcMode'>;

/** Whether containers share namespaces, and no network's pause container holds them: with awsvpc that one does. Pure. */
export function needsHolder({ containers, networkMode = 'bridge', pidMode, ipcMode }: Shares): boolean {
  return containers.length > 0 && networkMode !== 'awsvpc' && (pidMode === 'task' || ipcMode === 'task');
}

/** A container that does nothing, and has the namespaces that those of the task join. May be asked for again. @returns its id. */
export async function ensureHolder(engine: Engine, task: PayloadTask, owner: string): Promise<string> {
  const name = containerName(task, HOLDER);
  const id = await made(engine, name, task, owner);
  await engine.startContainer(id);
  return id;
}

/** Gone before: resolves. */
export async function removeHolder(engine: Engine, task: PayloadTask): Promise<void> {
  await engine.removeContainer(containerName(task, HOLDER));
}

async function made(engine: Engine, name: string, task: PayloadTask, owner: string): Promise<string> {
  const spec = {
    Image: PAUSE_IMAGE,
    Labels: { ...taskLabels(task, owner), [CONTAINER_NAME_LABEL]: HOLDER },
    HostConfig: {
      NetworkMode: 'none',
      IpcMode: 'shareable',
      // The first process of a process namespace has to bury the others.
      ...(task.pidMode === 'task' ? { Init: true } : {}),
      LogConfig: { Type: 'none' },
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
    },
  };
  try {
    return (await engine.createContainer(name, spec)).id;
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== 'conflict') throw error;
    const found = await engine.inspectContainer(name);
    if (found?.labels[TASK_ARN_LABEL] !== task.arn) throw error;
    return found.id;
  }
}
