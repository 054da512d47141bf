import type { Host } from '../host/port.ts';
import type { EngineFact, MachineFacts } from './plan.ts';

/** Looks at the machine; changes nothing. */
export async function gatherFacts(host: Host): Promise<MachineFacts> {
  const has = async (command: string): Promise<boolean> => (await host.which(command)) !== undefined;
  const [engine, systemd, aptGet, sudo, dockerd, haproxy, crun, runsc, ip, iptables, nft, staticBusybox] =
    await Promise.all([
      engineFact(host),
      host.accessTo('/run/systemd/system').then((access) => access !== 'absent'),
      has('apt-get'),
      has('sudo'),
      has('dockerd'),
      has('haproxy'),
      has('crun'),
      has('runsc'),
      has('ip'),
      has('iptables'),
      has('nft'),
      isStatic(host, 'busybox'),
    ]);
  const packetFilter = iptables || nft;
  const root = host.facts.uid === 0;
  const dockerHost = host.env['DOCKER_HOST'] || undefined;
  return {
    root,
    systemd,
    aptGet,
    sudo,
    engine,
    dockerHost,
    dockerd,
    haproxy,
    crun,
    runsc,
    ip,
    packetFilter,
    nft,
    staticBusybox,
  };
}

/** Who answers at the engine's socket. */
export async function engineFact(host: Host): Promise<EngineFact> {
  const [version, info] = await Promise.all([host.engineGet('/version'), host.engineGet('/info')]);
  if (version?.status !== 200 || info?.status !== 200) {
    return { kind: (await host.accessTo(host.facts.engineSocket)) === 'denied' ? 'denied' : 'silent' };
  }
  const v = JSON.parse(version.body) as { Version?: string; ApiVersion?: string };
  const i = JSON.parse(info.body) as {
    Runtimes?: Record<string, unknown>;
    CgroupVersion?: string;
    CgroupDriver?: string;
    Driver?: string;
  };
  return {
    kind: 'answers',
    serverVersion: v.Version ?? '',
    apiVersion: v.ApiVersion ?? '',
    runtimes: Object.keys(i.Runtimes ?? {}),
    cgroupVersion: i.CgroupVersion ?? '1',
    cgroupDriver: i.CgroupDriver ?? '',
    storageDriver: i.Driver ?? '',
  };
}

/** An ELF file without an interpreter segment: it runs in an image that holds nothing else. */
async function isStatic(host: Host, command: string): Promise<boolean> {
  const path = await host.which(command);
  if (path === undefined) return false;
  const answer = await host.run('ldd', [path], { timeoutMs: 5_000 }).catch(() => undefined);
  return answer !== undefined && /not a dynamic executable|statically linked/.test(answer.stdout + answer.stderr);
}
