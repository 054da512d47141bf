import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installCommand, planUp, type MachineFacts } from './plan.ts';

const ENGINE = {
  kind: 'answers',
  serverVersion: '20.10.24',
  apiVersion: '1.41',
  runtimes: ['runc'],
  cgroupVersion: '2',
  cgroupDriver: 'systemd',
  storageDriver: 'overlay2',
} as const;
const FULL: MachineFacts = {
  root: true,
  systemd: true,
  aptGet: true,
  sudo: true,
  engine: ENGINE,
  dockerd: true,
  haproxy: true,
  crun: true,
  runsc: true,
  staticBusybox: true,
  ip: true,
  packetFilter: true,
  nft: true,
};
const BARE: MachineFacts = {
  ...FULL,
  engine: { kind: 'silent' },
  dockerd: false,
  haproxy: false,
  crun: false,
  runsc: false,
  staticBusybox: false,
  ip: false,
  packetFilter: false,
  nft: false,
};

const rows: readonly (readonly [string, MachineFacts, boolean, string])[] = [
  ['everything there', FULL, true, 'answers'],
  [
    'nothing there, root',
    BARE,
    true,
    'systemctl: docker.io iproute2 iptables nftables busybox-static haproxy crun runsc',
  ],
  [
    'nothing there, no systemd',
    { ...BARE, systemd: false },
    true,
    'dockerd: docker.io iproute2 iptables nftables busybox-static haproxy crun runsc',
  ],
  [
    'nothing there, a user with sudo',
    { ...BARE, root: false },
    true,
    'sudo systemctl: docker.io iproute2 iptables nftables busybox-static haproxy crun runsc',
  ],
  ['engine installed but stopped', { ...FULL, engine: { kind: 'silent' } }, true, 'systemctl'],
  ['an engine that runs gets no crun', { ...FULL, crun: false }, true, 'answers'],
  ['recommended ones only', { ...FULL, haproxy: false }, true, 'answers: haproxy'],
  ['recommended ones, installing forbidden', { ...FULL, haproxy: false }, false, 'answers! haproxy is missing'],
  [
    'needed ones, installing forbidden',
    { ...FULL, ip: false },
    false,
    'REFUSED iproute2: needed, not here, and installing was forbidden (--no-install).',
  ],
  [
    'no apt',
    { ...BARE, aptGet: false },
    true,
    'REFUSED docker.io iproute2 iptables: needed, not here, and there is no apt-get',
  ],
  [
    'neither root nor sudo',
    { ...BARE, root: false, sudo: false },
    true,
    'REFUSED docker.io iproute2 iptables: needed, not here, and installing needs root',
  ],
  [
    'engine stopped, neither root nor sudo',
    { ...FULL, engine: { kind: 'silent' }, root: false, sudo: false },
    true,
    'REFUSED no Docker Engine answers, and starting one needs root.',
  ],
  [
    'not in the docker group',
    { ...FULL, engine: { kind: 'denied' }, root: false },
    true,
    'REFUSED the Docker Engine is there, but',
  ],
  [
    'the usual engine named, and stopped',
    { ...FULL, engine: { kind: 'silent' }, dockerHost: 'unix:///var/run/docker.sock' },
    true,
    'systemctl',
  ],
  ['another engine named, which answers', { ...FULL, dockerHost: 'unix:///run/other.sock' }, true, 'answers'],
  [
    'another engine named, which is silent',
    { ...FULL, engine: { kind: 'silent' }, dockerHost: 'unix:///run/other.sock' },
    true,
    'REFUSED no Docker Engine answers at unix:///run/other.sock, which DOCKER_HOST names.',
  ],
  [
    'an engine far away',
    { ...FULL, dockerHost: 'tcp://build.example:2375' },
    true,
    'REFUSED DOCKER_HOST is tcp://build.example:2375: tasks need an engine on this machine',
  ],
];

for (const [name, facts, install, expected] of rows) {
  test(`up on a machine with ${name}`, () => {
    const plan = planUp(facts, { install });
    const packages = plan.packages.map((p) => p.name).join(' ');
    const does = `${plan.sudo ? 'sudo ' : ''}${plan.engine}${packages === '' ? '' : `: ${packages}`}`;
    const told = plan.refusal !== undefined ? `REFUSED ${plan.refusal.message}` : [does, ...plan.warnings].join('! ');
    assert.ok(told.startsWith(expected), `${told}\nshould begin with\n${expected}`);
    if (expected === 'answers' || expected === 'systemctl') assert.equal(told, expected);
    if (plan.refusal !== undefined) assert.match(plan.refusal.wayOut, /\S/);
  });
}

test('the install command is what is shown', () => {
  const packages = [{ name: 'haproxy', why: '', required: false }];
  assert.equal(
    installCommand(packages, true).join(' '),
    'sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends haproxy',
  );
});
