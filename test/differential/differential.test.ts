import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { BOOKS } from './books.ts';
import { judge } from './explanation.ts';
import { playMany, type PlayedMany } from './many.ts';
import { skipReason, startGantry, startMoto, type Server } from './servers.ts';

const STEPS = 60;

describe('the same requests to Gantry and to moto', { skip: skipReason() }, () => {
  const servers: Server[] = [];
  let endpoints: { readonly gantry: string; readonly moto: string };
  before(async () => {
    const gantry = await startGantry();
    servers.push(gantry);
    const moto = await startMoto();
    servers.push(moto);
    endpoints = { gantry: gantry.endpoint, moto: moto.endpoint };
  });
  after(() => Promise.all(servers.map((server) => server.stop())));

  for (const { book, seeds, explained } of BOOKS) {
    describe(book.service, () => {
      let played: PlayedMany;
      before(async () => {
        played = await playMany(book, { from: 1, seeds, steps: STEPS }, endpoints);
      });

      it('every operation was carried out by both', () => {
        const never = book.calls.filter(([operation]) => (played.made.get(operation)?.done ?? 0) === 0);
        assert.deepEqual(
          never.map(([operation]) => operation),
          [],
        );
      });

      it('every difference is explained', () => {
        assert.ok(played.findings.length > 0, 'not one difference was seen: that is not to be believed');
        assert.deepEqual(judge(played.findings, explained).unexplained, []);
      });

      it('every explanation explains something', () => {
        const { idle } = judge(played.findings, explained);
        assert.deepEqual(
          idle.map(({ of, at, because }) => `${of.source} ${at.source}: ${because}`),
          [],
        );
      });
    });
  }
});
