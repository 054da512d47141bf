/**
 * What a runtime costs on the bare engine: create + start of the same container in each, interleaved in one run.
 * `node bench/runtimes.ts [--rounds 20] [--runtimes runc,crun,gantry-runsc]`; default: those the engine has that work.
 */
import { parseArgs } from 'node:util';
import { DockerEngine } from '@gantry/agent/engine/docker.ts';
import { ensureBuiltInImages } from '@gantry/agent/images/ensure.ts';
import { median, quantile, timed } from './lib.ts';

const KNOWN = ['runc', 'crun', 'gantry-runsc', 'kata'];
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' }, runtimes: { type: 'string' } } });
const engine = new DockerEngine({
  socketPath: (process.env['DOCKER_HOST'] ?? '/var/run/docker.sock').replace('unix://', ''),
});
const LABELS = { 'gantry.bench': 'runtimes' };

async function start(name: string, Runtime: string, pause: string): Promise<number> {
  const HostConfig = { Runtime, NetworkMode: `container:${pause}`, LogConfig: { Type: 'json-file', Config: {} } };
  const spec = { Image: 'gantry/hello', Cmd: ['/bin/sleep', '1000'], Labels: LABELS, HostConfig };
  try {
    return await timed(async () => {
      await engine.createContainer(name, spec);
      await engine.startContainer(name);
    });
  } finally {
    await engine.removeContainer(name);
  }
}

/** As a task's: a namespace that is there already. One for each start, for a sandbox takes its address. */
async function withPause<T>(name: string, work: (pause: string) => Promise<T>): Promise<T> {
  const pause = `${name}-net`;
  try {
    await engine.createContainer(pause, {
      Image: 'gantry/pause:1',
      Labels: LABELS,
      HostConfig: { NetworkMode: 'none' },
    });
    await engine.startContainer(pause);
    return await work(pause);
  } finally {
    await engine.removeContainer(pause);
  }
}

try {
  await ensureBuiltInImages(engine);
  const { runtimes } = await engine.ping();
  const wanted =
    values.runtimes?.split(',') ?? runtimes.filter((name) => KNOWN.some((known) => name.startsWith(known)));
  const samples = new Map<string, number[]>(wanted.map((name) => [name, []]));
  for (let round = -2; round < Number(values.rounds); round += 1) {
    for (const [runtime, list] of samples) {
      const name = `gantry-bench-${process.pid}-${runtime}-${round + 2}`;
      try {
        const ms = await withPause(name, (pause) => start(name, runtime, pause));
        if (round >= 0) list.push(ms);
      } catch (error) {
        console.log(`${runtime} does not work here: ${error instanceof Error ? error.message : String(error)}`);
        samples.delete(runtime);
      }
    }
  }
  const base = median(samples.get('runc') ?? []);
  for (const [name, list] of samples) {
    const [p50, p95] = [median(list).toFixed(0), quantile(list, 0.95).toFixed(0)];
    console.log(`${name.padEnd(14)} p50 ${p50} ms, p95 ${p95} ms, ${(median(list) / base).toFixed(2)} × runc`);
  }
} finally {
  await engine.close();
}
