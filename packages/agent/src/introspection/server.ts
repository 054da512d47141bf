import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '../log.ts';
import { messageOf } from '../supervisor/perform.ts';
import { introspect, type IntrospectedInstance } from './answer.ts';
import { cgroupsOfCaller } from './peer.ts';

export interface IntrospectionOptions {
  /** 0: any that is free. */
  readonly port: number;
  readonly version: string;
  readonly log: Log;
  instances(): readonly IntrospectedInstance[];
  /** Ids of all containers of tasks on this host, also of instances that nobody sees. */
  containerIds(): Iterable<string>;
}

export interface Introspection {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Answers programs of this host, on its loopback interface. Tasks in host mode share that interface: a program that is in
 * one of their containers, or about which nothing can be found out, is told nothing.
 * @throws Error when the port is taken.
 */
export async function serveIntrospection(options: IntrospectionOptions): Promise<Introspection> {
  const server = createServer((request, response) => {
    const { remotePort = 0, localPort = 0 } = request.socket;
    const answer = async (): Promise<{ readonly status: number; readonly body: unknown }> => {
      const cgroups = await cgroupsOfCaller({ port: remotePort, serverPort: localPort });
      if (cgroups === undefined || isOfTask(cgroups, options.containerIds()))
        return {
          status: 403,
          body: { Message: 'The introspection API answers programs of the host alone, and no task.' },
        };
      if (request.method !== 'GET') return { status: 405, body: { Message: 'Only GET is served here.' } };
      return introspect(options.instances(), request.url ?? '/', options.version);
    };
    answer()
      .catch((error: unknown) => {
        options.log('error', `an introspection request failed: ${messageOf(error)}`);
        return { status: 500, body: {} };
      })
      .then(({ status, body }) => {
        response.writeHead(status, { 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json' });
        response.end(typeof body === 'string' ? body : JSON.stringify(body));
      })
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The engine names a container's control group by the container's id. */
function isOfTask(cgroups: string, containerIds: Iterable<string>): boolean {
  for (const id of containerIds) if (cgroups.includes(id)) return true;
  return false;
}
