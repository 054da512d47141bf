import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { sign, type Credentials } from '@gantry/protocol';

/** CPU seconds (user and system) a process has used so far, from the kernel's books. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return ticks / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
}

/** Resident memory in MiB. */
export function residentMiB(pid: number): number {
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1]) / 1024;
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] as number;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** One row of a result table. `bar` is what the design asks for; the verdict is printed, never asserted: a bench informs. */
export function report(name: string, value: string, bar: string, met: boolean): void {
  console.log(`${met ? 'met  ' : 'MISSED'} ${name}: ${value} (asked: ${bar})`);
}

export async function untilTrue(
  what: string,
  ask: () => Promise<boolean>,
  withinMs = 120_000,
  everyMs = 5,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await ask())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** Milliseconds `work` took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** A server under load: what it is called by, and whose CPU time counts. */
export interface Target {
  readonly endpoint: string;
  readonly pid: number;
  readonly credentials: Credentials;
}

export interface Rate {
  readonly requests: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
}

/** Sends signed ECS requests over keep-alive connections and counts what they cost the server. */
export class Load {
  readonly #target: Target;
  readonly #url: URL;
  readonly #agent: Agent;
  readonly #connections: number;
  #sent = 0;

  constructor(target: Target, connections: number) {
    this.#target = target;
    this.#url = new URL(target.endpoint);
    this.#connections = connections;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Keeps a request in flight on every connection for some seconds. `body` gets a number no other request has. */
  async run(operation: string, body: (n: number) => string, seconds: number): Promise<Rate> {
    const [sent, wall, cpu] = [this.#sent, performance.now(), cpuSeconds(this.#target.pid)];
    const lane = async (): Promise<void> => {
      while (performance.now() < wall + seconds * 1_000) await this.call(operation, body((this.#sent += 1)));
    };
    await Promise.all(Array.from({ length: this.#connections }, lane));
    return {
      requests: this.#sent - sent,
      wallSeconds: (performance.now() - wall) / 1_000,
      cpuSeconds: cpuSeconds(this.#target.pid) - cpu,
    };
  }

  /** Rejects unless the answer is 200. */
  async call(operation: string, body: string): Promise<void> {
    const headers = sign(
      {
        method: 'POST',
        path: '/',
        query: '',
        headers: {
          host: this.#url.host,
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `AmazonEC2ContainerServiceV20141113.${operation}`,
        },
        body: Buffer.from(body),
      },
      this.#target.credentials,
      { service: 'ecs', region: 'us-east-1', now: Date.now() },
    );
    const { hostname: host, port } = this.#url;
    const status = await new Promise<number>((resolve, reject) => {
      const outgoing = request({ host, port, method: 'POST', path: '/', agent: this.#agent, headers }, (answer) => {
        answer.resume();
        answer.once('end', () => resolve(answer.statusCode ?? 0));
      });
      outgoing.once('error', reject);
      outgoing.end(body);
    });
    if (status !== 200) throw new Error(`${operation} of ${this.#target.endpoint} answered ${status}`);
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** The administrator's key in a data directory. */
export function administratorOf(credentialsFile: string): Credentials {
  const { administrator } = JSON.parse(readFileSync(credentialsFile, 'utf8')) as { administrator: Credentials };
  return administrator;
}
