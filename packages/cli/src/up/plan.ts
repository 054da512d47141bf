/** What was found on the machine. Gathered by `facts.ts`, judged here and by the doctor. */
export interface MachineFacts {
  readonly root: boolean;
  readonly systemd: boolean;
  readonly aptGet: boolean;
  readonly sudo: boolean;
  readonly engine: EngineFact;
  /** DOCKER_HOST, when it is set: the user's own choice of engine. */
  readonly dockerHost?: string | undefined;
  readonly dockerd: boolean;
  readonly haproxy: boolean;
  readonly crun: boolean;
  /** gVisor. */
  readonly runsc: boolean;
  /** A busybox that needs no shared library: what the sample image is made of. */
  readonly staticBusybox: boolean;
  readonly ip: boolean;
  readonly packetFilter: boolean;
  readonly nft: boolean;
}

export type EngineFact =
  | {
      readonly kind: 'answers';
      readonly serverVersion: string;
      readonly apiVersion: string;
      readonly runtimes: readonly string[];
      readonly cgroupVersion: string;
      readonly cgroupDriver: string;
      readonly storageDriver: string;
    }
  | { readonly kind: 'silent' }
  | { readonly kind: 'denied' };

export interface Package {
  readonly name: string;
  readonly why: string;
  /** Gantry cannot run without it. */
  readonly required: boolean;
}

export interface UpPlan {
  readonly packages: readonly Package[];
  /** What is done so that an engine answers. */
  readonly engine: 'answers' | 'systemctl' | 'dockerd';
  /** In front of apt-get and dockerd when we are not root. */
  readonly sudo: boolean;
  readonly refusal?: { readonly message: string; readonly wayOut: string } | undefined;
  readonly warnings: readonly string[];
}

const USUAL_SOCKETS: ReadonlySet<string> = new Set(['unix:///var/run/docker.sock', 'unix:///run/docker.sock']);

/** The engine the user named is not the one that `up` would start. */
export function foreignEngine({ dockerHost }: Pick<MachineFacts, 'dockerHost'>): string | undefined {
  return dockerHost === undefined || USUAL_SOCKETS.has(dockerHost) ? undefined : dockerHost;
}

/** What `up` will do to this machine before it starts anything of its own; pure, so that every machine is a row of a table. */
export function planUp(facts: MachineFacts, options: { readonly install: boolean }): UpPlan {
  const missing = missingPackages(facts);
  const engine = facts.engine.kind === 'answers' ? 'answers' : facts.systemd ? 'systemctl' : 'dockerd';
  const plan = { packages: missing, engine, sudo: !facts.root, warnings: [] } as const;
  const refusal = refusedEngine(facts);
  if (refusal !== undefined) return { ...plan, packages: [], refusal };
  const required = missing.filter((p) => p.required);
  const unable = whyNotInstall(facts, options);
  if (missing.length > 0 && unable !== undefined) {
    if (required.length === 0) {
      return {
        ...plan,
        packages: [],
        warnings: missing.map((p) => `${p.name} is missing (${p.why}): ${unable.reason}`),
      };
    }
    const names = required.map((p) => p.name).join(' ');
    return {
      ...plan,
      refusal: { message: `${names}: needed, not here, and ${unable.reason}.`, wayOut: unable.wayOut(names) },
    };
  }
  if (engine !== 'answers' && !facts.root && !facts.sudo) {
    return {
      ...plan,
      refusal: {
        message: 'no Docker Engine answers, and starting one needs root.',
        wayOut: 'Start it (as root: dockerd), or run ./gantry up as root.',
      },
    };
  }
  return plan;
}

/** The engine there is, or the one that is named, is none we can use. */
function refusedEngine(facts: MachineFacts): UpPlan['refusal'] {
  const foreign = foreignEngine(facts);
  if (foreign?.startsWith('unix://') === false) {
    return {
      message: `DOCKER_HOST is ${foreign}: tasks need an engine on this machine, at a unix socket.`,
      wayOut: 'Unset DOCKER_HOST, or set it to unix:///path/of/the.sock.',
    };
  }
  if (facts.engine.kind === 'denied') {
    return {
      message: 'the Docker Engine is there, but this user may not talk to its socket.',
      wayOut: 'Run it as root (sudo ./gantry up), or add the user to the docker group and log in again.',
    };
  }
  if (foreign === undefined || facts.engine.kind === 'answers') return undefined;
  return {
    message: `no Docker Engine answers at ${foreign}, which DOCKER_HOST names.`,
    wayOut: 'Start that engine, or unset DOCKER_HOST to use (and have started) the one at /var/run/docker.sock.',
  };
}

function missingPackages(facts: MachineFacts): readonly Package[] {
  const engineComes = facts.engine.kind !== 'answers';
  const wanted: readonly (Package & { readonly missing: boolean })[] = [
    {
      name: 'docker.io',
      why: 'the Docker Engine, which runs the containers',
      required: true,
      missing: engineComes && !facts.dockerd,
    },
    { name: 'iproute2', why: 'addresses for awsvpc tasks (ip)', required: true, missing: !facts.ip },
    { name: 'iptables', why: 'port mappings and routing of tasks', required: true, missing: !facts.packetFilter },
    { name: 'nftables', why: 'metadata and task roles in containers (nft)', required: false, missing: !facts.nft },
    {
      name: 'busybox-static',
      why: 'the sample image gantry/hello is made of it',
      required: false,
      missing: !facts.staticBusybox,
    },
    { name: 'haproxy', why: 'load balancers', required: false, missing: !facts.haproxy },
    // A runtime is told to the engine when it starts: an engine that runs already is left as it is.
    { name: 'crun', why: 'starts containers faster than runc', required: false, missing: engineComes && !facts.crun },
    {
      name: 'runsc',
      why: 'gVisor: FARGATE tasks get a kernel of their own',
      required: false,
      missing: engineComes && !facts.runsc,
    },
  ];
  return wanted.filter((p) => p.missing).map(({ name, why, required }) => ({ name, why, required }));
}

function whyNotInstall(
  facts: MachineFacts,
  options: { readonly install: boolean },
): { readonly reason: string; wayOut(names: string): string } | undefined {
  if (!options.install) {
    return { reason: 'installing was forbidden (--no-install)', wayOut: (names) => `Install by hand: ${names}.` };
  }
  if (!facts.aptGet) {
    return {
      reason: 'there is no apt-get to install it with',
      wayOut: (names) => `Install the equivalent of the Debian packages ${names} with this system's own tool.`,
    };
  }
  if (!facts.root && !facts.sudo) {
    return {
      reason: 'installing needs root, and there is no sudo',
      wayOut: (names) => `As root: apt-get install ${names}`,
    };
  }
  return undefined;
}

/** The command that installs them, as it is shown and as it is run. */
export function installCommand(packages: readonly Package[], sudo: boolean): readonly string[] {
  const apt = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', 'install', '-y', '-q', '--no-install-recommends'];
  return [...(sudo ? ['sudo'] : []), ...apt, ...packages.map((p) => p.name)];
}
