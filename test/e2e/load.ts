import { Agent, createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** A target: an HTTP server of the test's own. */
export interface Target {
  readonly port: number;
  /** What `/health` answers. */
  health: number;
  /** Requests to `/slow` that wait for `release`. */
  readonly waiting: () => number;
  release(): void;
  close(): Promise<void>;
}

/** Answers its name. */
export function startTarget(name: string): Promise<Target> {
  const held: (() => void)[] = [];
  const target = {
    health: 200,
    waiting: () => held.length,
    release: () => held.splice(0).forEach((go) => go()),
  };
  const server: Server = createServer((req: IncomingMessage, res: ServerResponse) => {
    if (req.url === '/health') return res.writeHead(target.health).end();
    const answer = (): unknown => res.end(`${name} ${String(req.headers['x-forwarded-proto'])}`);
    if (req.url !== '/slow') return answer();
    held.push(answer);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      const close = (): Promise<void> =>
        new Promise((done) => {
          server.closeAllConnections();
          server.close(() => done());
        });
      resolve(Object.assign(target, { port, close }));
    });
  });
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export function get(port: number, path: string, headers: Record<string, string> = {}, agent?: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, path, headers, ...(agent === undefined ? {} : { agent }) },
      (res) => {
        let body = '';
        res.setEncoding('utf8');
        res.on('data', (text: string) => (body += text));
        res.on('error', reject);
        res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body }));
      },
    );
    sent.setTimeout(30_000, () => sent.destroy(new Error('no answer within 30 s')));
    sent.on('error', reject);
    sent.end();
  });
}

export interface Load {
  /** Requests answered 200, and what became of the others. */
  readonly told: () => { readonly done: number; readonly failed: readonly string[] };
  stop(): Promise<void>;
}

/** `clients` that ask one after the other over connections they keep, until stopped. */
export function startLoad(port: number, clients = 8): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const failed: string[] = [];
  let [done, isOver] = [0, false];
  const client = async (): Promise<void> => {
    while (!isOver) {
      try {
        const { status, body } = await get(port, '/', {}, agent);
        if (status === 200) done += 1;
        else failed.push(`${status} ${body}`);
      } catch (error) {
        failed.push(String(error));
      }
    }
  };
  const running = Promise.all(Array.from({ length: clients }, client));
  return {
    told: () => ({ done, failed }),
    stop: async () => {
      isOver = true;
      await running;
      agent.destroy();
    },
  };
}
