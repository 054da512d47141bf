import type { PayloadTask, PayloadVolume } from '@gantry/protocol';
import type { Engine } from '../engine/port.ts';
import { insist, isNotFound } from '../engine/insist.ts';
import { containerName, taskLabels, taskVolumeName } from './naming.ts';
import { messageOf, type PerformPorts, type TaskView } from './perform.ts';

interface DockerVolume {
  readonly scope?: 'task' | 'shared';
  readonly autoprovision?: boolean;
  readonly driver?: string;
  readonly driverOpts?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Volumes that are not paths of the host. Idempotent: the engine takes a volume that is there for a new one. */
export async function makeVolumes(engine: Engine, task: PayloadTask, owner: string): Promise<void> {
  const labels = taskLabels(task, owner);
  for (const volume of task.volumes ?? []) {
    if ((volume.host?.sourcePath ?? '') !== '') continue;
    if (volume.efsVolumeConfiguration !== undefined)
      throw new Error(`volume ${volume.name}: EFS is not served by this agent`);
    const docker: DockerVolume = volume.dockerVolumeConfiguration ?? {};
    if (docker.scope !== 'shared') {
      const own = { ...docker.labels, ...labels };
      await engine.createVolume(taskVolumeName(task, volume.name), { ...driverOf(docker), labels: own });
    } else if (docker.autoprovision === true) {
      if (!(await engine.inspectVolume(volume.name))) {
        await engine.createVolume(volume.name, { ...driverOf(docker), labels: { ...docker.labels } });
      }
    } else if (!(await engine.inspectVolume(volume.name))) {
      throw new Error(`volume ${volume.name} is shared, not autoprovisioned, and does not exist on the instance`);
    }
  }
}

/** Removes every trace of a task that is over. Waits until its logs are shipped. Gives up, with a word in the log, after a while. */
export async function removeTask(ports: PerformPorts, view: TaskView, signal: AbortSignal): Promise<void> {
  const ids = view.model.containers.flatMap(({ dockerId }) => (dockerId === undefined ? [] : [dockerId]));
  await ports.logs.finished(ids, signal);
  const { payload, plan } = view;
  // One whose create failed may be there all the same: its name is known.
  const containers = view.model.containers.map(({ name, dockerId }) => dockerId ?? containerName(payload, name));
  const jobs: (() => Promise<void>)[] = containers.map((id) => () => ports.engine.removeContainer(id));
  for (const name of taskVolumesOf(payload)) jobs.push(() => ports.engine.removeVolume(name));
  const { firelens } = plan;
  if (firelens !== undefined) jobs.push(() => ports.firelens?.remove(firelens) ?? Promise.resolve());
  const { metadataFiles } = ports;
  if (metadataFiles !== undefined) jobs.push(() => metadataFiles.remove(payload));
  if (plan.needs.network) jobs.push(() => ports.network.release(plan.arn));
  if (plan.needs.cgroup) jobs.push(() => ports.cgroups.remove(plan.taskId));
  for (const job of jobs) {
    await insist({ clock: ports.clock, signal }, job).catch((error: unknown) => {
      if (signal.aborted || isNotFound(error)) return;
      ports.log('error', `cleaning up ${plan.arn}: ${messageOf(error)}; something of it is left behind`);
    });
  }
  for (const id of ids) ports.logs.forget(id);
}

/** Names of the engine's volumes that are made for the task and go with it. */
export function taskVolumesOf(payload: PayloadTask): readonly string[] {
  return (payload.volumes ?? []).filter(livesWithTask).map(({ name }) => taskVolumeName(payload, name));
}

function livesWithTask(volume: PayloadVolume): boolean {
  const shared = (volume.dockerVolumeConfiguration as DockerVolume | undefined)?.scope === 'shared';
  return (volume.host?.sourcePath ?? '') === '' && !shared && volume.efsVolumeConfiguration === undefined;
}

function driverOf(docker: DockerVolume): Pick<DockerVolume, 'driver' | 'driverOpts'> {
  return {
    ...(docker.driver === undefined ? {} : { driver: docker.driver }),
    ...(docker.driverOpts === undefined ? {} : { driverOpts: docker.driverOpts }),
  };
}
