import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EngineError, type ContainerSpec, type Engine, type EngineEvent, type LogLine } from './port.ts';

/** What the suite needs of an engine's machine. */
export interface EngineWorld {
  readonly engine: Engine;
  /** The label (`key=value`) that `spec` puts on every container. */
  readonly label: string;
  /** A name no other test uses. */
  readonly name: (hint: string) => string;
  readonly spec: (kind: ContainerKind) => ContainerSpec;
  /** A reference the engine has. */
  readonly image: string;
  /** Removes all that this world made. */
  readonly close: () => Promise<void>;
}

/**
 * `runs`: until SIGTERM, then ends at once. `stubborn`: ignores SIGTERM. `exits-7`: by itself, soon. `writes`: `one`
 * and `three` to stdout, `two` to stderr, in no fixed order between the two, then exit 0. `cannot-start`: its command
 * does not exist. `turns-healthy`: health check passes soon after the start.
 */
export type ContainerKind = 'runs' | 'stubborn' | 'exits-7' | 'writes' | 'cannot-start' | 'turns-healthy';

/** The port's promises, run on every adapter. `skip`: why the adapter cannot run here. */
export function engineContract(name: string, open: () => Promise<EngineWorld>, skip: string | false = false): void {
  const cases = { ...lifeCases, ...streamCases, ...refusalCases };
  describe(`engine contract: ${name}`, { skip, timeout: 60_000 }, () => {
    for (const [title, run] of Object.entries(cases)) {
      it(title, async () => {
        const world = await open();
        try {
          await run(world);
        } finally {
          await world.close();
        }
      });
    }
  });
}

type Case = (world: EngineWorld) => Promise<void>;

const lifeCases: Record<string, Case> = {
  'tells what it is': async ({ engine }) => {
    const info = await engine.ping();
    assert.match(info.apiVersion, /^1\.\d+$/);
    assert.ok(info.cpus > 0 && info.memoryMiB > 0);
    assert.ok(info.runtimes.length > 0 && info.logDrivers.includes('json-file'));
  },
  'knows its images': async ({ engine, image }) => {
    assert.match((await engine.inspectImage(image))?.id ?? '', /^sha256:[0-9a-f]{64}$/);
    assert.equal(await engine.inspectImage('gantry-test/absent:none'), undefined);
  },
  'tells where a container is and what it uses, while it runs': async (world) => {
    const { engine } = world;
    assert.equal(await engine.containerStats('f'.repeat(64)), undefined);
    const { id } = await engine.createContainer(world.name('uses'), {
      ...world.spec('runs'),
      HostConfig: { NetworkMode: 'bridge' },
    });
    assert.equal(await engine.containerStats(id), undefined);
    await engine.startContainer(id);
    const running = await engine.inspectContainer(id);
    assert.equal(running?.addresses?.length, 1);
    assert.match(running?.imageId ?? '', /^sha256:/);
    assert.ok((running?.createdAtMs ?? Infinity) <= (running?.startedAtMs ?? 0));
    const stats = (await engine.containerStats(id)) as { read?: string; cpu_stats?: object; networks?: object };
    assert.ok(Date.parse(stats.read ?? '') > 0);
    assert.ok(stats.cpu_stats !== undefined && stats.networks !== undefined);
    await engine.stopContainer(id, { timeoutS: 5 });
    assert.equal(await engine.containerStats(id), undefined);
    assert.deepEqual((await engine.inspectContainer(id))?.addresses, []);
  },
  'creates, starts, stops, removes': async (world) => {
    const { engine } = world;
    const name = world.name('life');
    const { id } = await engine.createContainer(name, world.spec('runs'));
    const created = await engine.inspectContainer(id);
    assert.deepEqual([created?.status, created?.name, created?.startedAtMs], ['created', name, undefined]);
    await engine.startContainer(id);
    const running = await engine.inspectContainer(id);
    assert.equal(running?.status, 'running');
    assert.ok(running.pid > 0 && (running.startedAtMs ?? 0) > 0);
    assert.equal(running.finishedAtMs, undefined);
    await engine.startContainer(id);
    await engine.stopContainer(id, { timeoutS: 10 });
    const stopped = await engine.inspectContainer(id);
    assert.equal(stopped?.status, 'exited');
    assert.ok((stopped.finishedAtMs ?? 0) >= (stopped.startedAtMs ?? Infinity));
    await engine.stopContainer(id, { timeoutS: 10 });
    await engine.removeContainer(id);
    assert.equal(await engine.inspectContainer(id), undefined);
    await engine.removeContainer(id);
  },
  'kills what does not stop': async (world) => {
    const id = await started(world, 'stubborn');
    await world.engine.stopContainer(id, { timeoutS: 1 });
    assert.equal((await world.engine.inspectContainer(id))?.exitCode, 137);
  },
  'starts a stopped container again': async (world) => {
    const { engine } = world;
    const id = await started(world, 'runs');
    await engine.stopContainer(id, { timeoutS: 10 });
    await engine.startContainer(id);
    assert.equal((await engine.inspectContainer(id))?.status, 'running');
  },
  'keeps the start of a run until the next one: it names the run': async (world) => {
    const { engine } = world;
    const id = await started(world, 'exits-7');
    const startOfRun = async (): Promise<number> => (await engine.inspectContainer(id))?.startedAtMs ?? 0;
    const first = await startOfRun();
    const { signal } = new AbortController();
    for await (const line of engine.logs(id, { signal })) assert.fail(`it wrote ${line.text}`);
    assert.equal((await engine.inspectContainer(id))?.status, 'exited');
    assert.equal(await startOfRun(), first);
    await engine.startContainer(id);
    assert.ok((await startOfRun()) > first);
  },
  'removes a running container': async (world) => {
    const id = await started(world, 'stubborn');
    await world.engine.removeContainer(id);
    assert.equal(await world.engine.inspectContainer(id), undefined);
  },
  'lists by label, stopped ones too': async (world) => {
    const { engine, label } = world;
    const one = await started(world, 'runs');
    const two = (await engine.createContainer(world.name('two'), world.spec('runs'))).id;
    const listed = await engine.listContainers(label);
    assert.deepEqual(listed.map((container) => container.id).sort(), [one, two].sort());
    const key = label.split('=')[0] ?? '';
    assert.ok((await engine.listContainers(key)).some((container) => container.id === one));
    assert.deepEqual(await engine.listContainers(`${key}=another`), []);
    assert.equal(listed.find((container) => container.id === one)?.labels[key], label.split('=')[1]);
  },
  'keeps volumes': async (world) => {
    const { engine } = world;
    const volume = world.name('volume');
    assert.equal(await engine.inspectVolume(volume), false);
    const mark = world.name('label');
    await engine.createVolume(volume, { labels: { [mark]: '' } });
    await engine.createVolume(volume, { labels: { [mark]: '' } });
    assert.equal(await engine.inspectVolume(volume), true);
    const other = world.name('other');
    await engine.createVolume(other, { labels: { [world.name('label')]: '' } });
    try {
      assert.deepEqual(await engine.listVolumes(`${mark}=`), [volume]);
      assert.deepEqual(await engine.listVolumes(`${mark}=another`), []);
      assert.ok((await engine.listVolumes(mark)).includes(volume));
    } finally {
      await engine.removeVolume(other);
    }
    const spec = {
      ...world.spec('runs'),
      HostConfig: { Mounts: [{ Type: 'volume', Source: volume, Target: '/data' }] },
    };
    const { id } = await engine.createContainer(world.name('user'), spec);
    await refusedAs('conflict', engine.removeVolume(volume));
    await engine.removeContainer(id);
    await engine.removeVolume(volume);
    await engine.removeVolume(volume);
    assert.equal(await engine.inspectVolume(volume), false);
  },
};

const streamCases: Record<string, Case> = {
  'tells starts, deaths and removals, also after the fact': async (world) => {
    const { engine } = world;
    const stop = new AbortController();
    const before = await started(world, 'runs');
    const sinceMs = (await engine.inspectContainer(before))?.startedAtMs ?? 0;
    const { id } = await engine.createContainer(world.name('seven'), world.spec('exits-7'));
    await engine.startContainer(id);
    const seen = await collect(engine.events({ sinceMs: sinceMs - 1, signal: stop.signal }), stop, async (event) => {
      if (event.kind === 'died' && event.id === id) await engine.removeContainer(id);
      return event.kind === 'destroyed' && event.id === id;
    });
    const mine = seen.filter((event) => event.id === id);
    assert.deepEqual(
      mine.map((event) => event.kind),
      ['started', 'died', 'destroyed'],
    );
    const died = mine[1];
    assert.equal(died?.kind === 'died' ? died.exitCode : undefined, 7);
    assert.ok(mine.every((event) => event.atMs >= sinceMs - 1));
  },
  'tells changes of health': async (world) => {
    const stop = new AbortController();
    const sinceMs = await nowOf(world);
    const id = await started(world, 'turns-healthy');
    const seen = await collect(world.engine.events({ sinceMs, signal: stop.signal }), stop, (event) =>
      Promise.resolve(event.kind === 'health' && event.id === id),
    );
    const last = seen.at(-1);
    assert.equal(last?.kind === 'health' ? last.health : undefined, 'healthy');
    assert.equal((await world.engine.inspectContainer(id))?.health, 'healthy');
  },
  'ends the event stream when told to': async ({ engine }) => {
    const stop = new AbortController();
    const stream = engine.events({ signal: stop.signal })[Symbol.asyncIterator]();
    const next = stream.next();
    stop.abort();
    assert.deepEqual(await next, { done: true, value: undefined });
  },
  'reads output to its end, and from a point': async (world) => {
    const { engine } = world;
    const id = await started(world, 'writes');
    const all = await lines(world, id);
    assert.deepEqual(
      all.filter((line) => line.stream === 'stdout').map((line) => line.text),
      ['one', 'three'],
    );
    assert.deepEqual(
      all.filter((line) => line.stream === 'stderr').map((line) => line.text),
      ['two'],
    );
    const third = all.find((line) => line.text === 'three');
    const again = await lines(world, id, third?.timestampNs);
    assert.ok(again.some((line) => line.text === 'three') && again.every((line) => line.text !== 'one'));
    await engine.removeContainer(id);
    await refusedAs('not-found', lines(world, id));
  },
  'stops reading output when told to': async (world) => {
    const id = await started(world, 'runs');
    const stop = new AbortController();
    const next = world.engine.logs(id, { signal: stop.signal })[Symbol.asyncIterator]().next();
    stop.abort();
    assert.deepEqual(await next, { done: true, value: undefined });
  },
};

const refusalCases: Record<string, Case> = {
  'refuses what it cannot do, by kind': async (world) => {
    const { engine } = world;
    await refusedAs('not-found', engine.startContainer('0'.repeat(64)));
    await refusedAs('not-found', engine.stopContainer('0'.repeat(64), { timeoutS: 1 }));
    const missing = { ...world.spec('runs'), Image: 'gantry-test/absent:none' };
    await refusedAs('not-found', engine.createContainer(world.name('absent'), missing));
    const name = world.name('twice');
    await engine.createContainer(name, world.spec('runs'));
    await refusedAs('conflict', engine.createContainer(name, world.spec('runs')));
  },
  'says why a start failed': async (world) => {
    const { engine } = world;
    const { id } = await engine.createContainer(world.name('bad'), world.spec('cannot-start'));
    await assert.rejects(engine.startContainer(id), (error) => error instanceof EngineError && error.message !== '');
    const state = await engine.inspectContainer(id);
    assert.equal(state?.status, 'created');
    assert.notEqual(state.error, '');
    assert.notEqual(state.exitCode, 0);
  },
  'joins the network of a running container only': async (world) => {
    const { engine } = world;
    const host = await started(world, 'runs');
    const spec = { ...world.spec('runs'), HostConfig: { NetworkMode: `container:${host}` } };
    const joined = (await engine.createContainer(world.name('joined'), spec)).id;
    await engine.startContainer(joined);
    await engine.stopContainer(joined, { timeoutS: 10 });
    await engine.stopContainer(host, { timeoutS: 10 });
    await assert.rejects(engine.startContainer(joined), EngineError);
  },
  'gives host ports and keeps them apart': async (world) => {
    const { engine } = world;
    const bound = (hostPort: string): ContainerSpec => ({
      ...world.spec('runs'),
      ExposedPorts: { '80/tcp': {} },
      HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: hostPort }] } },
    });
    const one = (await engine.createContainer(world.name('port'), bound(''))).id;
    await engine.startContainer(one);
    const port = (await engine.inspectContainer(one))?.ports[0];
    assert.deepEqual([port?.containerPort, port?.protocol, port?.hostIp], [80, 'tcp', '127.0.0.1']);
    const two = (await engine.createContainer(world.name('same'), bound(String(port?.hostPort)))).id;
    await assert.rejects(engine.startContainer(two), /port is already allocated/);
    await engine.removeContainer(one);
    await engine.startContainer(two);
  },
};

async function started(world: EngineWorld, kind: ContainerKind): Promise<string> {
  const { id } = await world.engine.createContainer(world.name(kind), world.spec(kind));
  await world.engine.startContainer(id);
  return id;
}

/** The machine's own clock, as a start shows it. */
async function nowOf(world: EngineWorld): Promise<number> {
  return (await world.engine.inspectContainer(await started(world, 'runs')))?.startedAtMs ?? 0;
}

async function lines(world: EngineWorld, id: string, sinceNs?: bigint): Promise<LogLine[]> {
  const read: LogLine[] = [];
  const { signal } = new AbortController();
  for await (const line of world.engine.logs(id, { sinceNs, signal })) read.push(line);
  return read;
}

async function collect(
  events: AsyncIterable<EngineEvent>,
  stop: AbortController,
  enough: (event: EngineEvent) => Promise<boolean>,
): Promise<EngineEvent[]> {
  const seen: EngineEvent[] = [];
  for await (const event of events) {
    seen.push(event);
    if (await enough(event)) stop.abort();
  }
  return seen;
}

async function refusedAs(kind: EngineError['kind'], promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof EngineError, String(error));
    assert.equal(error.kind, kind, error.message);
    return true;
  });
}
