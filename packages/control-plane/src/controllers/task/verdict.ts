import type { Because, StopCode, Task, TaskContainer } from '@gantry/domain';

export interface Verdict {
  /** Members to lay over the task; empty when an earlier order already said why. */
  readonly stop: { readonly stopCode?: StopCode; readonly stoppedReason?: string };
  readonly because: Because;
  /** One sentence for the history, with the names and codes of the case. */
  readonly text: string;
}

/**
 * Why a task that its agent reports as STOPPED has stopped (ecs-semantics 3.5). Agents leave the task's reason empty
 * for ordinary stops; it follows from what is known of the containers. An order to stop that came first is the reason.
 */
export function verdictOf(
  task: Task,
  report: { readonly ran: boolean; readonly reason?: string | undefined },
): Verdict {
  if (task.stopCode !== undefined) {
    return {
      stop: {},
      because: task.because,
      text: `${task.stoppedReason ?? 'It was to be stopped'}: it has stopped.`,
    };
  }
  const failed = report.ran ? undefined : failureToStart(task.containers);
  if (failed !== undefined) return neverStarted(failed.reason ?? '', failed.name);
  if (report.reason) return withReason(report.reason, report.ran);
  const essential = task.containers.filter((container) => container.essential);
  const exited = essential.find((c) => isVanished(c)) ?? essential.find((c) => c.exitCode !== undefined);
  const how = exited ?? essential[0];
  const because: Because =
    how === undefined ? 'all-containers-exited' : isVanished(how) ? 'agent-lost-it' : 'essential-exited';
  return {
    stop: { stopCode: 'EssentialContainerExited', stoppedReason: 'Essential container in task exited' },
    because,
    text: how === undefined ? 'All of its containers exited.' : exitText(how),
  };
}

/** `CannotPull…Error: …`, `DockerTimeoutError: …`: the container never came up. Ends of a run and call-offs are not. */
export function isStartError(reason: string | undefined): boolean {
  if (reason === undefined || !/^[A-Z]\w*(Error|Exception)\b/.test(reason)) return false;
  return !/^(OutOfMemoryError|ContainerVanishedError|TaskStoppedBeforePullBeginError)/.test(reason);
}

/** What failed of itself comes first; a container called off by its dependencies counts when nothing else explains it. */
function failureToStart(containers: readonly TaskContainer[]): TaskContainer | undefined {
  const failed = containers.filter((container) => isStartError(container.reason));
  const own = failed.find((container) => !/dependency graph/.test(container.reason ?? ''));
  const exited = containers.some((c) => c.essential && c.exitCode !== undefined && !isStartError(c.reason));
  return own ?? (exited ? undefined : failed[0]);
}

function neverStarted(reason: string, container: string): Verdict {
  const pull = /^(CannotPull\w*Error|ImageNotFound)/.test(reason);
  return {
    stop: { stopCode: 'TaskFailedToStart', stoppedReason: reason },
    because: pull ? 'pull-failed' : 'failed-to-start',
    text: `Container ${container}: ${reason}`,
  };
}

function withReason(reason: string, ran: boolean): Verdict {
  return {
    stop: { stopCode: ran ? 'EssentialContainerExited' : 'TaskFailedToStart', stoppedReason: reason },
    because: ran ? 'essential-exited' : 'failed-to-start',
    text: reason,
  };
}

function isVanished(container: TaskContainer): boolean {
  return container.reason?.startsWith('ContainerVanishedError') === true;
}

function exitText(container: TaskContainer): string {
  const code = container.exitCode === undefined ? 'without an exit code' : `with code ${container.exitCode}`;
  const reason = container.reason === undefined ? '' : `: ${container.reason}`;
  return `Essential container ${container.name} exited ${code}${reason}.`;
}
