import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { engineContract } from './contract.ts';
import { execContract } from './exec-contract.ts';
import { imageContract } from './image-contract.ts';
import { pauseContract } from './pause-contract.ts';
import { dockerWorld, whyNoDocker } from './docker-world.ts';
import { DockerEngine } from './docker.ts';
import { EngineError, type ContainerSpec, type LogLine } from './port.ts';

const skip = await whyNoDocker('Tests on a real container engine');

engineContract('docker', () => Promise.resolve(dockerWorld()), skip);
execContract('docker', () => Promise.resolve(dockerWorld()), skip);
pauseContract('docker', () => Promise.resolve(dockerWorld()), skip);
imageContract('docker', () => Promise.resolve({ ...dockerWorld(), makeImage }), skip);

/** Of one empty layer, as `docker import` takes it. */
async function makeImage(reference: string): Promise<void> {
  const importing = promisify(execFile)('docker', ['import', '-', reference]);
  importing.child.stdin?.end(Buffer.alloc(1024));
  await importing;
}

describe('docker engine, for real', { skip, timeout: 60_000 }, () => {
  async function output(spec: ContainerSpec): Promise<LogLine[]> {
    const world = dockerWorld();
    try {
      const { id } = await world.engine.createContainer(world.name('output'), { ...world.spec('runs'), ...spec });
      await world.engine.startContainer(id);
      const lines: LogLine[] = [];
      const { signal } = new AbortController();
      for await (const line of world.engine.logs(id, { signal })) lines.push(line);
      return lines;
    } finally {
      await world.close();
    }
  }
  const long = `head -c 40000 /dev/zero | tr '\\0' x; echo; printf 'no newline'`;

  for (const Tty of [false, true]) {
    it(`joins the pieces of a long line (Tty ${Tty})`, async () => {
      const lines = await output({ Cmd: ['/bin/sh', '-c', long], Tty });
      assert.deepEqual(
        lines.map((line) => line.text),
        ['x'.repeat(40_000), 'no newline'],
      );
      assert.ok(lines.every((line) => line.timestampNs > 1_700_000_000_000_000_000n));
    });
  }

  it('leaves no socket behind', async () => {
    const before = await socketCount();
    const world = dockerWorld();
    const { id } = await world.engine.createContainer(world.name('sockets'), world.spec('runs'));
    await world.engine.startContainer(id);
    const stops = Array.from({ length: 20 }, () => new AbortController());
    const readers = stops.map(async ({ signal }) => {
      for await (const line of world.engine.logs(id, { signal })) assert.fail(line.text);
    });
    // Twenty followers hold twenty connections; a short call does not wait for them.
    assert.equal((await world.engine.inspectContainer(id))?.status, 'running');
    for (const stop of stops) stop.abort();
    await Promise.all(readers);
    await world.close();
    assert.equal(await socketCount(), before);
  });

  it('tells why a pull failed', async () => {
    const world = dockerWorld();
    try {
      await assert.rejects(world.engine.pullImage('127.0.0.1:1/nothing:1', {}), (error) => {
        assert.ok(error instanceof EngineError);
        return /127\.0\.0\.1:1/.test(error.message);
      });
      await assert.rejects(world.engine.pullImage('../containers', {}), /invalid reference format/);
    } finally {
      await world.close();
    }
  });
});

describe('docker engine, against a scripted one', () => {
  /** An engine on a socket of its own that answers by the given function. */
  async function scripted(
    answer: (
      path: string,
      headers: NodeJS.Dict<string | string[]>,
    ) => { status?: number; body: string } | 'hang' | 'break',
    run: (engine: DockerEngine, server: Server) => Promise<void>,
  ): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'gantry-engine-'));
    const server = createServer((request, response) => {
      const path = request.url ?? '';
      if (path === '/version') return response.end('{"ApiVersion":"1.55","MinAPIVersion":"1.44","Version":"30"}');
      const said = answer(path, request.headers);
      if (said === 'hang') return undefined;
      if (said === 'break') return response.write('{"Action":"start","Actor"', () => request.socket.destroy());
      return response.writeHead(said.status ?? 200).end(said.body);
    });
    const socketPath = join(directory, 'engine.sock');
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    const engine = new DockerEngine({ socketPath });
    try {
      await run(engine, server);
    } finally {
      await engine.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true });
    }
  }

  it('surfaces the error inside a pull that began well, and sends the login', async () => {
    let login: unknown;
    await scripted(
      (_path, headers) => {
        const auth = String(headers['x-registry-auth']);
        assert.match(auth, /^[A-Za-z0-9_-]+=$/, 'padded, and safe in a URL');
        login = JSON.parse(Buffer.from(auth, 'base64url').toString());
        return {
          body: '{"status":"Pulling"}\n{"errorDetail":{"message":"manifest unknown"},"error":"manifest unknown"}\n',
        };
      },
      async (engine) => {
        const pull = engine.pullImage('example.org/a:1', { login: { username: 'u', password: 'p?' } });
        await assert.rejects(pull, { kind: 'not-found', message: 'manifest unknown' });
        assert.deepEqual(login, { username: 'u', password: 'p?' });
      },
    );
  });

  it('speaks a version both know, and maps refusals to kinds', async () => {
    const paths: string[] = [];
    const answers = [400, 404, 409, 500].map((status) => ({ status, body: `{"message":"words ${status}"}` }));
    await scripted(
      (path) => {
        paths.push(path);
        return answers.shift() ?? { body: '' };
      },
      async (engine) => {
        for (const kind of ['bad-request', 'not-found', 'conflict', 'failed']) {
          await assert.rejects(
            engine.startContainer('a'),
            (error) => error instanceof EngineError && error.kind === kind,
          );
        }
        assert.equal(paths[0], '/v1.51/containers/a/start');
      },
    );
  });

  it('breaks an event stream loudly, and gives up at once when told to', async () => {
    await scripted(
      () => 'break',
      async (engine) => {
        const { signal } = new AbortController();
        const read = async (): Promise<void> => {
          for await (const event of engine.events({ signal })) assert.fail(event.kind);
        };
        await assert.rejects(read(), { kind: 'unreachable' });
      },
    );
    await scripted(
      () => 'hang',
      async (engine) => {
        const stop = new AbortController();
        const pull = engine.pullImage('a:1', { signal: stop.signal });
        const events = engine.events({ signal: stop.signal }).next();
        setImmediate(() => stop.abort(new Error('enough')));
        await assert.rejects(pull, /enough/);
        assert.deepEqual(await events, { done: true, value: undefined });
      },
    );
  });

  it('names the socket nobody listens on', async () => {
    const engine = new DockerEngine({ socketPath: '/nowhere/docker.sock' });
    await assert.rejects(
      engine.ping(),
      /Cannot reach the container engine at \/nowhere\/docker\.sock.*Is it running\?/,
    );
    await assert.rejects(engine.ping(), { kind: 'unreachable' });
    await engine.close();
  });
});

/** Open sockets of this process. */
async function socketCount(): Promise<number> {
  const names = await readdir('/proc/self/fd');
  const links = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
  return links.filter((link) => link.startsWith('socket:')).length;
}
