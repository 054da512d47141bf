import { ensureBuiltInImages, HELLO_IMAGE } from '../images/ensure.ts';
import type { ContainerKind, EngineWorld } from './contract.ts';
import { DockerEngine } from './docker.ts';
import type { ContainerSpec } from './port.ts';

/** Why tests on a real engine cannot run here; also printed, so that nobody takes a skip for a pass. */
export async function whyNoDocker(what: string): Promise<string | false> {
  const engine = new DockerEngine();
  try {
    await engine.ping();
    await ensureBuiltInImages(engine);
    return false;
  } catch (error) {
    const reason = `${what} NOT RUN: ${error instanceof Error ? error.message : String(error)}`;
    console.error(`\n*** ${reason} ***\n`);
    return reason;
  } finally {
    await engine.close();
  }
}

const shell = (script: string): { Cmd: readonly string[] } => ({ Cmd: ['/bin/sh', '-c', script] });

const KINDS: Record<ContainerKind, ContainerSpec> = {
  runs: shell("trap 'exit 0' TERM; sleep 3600 & wait"),
  stubborn: { Cmd: ['/bin/sleep', '3600'] },
  'exits-7': shell('sleep 0.05; exit 7'),
  writes: shell('echo one; echo two >&2; sleep 0.02; echo three'),
  'cannot-start': { Cmd: ['/absent'] },
  'turns-healthy': {
    ...shell("trap 'exit 0' TERM; sleep 3600 & wait"),
    Healthcheck: { Test: ['CMD', '/bin/true'], Interval: 50_000_000, Timeout: 5_000_000_000, Retries: 1 },
  },
};

let worlds = 0;

/** A corner of the real engine for one test: all it makes carries one label and goes with `close`. */
export function dockerWorld(): EngineWorld & { readonly engine: DockerEngine } {
  const engine = new DockerEngine();
  const mark = `engine-${process.pid}-${++worlds}`;
  const label = `gantry.test=${mark}`;
  let names = 0;
  return {
    engine,
    label,
    image: HELLO_IMAGE,
    name: (hint) => `gantry-test-${mark}-${hint}-${++names}`,
    spec: (kind) => ({ Image: HELLO_IMAGE, Labels: { 'gantry.test': mark }, ...KINDS[kind] }),
    close: async () => {
      const left = await engine.listContainers(label);
      await Promise.all(left.map((container) => engine.removeContainer(container.id)));
      await engine.close();
    },
  };
}
