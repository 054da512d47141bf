import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Checkpoint } from './port.ts';

/** What every checkpoint keeps. `open` opens the same one again and again; `crash` is a `kill -9` of the one that is open. */
export function checkpointContract(
  name: string,
  place: () => Promise<{
    readonly open: () => Checkpoint;
    readonly crash: (checkpoint: Checkpoint) => Promise<void>;
    readonly remove: () => Promise<void>;
  }>,
): void {
  const with_ = (title: string, body: (disk: Awaited<ReturnType<typeof place>>) => Promise<void>): void => {
    test(title, async () => {
      const disk = await place();
      try {
        await body(disk);
      } finally {
        await disk.remove();
      }
    });
  };

  describe(`${name} checkpoint`, () => {
    with_('is empty at first', async ({ open }) => {
      const checkpoint = open();
      assert.equal((await checkpoint.load()).size, 0);
      await checkpoint.close();
    });

    with_('has what was flushed after a crash, the last of each key', async ({ open, crash }) => {
      const first = open();
      await first.load();
      first.put('task/1', { state: 'one', text: 'ü\n"' });
      first.put('task/2', { state: 'two' });
      first.put('task/1', { state: 'later', text: 'ü\n"' });
      first.delete('task/2');
      first.put('task/3', { list: [1, null] });
      await first.flush();
      await crash(first);
      const second = open();
      assert.deepEqual(Object.fromEntries(await second.load()), {
        'task/1': { state: 'later', text: 'ü\n"' },
        'task/3': { list: [1, null] },
      });
      await second.close();
    });

    with_('goes on over many lives', async ({ open, crash }) => {
      for (let life = 0; life < 5; life += 1) {
        const checkpoint = open();
        const known = await checkpoint.load();
        assert.equal(known.size, life);
        checkpoint.put(`key/${life}`, { life });
        await checkpoint.flush();
        await crash(checkpoint);
      }
    });

    with_('closing saves what was put', async ({ open }) => {
      const first = open();
      await first.load();
      first.put('a', 1);
      await first.close();
      const second = open();
      assert.equal((await second.load()).get('a'), 1);
      await second.close();
    });
  });
}
