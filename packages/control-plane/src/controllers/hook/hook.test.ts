import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, test } from 'node:test';
import { FakeClock, turnOfPromises } from '@gantry/testkit/fake-clock.ts';
import { SeededIds } from '@gantry/testkit/seeded.ts';
import { epochMs, type HookRun, type ServiceDeployment } from '@gantry/domain';
import { startControllers } from '../index.ts';
import { SCOPE } from '../testing/builders.ts';
import { aWorld } from '../testing/world.ts';
import { HookController } from './controller.ts';
import { answered, dueHooks, eventOf, functionName } from './decide.ts';
import { systemHookCaller } from './wiring-caller.ts';

const KEY = '123456789012/us-east-1/default/shop/d';
const ARN = 'arn:aws:lambda:us-east-1:123456789012:function:check:live';
const hook: HookRun = { hookId: 'h', index: 0, status: 'IN_PROGRESS', callAt: epochMs(0), expiresAt: epochMs(1e9) };
const deployment = {
  scope: SCOPE,
  cluster: 'default',
  serviceName: 'shop',
  id: 'd',
  status: 'IN_PROGRESS',
  serviceArn: 'service',
  serviceDeploymentArn: 'deployment',
  sources: [{ serviceRevisionArn: 'blue', deploymentId: 'b' }],
  target: { serviceRevisionArn: 'green', deploymentId: 'g' },
  deploymentConfiguration: {
    lifecycleHooks: [
      { targetType: 'AWS_LAMBDA', hookTargetArn: ARN, lifecycleStages: ['PRE_SCALE_UP'], hookDetails: { a: 1 } },
    ],
  },
  shift: { stage: 'PRE_SCALE_UP', since: epochMs(0), productionPercent: 10, testShifted: true, hooks: [hook] },
} as unknown as ServiceDeployment;

describe('what is called, and what an answer means', () => {
  it('those that are due', () => {
    assert.deepEqual(dueHooks(deployment, 0), { due: [hook], nextAt: undefined });
    const later = { ...hook, callAt: epochMs(30) };
    const waiting = { ...deployment, shift: { ...deployment.shift, hooks: [later] } } as ServiceDeployment;
    assert.deepEqual(dueHooks(waiting, 0), { due: [], nextAt: 30 });
    assert.deepEqual(dueHooks({ ...deployment, status: 'STOPPED' }, 0), { due: [], nextAt: undefined });
  });
  it('the name of a function', () => {
    assert.equal(functionName(ARN), 'check');
    assert.equal(functionName('plain'), 'plain');
  });
  it('what it is told', () => {
    assert.deepEqual(eventOf(deployment, hook), {
      executionId: 'h',
      lifecycleStage: 'PRE_SCALE_UP',
      resourceArn: 'deployment',
      executionDetails: {
        serviceArn: 'service',
        targetServiceRevisionArn: 'green',
        productionTrafficWeights: { green: 10, blue: 90 },
        testTrafficWeights: { green: 100, blue: 0 },
      },
      hookDetails: { a: 1 },
    });
  });
  const cases: [unknown, HookRun['status'], number | undefined][] = [
    [{ hookStatus: 'SUCCEEDED' }, 'SUCCEEDED', undefined],
    [{ hookStatus: 'FAILED' }, 'FAILED', undefined],
    [{ hookStatus: 'IN_PROGRESS' }, 'IN_PROGRESS', 31_000],
    [{ hookStatus: 'IN_PROGRESS', callBackDelay: 5 }, 'IN_PROGRESS', 6000],
    [{ hookStatus: 'yes' }, 'FAILED', undefined],
    [null, 'FAILED', undefined],
  ];
  for (const [answer, status, callAt] of cases)
    it(`${JSON.stringify(answer)} is ${status}`, () => {
      const after = answered(hook, answer, epochMs(1000));
      assert.deepEqual([after.status, after.callAt], [status, callAt]);
    });
});

test('a function is asked until it has an answer, a slow one holds up nobody', async () => {
  const clock = new FakeClock();
  const functions = { deploymentHooks: { check: 'http://check', slow: 'http://slow' } };
  const { state, platform, run } = await aWorld(clock, new SeededIds(1), functions);
  const stop = new AbortController();
  const answers: unknown[] = [{ hookStatus: 'IN_PROGRESS', callBackDelay: 20 }, { hookStatus: 'SUCCEEDED' }];
  const asked: string[] = [];
  const hooks = new HookController(
    platform,
    {
      call: (target, _event, signal) => {
        asked.push(target);
        if (target !== 'http://slow') return Promise.resolve(answers.shift());
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('too slow'))));
      },
    },
    stop.signal,
  );
  const controllers = startControllers(platform, stop.signal, [hooks]);
  const named = (id: string, name: string): ServiceDeployment => {
    const hookTargetArn = `arn:aws:lambda:us-east-1:123456789012:function:${name}`;
    const [first] = deployment.deploymentConfiguration.lifecycleHooks ?? [];
    const deploymentConfiguration = { lifecycleHooks: [{ ...first, hookTargetArn }] };
    const shift = { ...deployment.shift, hooks: [{ ...hook, hookId: id }] };
    return { ...deployment, id, shift, deploymentConfiguration } as unknown as ServiceDeployment;
  };
  const status = (id: string) => {
    const found = state.tables.serviceDeployments.get(KEY.replace(/d$/, id))?.shift?.hooks[0];
    return [found?.status, found?.reason];
  };
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 5; round += 1) {
      await controllers.settled();
      await turnOfPromises();
    }
  };
  await run((tx) => {
    for (const [id, name] of [
      ['s', 'slow'],
      ['d', 'check'],
      ['u', 'unknown'],
    ] as const)
      tx.put(tx.tables.serviceDeployments, KEY.replace(/d$/, id), named(id, name));
  });
  await settle();
  assert.deepEqual(status('d'), ['IN_PROGRESS', undefined]);
  assert.match(
    status('u')[1] ?? '',
    /no function unknown is known here. Start the control plane with --deployment-hook/,
  );
  await clock.turn(20_000);
  await settle();
  assert.deepEqual(status('d'), ['SUCCEEDED', undefined]);
  assert.deepEqual(asked, ['http://slow', 'http://check', 'http://check'], 'the slow one is asked once');
  assert.deepEqual(status('s'), ['IN_PROGRESS', undefined]);
  await clock.turn(15 * 60_000);
  await settle();
  assert.deepEqual(status('s'), ['FAILED', 'its function could not be asked: too slow']);
  stop.abort();
  await controllers.stopped;
});

describe('what stands behind a function', () => {
  const never = new AbortController().signal;

  it('a URL gets the event, and its answer is the answer', async () => {
    const server = createServer((request, response) => {
      let text = '';
      request.on('data', (part) => (text += String(part)));
      request.on('end', () => {
        response.statusCode = text.includes('bad') ? 500 : 200;
        response.end(JSON.stringify({ hookStatus: 'SUCCEEDED', got: JSON.parse(text) }));
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    try {
      assert.deepEqual(await systemHookCaller.call(url, { a: 1 }, never), { hookStatus: 'SUCCEEDED', got: { a: 1 } });
      await assert.rejects(systemHookCaller.call(url, { bad: 1 }, never), /answered 500/);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  it('a command gets the event on its standard input', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-hook-'));
    const path = join(folder, 'check');
    try {
      writeFileSync(path, '#!/bin/sh\ngrep -q good && echo \'{"hookStatus": "SUCCEEDED"}\'\n');
      chmodSync(path, 0o700);
      assert.deepEqual(await systemHookCaller.call(`exec:${path}`, { good: 1 }, never), { hookStatus: 'SUCCEEDED' });
      await assert.rejects(systemHookCaller.call(`exec:${path}`, { other: 1 }, never), /ended with exit code 1/);
      await assert.rejects(systemHookCaller.call(`exec:${folder}/missing`, {}, never), /ENOENT/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
