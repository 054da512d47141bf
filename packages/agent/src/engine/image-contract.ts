import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EngineWorld } from './contract.ts';

export interface ImageWorld extends EngineWorld {
  /** Makes an image with no other name than this. */
  readonly makeImage: (reference: string) => Promise<void>;
}

/** What the port promises of images that go, run on every adapter. `skip`: why it cannot run here. */
export function imageContract(name: string, open: () => Promise<ImageWorld>, skip: string | false = false): void {
  describe(`image contract: ${name}`, { skip, timeout: 60_000 }, () => {
    it('takes a name away, however often; what a container has is left', async () => {
      const world = await open();
      const { engine } = world;
      const image = `${world.name('image').toLowerCase()}:1`;
      try {
        await world.makeImage(image);
        const { id } = await engine.createContainer(world.name('has-it'), { ...world.spec('runs'), Image: image });
        await assert.rejects(engine.removeImage(image), { name: 'EngineError', kind: 'conflict' });
        assert.ok((await engine.inspectImage(image)) !== undefined);
        await engine.removeContainer(id);
        await engine.removeImage(image);
        assert.equal(await engine.inspectImage(image), undefined);
        await engine.removeImage(image);
      } finally {
        await engine.removeImage(image).catch(() => undefined);
        await world.close();
      }
    });
  });
}
