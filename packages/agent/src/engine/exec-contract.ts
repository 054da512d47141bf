import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EngineWorld } from './contract.ts';
import type { ExecProcess } from './exec-port.ts';

/** The promises of `exec`, run on every adapter. Its image has cat, sleep, stty and /bin/sh. `skip`: why it cannot run here. */
export function execContract(name: string, open: () => Promise<EngineWorld>, skip: string | false = false): void {
  describe(`exec contract: ${name}`, { skip, timeout: 60_000 }, () => {
    for (const [title, run] of Object.entries(cases)) {
      it(title, async () => {
        const world = await open();
        try {
          await run(world, await running(world));
        } finally {
          await world.close();
        }
      });
    }
  });
}

const TERMINAL = { cols: 100, rows: 30 };

const cases: Record<string, (world: EngineWorld, id: string) => Promise<void>> = {
  'gives output by stream, and the exit code': async ({ engine }, id) => {
    const process = await engine.exec(id, { command: ['/bin/sh', '-c', 'echo one; echo two >&2; exit 7'] });
    assert.deepEqual(await read(process), { stdout: 'one\n', stderr: 'two\n' });
    assert.equal(await ended(process), 7);
  },
  'takes input to its end, every byte of it': async ({ engine }, id) => {
    const process = await engine.exec(id, { command: ['cat'] });
    const all = Buffer.from(Array.from({ length: 200_000 }, (_, n) => (n * 31) % 256));
    const reading = read(process, 'latin1');
    for (let at = 0; at < all.length; at += 30_000) await process.write(all.subarray(at, at + 30_000));
    assert.equal(await process.exitCode(), undefined, 'it waits for more');
    process.endInput();
    assert.ok(Buffer.from((await reading).stdout, 'latin1').equals(all));
    assert.equal(await ended(process), 0);
    await process.write(Buffer.from('nobody reads'));
    process.endInput();
  },
  'gives it a terminal, and another size': async ({ engine }, id) => {
    const command = ['/bin/sh', '-c', 'stty size; read again; stty size'];
    const process = await engine.exec(id, { command, terminal: TERMINAL });
    const reading = read(process);
    await process.resize({ cols: 120, rows: 40 });
    await process.write(Buffer.from('x\n'));
    const { stdout, stderr } = await reading;
    // The first size may have been asked for before it was set.
    assert.match(stdout, /\n40 120\r\n$/);
    assert.equal(stderr, '');
    assert.equal(await ended(process), 0);
  },
  'says what could not be started': async ({ engine }, id) => {
    const process = await engine.exec(id, { command: ['/absent'] });
    assert.match((await read(process)).stdout, /\/absent/);
    assert.ok([126, 127].includes((await ended(process)) ?? 0));
  },
  'ends what is killed': async ({ engine }, id) => {
    const process = await engine.exec(id, { command: ['sleep', '3600'] });
    const reading = read(process).catch(() => undefined);
    assert.equal(await process.exitCode(), undefined);
    assert.equal(await process.kill(), true);
    await reading;
    assert.ok([129, 137].includes((await ended(process)) ?? 0), 'hung up, or killed');
    assert.equal(await process.kill(), true);
  },
  'ends with its container': async ({ engine }, id) => {
    const process = await engine.exec(id, { command: ['sleep', '3600'] });
    const reading = read(process).catch(() => undefined);
    await engine.removeContainer(id);
    await reading;
  },
  'says that nobody listens on a port': async ({ engine }, id) => {
    const process = await engine.exec(id, { port: 81 });
    assert.match((await read(process)).stderr, /ECONNREFUSED/);
    assert.equal(await ended(process), 1);
  },
  'tells where it cannot run': async (world) => {
    const { engine } = world;
    await assert.rejects(engine.exec('absent', { command: ['cat'] }), { kind: 'not-found' });
    const { id } = await engine.createContainer(world.name('never'), world.spec('runs'));
    await assert.rejects(engine.exec(id, { command: ['cat'] }), { kind: 'conflict' });
    await assert.rejects(engine.exec('absent', { port: 80 }), { kind: 'not-found' });
    await assert.rejects(engine.exec(id, { port: 80 }), { kind: 'conflict' });
  },
};

async function running(world: EngineWorld): Promise<string> {
  const { id } = await world.engine.createContainer(world.name('exec'), world.spec('runs'));
  await world.engine.startContainer(id);
  return id;
}

async function read(process: ExecProcess, encoding: BufferEncoding = 'utf8') {
  const all = { stdout: '', stderr: '' };
  for await (const { stream, data } of process.output) all[stream] += Buffer.from(data).toString(encoding);
  return all;
}

/** The engine knows the exit code a moment after the output has ended. */
async function ended(process: ExecProcess): Promise<number | undefined> {
  for (let tries = 0; tries < 2_000; tries += 1) {
    const code = await process.exitCode();
    if (code !== undefined) return code;
  }
  return undefined;
}
