import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sign } from '@gantry/protocol';
import { WebSocket } from 'ws';
import { keysIn, startPlane, type LonePlane } from './control-plane.ts';
import { HAPPY } from './ecs-commands-happy.ts';
import { NEVER_HAPPY, REFUSED } from './ecs-commands-refused.ts';
import { command, CommandFailed, has } from './world.ts';

const skip = has('aws') ? false : 'SKIPPED: the AWS CLI is not on this machine (pip install awscli)';
const dataDir = mkdtempSync(join(tmpdir(), 'gantry-commands-'));
const kept: Record<string, string> = {};
let plane: LonePlane;
let socket: WebSocket | undefined;

before(async () => {
  plane = await startPlane(dataDir);
  // `aws ecs execute-command` looks for its plugin before it asks anybody.
  writeFileSync(join(dataDir, 'session-manager-plugin'), '#!/bin/sh\n', { mode: 0o700 });
  process.env['PATH'] = `${dataDir}:${process.env['PATH']}`;
  // What `aws ecs deploy` reads before it asks anybody.
  for (const [name, content] of Object.entries(FILES)) {
    kept[name] = join(dataDir, name);
    writeFileSync(kept[name], JSON.stringify(content));
  }
});
after(async () => {
  socket?.terminate();
  await plane?.end();
  rmSync(dataDir, { recursive: true });
});

const NOBODY = { accessKeyId: 'AKIANOBODYNOBODYNOBO', secretAccessKey: 'x' };

const FILES = {
  definitionFile: { family: 'web', containerDefinitions: [{ name: 'main', image: 'busybox', memory: 64 }] },
  appSpecFile: { Resources: [{ TargetService: { Properties: { TaskDefinition: '' } } }] },
};

const filled = (text: string): string =>
  text.replace(/\$(\w+)/g, (_all, name: string) => kept[name] ?? assert.fail(`nothing was kept as ${name}`));

const words = (args: string): readonly string[] =>
  filled(args)
    .split(' ')
    .filter((word) => word !== '');

const at = (value: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((inner, step) => (inner as Record<string, unknown> | undefined)?.[step], value);

/** An agent that listens and does nothing. */
async function connectAgent(): Promise<void> {
  const query = new URLSearchParams({ clusterArn: 'shop', containerInstanceArn: filled('$instance') }).toString();
  const { host } = new URL(plane.endpoint);
  const request = { method: 'GET', path: '/acs/ws', query, headers: { host }, body: '' };
  const scope = { service: 'ecs', region: 'us-east-1', now: Date.now() };
  const headers = sign(request, keysIn(dataDir, 'agent'), scope) as Record<string, string>;
  socket = new WebSocket(`ws://${host}/acs/ws?${query}`, { headers });
  await once(socket, 'open');
}

/** Every command the CLI has, as it says itself when it is asked for one it has not. */
async function allCommands(): Promise<readonly string[]> {
  try {
    await command('aws', ['ecs', 'no-such-command'], plane.env());
  } catch (error) {
    assert.ok(error instanceof CommandFailed);
    const choices = error.stderr.slice(error.stderr.indexOf('valid choices are:'));
    const names = [...choices.matchAll(/[a-z]+(?:-[a-z]+)+|\bdeploy\b/g)].map(([name]) => name);
    return [...new Set(names)].filter((name) => name !== 'no-such-command').toSorted((a, b) => (a < b ? -1 : 1));
  }
  return assert.fail('aws ecs no-such-command was content');
}

describe('aws ecs', { skip }, () => {
  it('has no command that is not tried below', async () => {
    const all = await allCommands();
    assert.ok(all.length >= 77, `only ${all.length} commands were found`);
    const [happy, refused] = [HAPPY, REFUSED].map((steps) => new Set(steps.map((step) => step.command)));
    assert.deepEqual(
      all.filter((name) => happy?.has(name) === NEVER_HAPPY.has(name)),
      [],
      'neither tried nor said to be impossible, or both',
    );
    assert.deepEqual(
      all.filter((name) => refused?.has(name) !== true),
      [],
      'without a refusal',
    );
  });

  for (const step of HAPPY)
    it(`${step.command} ${step.args.slice(0, 60)}`, async () => {
      const answer = await plane.aws<unknown>(['ecs', step.command, ...words(step.args)]);
      for (const [path, expected] of Object.entries(step.shows)) {
        const text = JSON.stringify(expected);
        if (text === '"*"') assert.notEqual(at(answer, path), undefined, `${path} of ${JSON.stringify(answer)}`);
        else assert.deepEqual(at(answer, path), JSON.parse(filled(text)), `${path} of ${JSON.stringify(answer)}`);
      }
      for (const [name, path] of Object.entries(step.keep ?? {})) kept[name] = String(at(answer, path));
      if (step.connect === true) await connectAgent();
    });

  for (const step of REFUSED)
    it(`${step.command}, refused`, async () => {
      await assert.rejects(
        plane.aws(['ecs', step.command, ...words(step.args)], step.asNobody === true ? NOBODY : undefined),
        (error: unknown) => {
          assert.ok(error instanceof CommandFailed);
          const code = /An error occurred \((\w+)\)/.exec(error.stderr)?.[1] ?? 'none';
          assert.equal(code, step.error, error.stderr);
          assert.match(error.stderr, step.says);
          return true;
        },
      );
    });
});
