import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { whyNoDocker } from '../engine/docker-world.ts';
import { DOCKER_SOCKET, DockerEngine } from '../engine/docker.ts';
import { Transport } from '../engine/transport.ts';
import { dockerArchive } from './archive.ts';
import { findBase } from './base.ts';
import { isStaticProgram } from './elf.ts';
import { ensureBuiltInImages, HELLO_IMAGE, PAUSE_IMAGE, type ImageLoader } from './ensure.ts';
import { builtInRecipes } from './recipes.ts';
import { tar } from './tar.ts';

const busybox = { kind: 'busybox', program: Buffer.from('not really busybox') } as const;

describe('archives', () => {
  it('are read by tar', () => {
    const archive = tar([
      { path: 'bin', kind: 'directory', mode: 0o755 },
      { path: 'bin/sh', kind: 'symlink', target: 'busybox' },
      { path: 'bin/busybox', kind: 'file', data: Buffer.alloc(1000, 'x'), mode: 0o755 },
      { path: 'empty', kind: 'file', data: Buffer.alloc(0), mode: 0o600 },
    ]);
    const listed = execFileSync('tar', ['--numeric-owner', '--utc', '-tvf', '-'], { input: archive, encoding: 'utf8' });
    assert.deepEqual(
      listed
        .trim()
        .split('\n')
        .map((line) => line.replace(/\s+/g, ' ')),
      [
        'drwxr-xr-x 0/0 0 1970-01-01 00:00 bin/',
        'lrwxrwxrwx 0/0 0 1970-01-01 00:00 bin/sh -> busybox',
        '-rwxr-xr-x 0/0 1000 1970-01-01 00:00 bin/busybox',
        '-rw------- 0/0 0 1970-01-01 00:00 empty',
      ],
    );
  });

  it('refuse a path they cannot hold', () => {
    assert.throws(() => tar([{ path: 'p'.repeat(101), kind: 'directory', mode: 0o755 }]), /Path too long/);
  });

  it('are the same bytes for the same content', () => {
    const [one, two] = [
      dockerArchive(builtInRecipes(busybox), 'amd64'),
      dockerArchive(builtInRecipes(busybox), 'amd64'),
    ];
    assert.ok(one.equals(two));
  });
});

describe('programs', () => {
  it('that need a loader are not static', () => {
    const header = Buffer.alloc(64 + 56);
    header.writeUInt32BE(0x7f454c46);
    header.set([2, 1], 4);
    header.writeBigUInt64LE(64n, 32);
    header.writeUInt16LE(56, 54);
    header.writeUInt16LE(1, 56);
    assert.equal(isStaticProgram(header), true);
    header.writeUInt32LE(3, 64);
    assert.equal(isStaticProgram(header), false);
    assert.equal(isStaticProgram(Buffer.from('#!/bin/sh\n')), false);
    header.writeUInt16LE(9, 56);
    assert.equal(isStaticProgram(header), false);
  });

  it('are looked for in turn, and their absence is explained', async () => {
    const none = findBase({ busyboxPaths: ['/nowhere/busybox'], nodePath: '/nowhere/node' });
    await assert.rejects(none, /no static busybox.*\/nowhere\/node cannot stand in.*busybox-static/);
    const base = await findBase({ busyboxPaths: [process.execPath] });
    assert.equal(base.kind, 'node');
  });
});

describe('ensuring', () => {
  it('loads what is missing or changed, and nothing else', async () => {
    const labels = new Map<string, Readonly<Record<string, string>>>();
    let loads = 0;
    const loader: ImageLoader = {
      imageLabels: (reference) => Promise.resolve(labels.get(reference)),
      loadImages: () => Promise.resolve(void (loads += 1)),
    };
    const made = async (): Promise<boolean[]> => (await ensureBuiltInImages(loader)).map((image) => image.made);
    assert.deepEqual(await made(), [true, true]);
    for (const recipe of builtInRecipes(await findBase())) labels.set(recipe.reference, recipe.config.Labels);
    assert.deepEqual(await made(), [false, false]);
    labels.set(HELLO_IMAGE, { 'gantry.content': 'of an older version' });
    assert.deepEqual(await made(), [false, true]);
    assert.equal(loads, 2);
  });
});

const skip = await whyNoDocker('Tests of the built-in images');

describe('built-in images, for real', { skip, timeout: 120_000 }, () => {
  const engine = new DockerEngine();
  const label = `gantry.test=images-${process.pid}`;

  async function running(image: string, env: readonly string[], look: (id: string) => Promise<void>): Promise<void> {
    const Labels = { 'gantry.test': `images-${process.pid}` };
    // Another port than 80 shows that PORT is obeyed.
    const HostConfig = { PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1' }] } };
    const spec = { Image: image, Env: ['PORT=8080', ...env], Labels, ExposedPorts: { '8080/tcp': {} }, HostConfig };
    const { id } = await engine.createContainer(`gantry-test-image-${process.pid}`, spec);
    try {
      await engine.startContainer(id);
      await look(id);
    } finally {
      await engine.removeContainer(id);
    }
  }

  async function get(id: string, path: string, accept = '*/*'): Promise<Response> {
    const port = (await engine.inspectContainer(id))?.ports[0]?.hostPort;
    for (let tries = 0; ; tries++) {
      try {
        const signal = AbortSignal.timeout(2_000);
        return await fetch(`http://127.0.0.1:${port}${path}`, { headers: { accept }, signal });
      } catch (error) {
        if (tries === 40) throw error;
        await wait(50);
      }
    }
  }

  /** What every hello image must do, whatever it is made of. */
  async function says(image: string): Promise<void> {
    await running(
      image,
      [
        'ECS_TEST=a<b',
        'ECS_AGENT_URI=http://secret',
        'ECS_CONTAINER_METADATA_URI_V4=http://secret',
        'SECRET=hidden',
        'MESSAGE=Good day',
      ],
      async (id) => {
        const text = await (await get(id, '/')).text();
        assert.match(text, /^Good day\nhost: [0-9a-f]{12}\nECS_TEST: a<b\nPORT: 8080\n$/);
        const page = await get(id, '/?x=1', 'text/html');
        assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
        assert.match(await page.text(), /ECS_TEST: a&lt;b/);
        assert.equal(await (await get(id, '/health')).text(), 'ok\n');
        assert.equal((await get(id, '/absent')).status, 404);
        const startedMs = performance.now();
        await engine.stopContainer(id, { timeoutS: 20 });
        assert.ok(performance.now() - startedMs < 5_000, 'stops at SIGTERM');
        assert.equal((await engine.inspectContainer(id))?.exitCode, 0);
        const log: string[] = [];
        for await (const line of engine.logs(id, { signal: new AbortController().signal })) log.push(line.text);
        assert.ok(
          log.some((line) => /listening on port 8080 as [0-9a-f]{12}$/.test(line)),
          log.join(),
        );
        assert.equal(log.filter((line) => /Z \S+ GET \/$/.test(line)).length, 1);
        assert.match(log.at(-1) ?? '', /told to stop, goodbye$/);
      },
    );
  }

  it('hello answers, logs and stops', () => says(HELLO_IMAGE));

  it('pause ends at once when told to', () =>
    running(PAUSE_IMAGE, [], async (id) => {
      const startedMs = performance.now();
      await engine.stopContainer(id, { timeoutS: 30 });
      assert.ok(performance.now() - startedMs < 5_000);
    }));

  it('are made of Node where there is no busybox', async () => {
    const transport = new Transport(DOCKER_SOCKET);
    const made = await ensureBuiltInImages(engine, { busyboxPaths: [], namespace: 'gantry-test' });
    try {
      await says('gantry-test/hello:latest');
    } finally {
      for (const { reference } of made) await transport.call('DELETE', `/images/${reference}`, { accept: [404] });
      await transport.close();
    }
  });

  it('leave nothing behind', async () => {
    assert.deepEqual(await engine.listContainers(label), []);
    assert.equal(await engine.inspectImage('gantry-test/hello:latest'), undefined);
    await engine.close();
  });
});
