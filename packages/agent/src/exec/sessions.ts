import { PORT_FORWARD, type ExecSessionMessage } from '@gantry/protocol';
import type { Clock, Ids } from '@gantry/domain';
import type { Engine } from '../engine/port.ts';
import type { Log } from '../log.ts';
import type { ControlPlaneLink } from '../session/port.ts';
import { wireQuery } from '../session/acs.ts';
import { containerOf } from '../supervisor/model.ts';
import { messageOf } from '../supervisor/perform.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { ExecSession, type ExecProgram } from './session.ts';
import { wordsOf } from './words.ts';

export interface ExecPorts {
  readonly engine: Engine;
  readonly link: Pick<ControlPlaneLink, 'connectBytes'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

type Found = { readonly containerId: string; readonly program: ExecProgram } | { readonly problem: string };

/** The sessions of one instance. */
export class ExecSessions {
  readonly #ports: ExecPorts;
  readonly #tasks: Pick<Supervisor, 'task'>;
  readonly #identity: { readonly cluster: string; readonly containerInstanceArn: string };
  readonly #running = new Map<ExecSession, Promise<void>>();
  readonly #life = new AbortController();

  constructor(
    ports: ExecPorts,
    tasks: Pick<Supervisor, 'task'>,
    identity: { readonly cluster: string; readonly containerInstanceArn: string },
  ) {
    this.#ports = ports;
    this.#tasks = tasks;
    this.#identity = identity;
  }

  /** Somebody waits for this session. Never rejects: who waits is told through the session's own socket. */
  async open(message: ExecSessionMessage): Promise<void> {
    const { link, log } = this.#ports;
    const { sessionId } = message;
    try {
      const params = new URLSearchParams({
        clusterArn: this.#identity.cluster,
        containerInstanceArn: this.#identity.containerInstanceArn,
        sessionId,
      });
      const socket = await link.connectBytes(`${message.endpoint}ws?${wireQuery(params)}`, this.#life.signal);
      const found = this.#container(message);
      if ('problem' in found) return socket.close(1011, found.problem);
      const { engine, clock, ids } = this.#ports;
      const { containerName } = message;
      const session = new ExecSession({ engine, clock, ids, log, socket, sessionId, containerName, ...found });
      const running = session.run();
      this.#running.set(session, running);
      await running;
      this.#running.delete(session);
    } catch (error) {
      if (!this.#life.signal.aborted) log('warn', `session ${sessionId} cannot be served: ${messageOf(error)}`);
    }
  }

  /** Ends them all. */
  async close(): Promise<void> {
    this.#life.abort();
    for (const session of this.#running.keys()) session.end('the agent stops');
    await Promise.all(this.#running.values());
  }

  #container({ taskArn, containerName, command }: ExecSessionMessage): Found {
    const actor = this.#tasks.task(taskArn);
    const container = actor === undefined ? undefined : containerOf(actor.model, containerName);
    if (container?.dockerId === undefined || container.known !== 'RUNNING')
      return { problem: `container ${containerName} does not run` };
    const words = wordsOf(command);
    if (words === undefined) return { problem: 'the command has a quote that is not closed, or no word' };
    const program = programOf(words);
    return program === undefined
      ? { problem: `${PORT_FORWARD} takes one port, 1 to 65535` }
      : { containerId: container.dockerId, program };
  }
}

/** `undefined`: a port that is none. */
function programOf(words: readonly string[]): ExecProgram | undefined {
  const [name, text = '', more] = words;
  if (name !== PORT_FORWARD) return { command: words };
  const port = /^\d{1,5}$/.test(text) && more === undefined ? Number(text) : 0;
  return port > 0 && port < 65_536 ? { port } : undefined;
}
