import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { OPERATIONS } from './ecs-calls.ts';
import { EXPLAINED } from './explained.ts';
import { judge } from './explanation.ts';
import { playMany, type PlayedMany } from './many.ts';
import { skipReason, startGantry, startMoto, type Server } from './servers.ts';

const SEEDS = 32;
const STEPS = 60;

describe('the same requests to Gantry and to moto', { skip: skipReason() }, () => {
  const servers: Server[] = [];
  let played: PlayedMany;
  before(async () => {
    const gantry = await startGantry();
    servers.push(gantry);
    const moto = await startMoto();
    servers.push(moto);
    played = await playMany({ from: 1, seeds: SEEDS, steps: STEPS }, { gantry: gantry.endpoint, moto: moto.endpoint });
  });
  after(() => Promise.all(servers.map((server) => server.stop())));

  it('were carried out by both, every operation of them', () => {
    const never = OPERATIONS.filter((operation) => (played.made.get(operation)?.done ?? 0) === 0);
    assert.deepEqual(never, []);
  });

  it('every difference is explained', () => {
    const { unexplained, explained } = judge(played.findings, EXPLAINED);
    assert.ok(explained > 0, 'not one difference was seen: that is not to be believed');
    assert.deepEqual(unexplained, []);
  });

  it('every explanation explains something', () => {
    const { idle } = judge(played.findings, EXPLAINED);
    assert.deepEqual(
      idle.map(({ of, at, because }) => `${of.source} ${at.source}: ${because}`),
      [],
    );
  });
});
