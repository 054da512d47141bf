import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathsIn } from '../paths.ts';
import { findProcess, logTail, startProcess, stopProcess } from '../process/records.ts';
import { nodeHost } from './wiring.ts';

const host = nodeHost();
let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-host-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const node = (code: string): { command: string; args: string[] } => ({ command: process.execPath, args: ['-e', code] });

test('a process is started in a session of its own, found again, and stopped', async () => {
  const paths = pathsIn(join(folder, 'a'));
  const code =
    "console.log('hello'); process.on('SIGTERM', () => { console.log('bye'); process.exit(0); }); setInterval(() => 0, 1000)";
  const record = await startProcess(host, paths, { name: 'agent', ...node(code) });
  assert.equal((await findProcess(host, paths, 'agent'))?.pid, record.pid);
  const session = readFileSync(`/proc/${record.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[3];
  assert.equal(session, String(record.pid));
  while ((await logTail(host, paths, 'agent', 5)).length === 0) await host.clock.sleep(10);
  assert.equal(await stopProcess(host, paths, 'agent', 5_000), true);
  assert.equal(await findProcess(host, paths, 'agent'), undefined);
  assert.match(readFileSync(paths.log('agent'), 'utf8'), /hello\nbye\n/);
  assert.equal(await stopProcess(host, paths, 'agent', 5_000), false);
});

test('a process that will not go is killed after its grace', async () => {
  const paths = pathsIn(join(folder, 'b'));
  const code = "process.on('SIGTERM', () => undefined); console.log('stays'); setInterval(() => 0, 1000)";
  await startProcess(host, paths, { name: 'agent', ...node(code) });
  while ((await logTail(host, paths, 'agent', 5)).length === 0) await host.clock.sleep(10);
  assert.equal(await stopProcess(host, paths, 'agent', 100), true);
  assert.equal(await findProcess(host, paths, 'agent'), undefined);
});

test('a process that ended is not found, and its last words are', async () => {
  const paths = pathsIn(join(folder, 'c'));
  await startProcess(host, paths, { name: 'agent', ...node("console.error('no engine'); process.exit(3)") });
  while ((await findProcess(host, paths, 'agent')) !== undefined) await host.clock.sleep(10);
  assert.deepEqual(await logTail(host, paths, 'agent', 5), ['no engine']);
});

test('a command that cannot be started rejects, others tell their code', async () => {
  await assert.rejects(host.start({ command: '/nowhere/at-all', args: [], logFile: join(folder, 'x.log') }));
  await assert.rejects(host.run('/nowhere/at-all', []));
  assert.deepEqual(await host.run('sh', ['-c', 'echo out; echo err >&2; exit 4']), {
    code: 4,
    stdout: 'out\n',
    stderr: 'err\n',
  });
  assert.equal((await host.run('sleep', ['10'], { timeoutMs: 50 })).code, 124);
  assert.equal(await host.which('sh').then((path) => path?.endsWith('/sh')), true);
  assert.equal(await host.which('no-such-command-anywhere'), undefined);
});

test('files are replaced whole, private ones stay private, and growing ones are read on', async () => {
  const path = join(folder, 'deep', 'file');
  await host.writeFile(path, 'one', 0o600);
  await host.writeFile(path, 'two', 0o600);
  assert.equal(await host.readFile(path), 'two');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(await host.readFrom(path, 1), { text: 'wo', offset: 3 });
  writeFileSync(path, 'x');
  assert.deepEqual(await host.readFrom(path, 3), { text: 'x', offset: 1 });
  assert.deepEqual(await host.readFrom(join(folder, 'none'), 5), { text: '', offset: 0 });
  assert.equal(await host.readFile(join(folder, 'none')), undefined);
  assert.equal(await host.accessTo(join(folder, 'none')), 'absent');
  assert.equal(await host.fileSize(path), 1);
  await assert.rejects(host.writeFile(join(path, 'below'), 'x', 0o600), { code: /ENOTDIR|EEXIST/ });
});

test('ports, health and disk are told as they are', async () => {
  const server = createServer((_request, response) => response.end('{"status":"ok"}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    assert.equal(await host.portFree('127.0.0.1', port), false);
    assert.deepEqual(await host.get(`http://127.0.0.1:${port}/`, 1_000), { status: 200, body: '{"status":"ok"}' });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
  assert.equal(await host.portFree('127.0.0.1', port), true);
  assert.equal(await host.get(`http://127.0.0.1:${port}/`, 1_000), undefined);
  assert.ok(((await host.freeDiskMiB(join(folder, 'not', 'there'))) ?? 0) > 0);
});
