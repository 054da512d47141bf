import type { PayloadTask, PayloadVolume } from '@gantry/protocol';
import { insist, isNotFound } from '../engine/insist.ts';
import { containerName, taskIdOf, taskLabels, taskVolumeName } from './naming.ts';
import { removeHolder } from './holder.ts';
import { messageOf, type PerformPorts, type TaskView } from './perform.ts';

interface DockerVolume {
  readonly scope?: 'task' | 'shared';
  readonly autoprovision?: boolean;
  readonly driver?: string;
  readonly driverOpts?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Volumes that are not paths of the host. Idempotent: the engine takes a volume that is there for a new one. */
export async function makeVolumes(
  { engine, directories }: Pick<PerformPorts, 'engine' | 'directories'>,
  task: PayloadTask,
  owner: string,
): Promise<void> {
  const labels = taskLabels(task, owner);
  for (const volume of task.volumes ?? []) {
    if ((volume.host?.sourcePath ?? '') !== '') continue;
    const { fileSystem } = volume;
    if (fileSystem?.kind === 'directory') {
      if (directories === undefined) throw new Error(`volume ${volume.name}: this instance has no shared directories`);
      await directories.prepare({ taskId: taskIdOf(task), volume: volume.name }, fileSystem);
      continue;
    }
    if (fileSystem?.kind === 'nfs') {
      await engine.createVolume(taskVolumeName(task, volume.name), { ...nfsDriver(fileSystem), labels });
      continue;
    }
    if (volume.efsVolumeConfiguration !== undefined)
      throw new Error(`volume ${volume.name}: this agent was not told what its file system is`);
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
  if (plan.needs.directories) jobs.push(() => ports.directories?.release(plan.taskId) ?? Promise.resolve());
  const { metadataFiles } = ports;
  if (metadataFiles !== undefined) jobs.push(() => metadataFiles.remove(payload));
  if (plan.needs.holder) jobs.push(() => removeHolder(ports.engine, payload));
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
  if (volume.efsVolumeConfiguration !== undefined) return volume.fileSystem?.kind === 'nfs';
  return (volume.host?.sourcePath ?? '') === '' && !shared;
}

/** Mounted as the stock agent mounts EFS. It waits for a server that is away: nothing is lost, and nothing goes on without it. */
function nfsDriver({ server, path }: { readonly server: string; readonly path: string }): Required<DriverOf> {
  const options = 'nfsvers=4.1,rsize=1048576,wsize=1048576,timeo=600,hard,retrans=2,noresvport';
  return { driver: 'local', driverOpts: { type: 'nfs', device: `:${path}`, o: `addr=${server},${options}` } };
}

type DriverOf = Pick<DockerVolume, 'driver' | 'driverOpts'>;

function driverOf(docker: DockerVolume): DriverOf {
  return {
    ...(docker.driver === undefined ? {} : { driver: docker.driver }),
    ...(docker.driverOpts === undefined ? {} : { driverOpts: docker.driverOpts }),
  };
}
