import type { Clock, Ids } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol/errors.ts';
import type { Api, Task } from '../api/port.ts';
import { findSubject, tasksOfService } from '../api/subject.ts';
import { CliError, EXIT, usageError } from '../errors.ts';
import { taskIdOf } from '../run/reach.ts';
import type { ExecTerminal, OpenSocket } from './port.ts';
import { commandLine } from './quote.ts';
import { runSession, type SessionEnd } from './session.ts';

/** A session that broke, as ssh answers it. */
export const BROKEN = 255;

export interface ExecOptions {
  readonly cluster: string;
  readonly container: string | undefined;
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly interactive: boolean;
}

export interface ExecPorts {
  readonly api: Api;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly version: string;
  readonly terminal: ExecTerminal;
  readonly openSocket: (url: string) => ReturnType<OpenSocket>;
  /** Says a line to the person. */
  readonly say: (line: string) => void;
}

/** Runs a command in a container of a running task. @returns its exit code */
export async function exec(ports: ExecPorts, subject: string, options: ExecOptions): Promise<number> {
  const { terminal, say } = ports;
  if (options.tty && !terminal.isTerminal) {
    throw usageError('-t: the input is not a terminal.', 'Leave out -t, and keep -i to pass the input on.');
  }
  const { cluster, task } = await runningTask(ports.api, options.cluster, subject);
  const end = await runIn(ports, cluster, task, options);
  if (end.words !== '') say(end.words);
  if (terminal.interruption().aborted) return EXIT.interrupted;
  return end.words === '' ? (end.exitCode ?? BROKEN) : BROKEN;
}

/** One session with a task: the command, and the terminal it talks to. */
export async function runIn(ports: ExecPorts, cluster: string, task: Task, options: ExecOptions): Promise<SessionEnd> {
  const { api, clock, ids, version, terminal } = ports;
  const { tty, interactive } = options;
  const { sessionId, streamUrl, tokenValue } = await grant(api, cluster, task, options);
  const socket = await ports.openSocket(streamUrl);
  return await runSession({ clock, ids, version, socket, sessionId, tokenValue, terminal, tty, interactive });
}

/** The one running task that is meant. */
export async function runningTask(
  api: Api,
  cluster: string,
  text: string,
): Promise<{ readonly cluster: string; readonly task: Task }> {
  const subject = await findSubject(api, cluster, text);
  const all =
    subject.kind === 'tasks'
      ? subject.tasks
      : await tasksOfService(api, subject.cluster, subject.service.serviceName ?? text);
  const running = all.filter((task) => task.lastStatus === 'RUNNING' && task.desiredStatus === 'RUNNING');
  const [task, another] = running;
  if (task === undefined) {
    throw new CliError(`${text} has no running task.`, { wayOut: `gantry why ${text} tells more.` });
  }
  if (another !== undefined) {
    const ids = running.map((one) => taskIdOf(one).slice(0, 12)).join(' ');
    throw new CliError(`${text} has ${running.length} running tasks.`, { wayOut: `Name one of them: ${ids}` });
  }
  return { cluster: subject.cluster, task };
}

async function grant(api: Api, cluster: string, task: Task, { container, command }: ExecOptions) {
  try {
    const input = { cluster, task: task.taskArn ?? '', command: commandLine(command), interactive: true };
    const { session } = await api.ecs('ExecuteCommand', container === undefined ? input : { ...input, container });
    const { sessionId = '', streamUrl = '', tokenValue = '' } = session ?? {};
    return { sessionId, streamUrl, tokenValue };
  } catch (error) {
    if (!(error instanceof ServiceError) || task.enableExecuteCommand === true) throw error;
    if (error.code !== 'InvalidParameterException' || !/was not enabled/.test(error.message)) throw error;
    throw new CliError(`task ${taskIdOf(task)} was started without ECS Exec.`, {
      exitCode: EXIT.refused,
      wayOut:
        task.group?.startsWith('service:') === true
          ? `aws ecs update-service --service ${task.group.slice('service:'.length)} --enable-execute-command --force-new-deployment`
          : 'Start it with gantry run (without --no-exec), or aws ecs run-task --enable-execute-command.',
    });
  }
}
