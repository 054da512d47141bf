import assert from 'node:assert/strict';
import { test } from 'node:test';
import { examine, hasFailed, type Findings } from './checks.ts';
import { doctorLines } from './doctor.ts';

const WELL: Findings = {
  machine: {
    root: true,
    systemd: false,
    aptGet: true,
    sudo: false,
    engine: {
      kind: 'answers',
      serverVersion: '24.0',
      apiVersion: '1.43',
      runtimes: ['runc', 'crun', 'gantry-runsc'],
      cgroupVersion: '2',
      cgroupDriver: 'systemd',
      storageDriver: 'overlay2',
    },
    dockerd: true,
    haproxy: true,
    crun: true,
    runsc: true,
    staticBusybox: true,
    ip: true,
    packetFilter: true,
    nft: true,
  },
  nodeVersion: '24.21.0',
  architecture: 'x86_64',
  kernel: '6.1',
  dataDir: '/var/lib/gantry',
  dataDirProblem: undefined,
  keyFile: '/etc/gantry/seal.key',
  keys: 1,
  freeDiskMiB: 50_000,
  seesEngineFiles: true,
  openFiles: 65_536,
  memoryMiB: 8_192,
  crunWorks: true,
  runscWorks: true,
  sandboxConfig: '{}',
  port: 4566,
  portOwner: 'free',
  problems: 'not running',
  forwarding: true,
  nowMs: Date.UTC(2026, 10, 22),
  programMs: Date.UTC(2026, 10, 20),
};
const machine = (given: Partial<Findings['machine']>): Findings => ({
  ...WELL,
  machine: { ...WELL.machine, ...given },
});
const engine = (given: Partial<Extract<Findings['machine']['engine'], { kind: 'answers' }>>): Findings =>
  machine({
    engine: { ...(WELL.machine.engine as Extract<Findings['machine']['engine'], { kind: 'answers' }>), ...given },
  });

const rows: readonly (readonly [string, Findings, readonly string[]])[] = [
  ['a machine that is well', WELL, []],
  ['an old Node', { ...WELL, nodeVersion: '22.17.1' }, ['fail node']],
  ['a control plane that complains', { ...WELL, problems: ['No TLS.'] }, ['warn control plane']],
  ['one that does not', { ...WELL, problems: [] }, []],
  ['one that is stuck', { ...WELL, problems: 'silent' }, ['warn control plane']],
  ['no root', machine({ root: false }), ['warn user']],
  ['an engine on another machine', machine({ dockerHost: 'tcp://build.example:2375' }), ['fail engine']],
  [
    'an engine named that does not answer',
    machine({ engine: { kind: 'silent' }, dockerHost: 'unix:///run/user/1000/docker.sock' }),
    ['fail engine', 'fail engine API', 'warn cgroups', 'warn runtimes', 'warn isolation'],
  ],
  [
    'no engine',
    machine({ engine: { kind: 'silent' }, dockerd: false }),
    ['fail engine', 'fail engine API', 'warn cgroups', 'warn runtimes', 'warn isolation'],
  ],
  ['an old engine', engine({ apiVersion: '1.39' }), ['fail engine API']],
  ['an engine without crun', engine({ runtimes: ['runc', 'gantry-runsc'] }), ['warn runtimes']],
  ['crun that does not work', { ...engine({ runtimes: ['runc', 'gantry-runsc'] }), crunWorks: false }, []],
  ['a shared kernel', engine({ runtimes: ['runc', 'crun'] }), ['warn isolation']],
  ['gVisor without the wrapper', engine({ runtimes: ['runc', 'crun', 'runsc'] }), ['warn isolation']],
  ['gVisor that does not work', { ...WELL, runscWorks: false }, ['warn isolation']],
  ['kata', engine({ runtimes: ['runc', 'crun', 'kata-qemu'] }), []],
  ['no ip', machine({ ip: false }), ['fail iproute2']],
  ['no haproxy', machine({ haproxy: false }), ['warn haproxy']],
  ['a taken port', { ...WELL, portOwner: 'another' }, ['fail port']],
  ['its own port', { ...WELL, portOwner: 'gantry' }, []],
  ['a data directory of another', { ...WELL, dataDirProblem: 'denied' }, ['fail data directory']],
  ['no key file yet', { ...WELL, keys: 'absent' }, []],
  ['a key file of another', { ...WELL, keys: 'denied' }, ['fail key file']],
  ['a key file that is none', { ...WELL, keys: 'damaged' }, ['fail key file']],
  ['an engine whose files cannot be seen', { ...WELL, seesEngineFiles: false }, ['warn task disk']],
  ['no engine to ask where they are', { ...WELL, seesEngineFiles: undefined }, []],
  ['a full disk', { ...WELL, freeDiskMiB: 100 }, ['fail disk']],
  ['a disk nearly full', { ...WELL, freeDiskMiB: 1_000 }, ['warn disk']],
  ['few open files', { ...WELL, openFiles: 1_024 }, ['warn open files']],
  ['a clock of 1970', { ...WELL, nowMs: 0 }, ['fail clock']],
  ['a clock before the program', { ...WELL, nowMs: Date.UTC(2026, 9, 1) }, ['fail clock']],
];
for (const [name, findings, expected] of rows) {
  test(`the doctor on ${name}`, () => {
    const checks = examine(findings);
    assert.deepEqual(
      checks.filter((check) => check.verdict !== 'ok').map((check) => `${check.verdict} ${check.name}`),
      expected,
    );
    assert.equal(
      hasFailed(checks),
      expected.some((line) => line.startsWith('fail')),
    );
    for (const check of checks) assert.equal(check.wayOut === '', check.verdict === 'ok');
    assert.equal(checks.length, examine(WELL).length);
    assert.match(doctorLines(checks).at(-1) ?? '', /\d+ ok, \d+ warnings, \d+ failed/);
  });
}
