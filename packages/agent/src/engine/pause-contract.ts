import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EngineWorld } from './contract.ts';

/** What the port promises of containers that are held, run on every adapter. `skip`: why it cannot run here. */
export function pauseContract(name: string, open: () => Promise<EngineWorld>, skip: string | false = false): void {
  describe(`pause contract: ${name}`, { skip, timeout: 60_000 }, () => {
    async function inWorld(body: (world: EngineWorld, id: string) => Promise<void>): Promise<void> {
      const world = await open();
      try {
        const { id } = await world.engine.createContainer(world.name('held'), world.spec('runs'));
        await body(world, id);
      } finally {
        await world.close();
      }
    }

    it('holds a container and lets it go; what is so already is a conflict', () =>
      inWorld(async ({ engine }, id) => {
        const refused = { name: 'EngineError', kind: 'conflict' };
        await assert.rejects(engine.pauseContainer(id), refused, 'it does not run');
        await engine.startContainer(id);
        await engine.pauseContainer(id);
        assert.equal((await engine.inspectContainer(id))?.status, 'paused');
        await assert.rejects(engine.pauseContainer(id), refused);
        await engine.unpauseContainer(id);
        assert.equal((await engine.inspectContainer(id))?.status, 'running');
        await assert.rejects(engine.unpauseContainer(id), refused);
        await assert.rejects(engine.pauseContainer('f'.repeat(64)), { name: 'EngineError', kind: 'not-found' });
      }));

    it('stops one that is held: it gets its signal, and the time to obey', () =>
      inWorld(async ({ engine }, id) => {
        await engine.startContainer(id);
        await engine.pauseContainer(id);
        await engine.stopContainer(id, { timeoutS: 10 });
        const state = await engine.inspectContainer(id);
        assert.equal(state?.status, 'exited');
        assert.notEqual(state?.exitCode, 137);
      }));

    it('removes one that is held', () =>
      inWorld(async ({ engine }, id) => {
        await engine.startContainer(id);
        await engine.pauseContainer(id);
        await engine.removeContainer(id);
        assert.equal(await engine.inspectContainer(id), undefined);
      }));
  });
}
