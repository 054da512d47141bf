import { CommandError, type RunCommand } from './command.ts';
import { formatNetwork, type Network } from './address.ts';
import { overlayName } from './overlay-plan.ts';

/**
 * Packet rules for one bridge: out to the world under the host's address, in only as answers, from this host's containers,
 * or by the way to other hosts, whose tasks meet these under their own addresses.
 */
export interface Firewall {
  /** Makes the rules what they should be for these networks. Idempotent. */
  apply(networks: readonly Network[]): Promise<void>;
  /** Removes them all. Idempotent. */
  remove(): Promise<void>;
}

/** iptables where the host has it (Docker drops in its chains, and only a rule inside them can accept), else nft. */
export async function findFirewall(bridge: string, run: RunCommand): Promise<Firewall> {
  if (await works(run, 'iptables', ['--version'])) return iptables(bridge, run);
  if (await works(run, 'nft', ['--version'])) return nft(bridge, run);
  throw new Error('Neither iptables nor nft was found; tasks need one of them to reach the network. Install iptables.');
}

function iptables(bridge: string, run: RunCommand): Firewall {
  const forward = `GANTRY-FWD-${bridge}`;
  const nat = `GANTRY-NAT-${bridge}`;
  const table = async (...args: string[]): Promise<boolean> => works(run, 'iptables', ['-w', '5', ...args]);
  // Docker jumps to DOCKER-USER before any of its own rules, and leaves what is in it alone.
  const parent = async (): Promise<string> => ((await table('-S', 'DOCKER-USER')) ? 'DOCKER-USER' : 'FORWARD');
  const hook = async (tableName: string, chain: string, target: string): Promise<void> => {
    if (await table('-t', tableName, '-C', chain, '-j', target)) return;
    await run('iptables', ['-w', '5', '-t', tableName, '-I', chain, '1', '-j', target]);
  };
  return {
    async apply(networks) {
      // Naming a chain in the input empties it: the rules are replaced as one, never doubled.
      await run('iptables-restore', ['-n', '-w', '5'], iptablesRules(bridge, forward, nat, networks));
      await hook('filter', await parent(), forward);
      await hook('nat', 'POSTROUTING', nat);
    },
    async remove() {
      for (const [tableName, chain, target] of [
        ['filter', 'DOCKER-USER', forward],
        ['filter', 'FORWARD', forward],
        ['nat', 'POSTROUTING', nat],
      ] as const) {
        while (await table('-t', tableName, '-D', chain, '-j', target));
      }
      for (const [tableName, chain] of [
        ['filter', forward],
        ['nat', nat],
      ] as const) {
        await table('-t', tableName, '-F', chain);
        await table('-t', tableName, '-X', chain);
      }
    },
  };
}

function iptablesRules(bridge: string, forward: string, nat: string, networks: readonly Network[]): string {
  return [
    '*filter',
    `:${forward} - [0:0]`,
    `-A ${forward} -i ${bridge} -j ACCEPT`,
    `-A ${forward} -o ${bridge} -m conntrack --ctstate RELATED,ESTABLISHED,DNAT -j ACCEPT`,
    // Containers of Docker's own bridges on this host; machines of the outer network get no way in.
    `-A ${forward} -i docker0 -o ${bridge} -j ACCEPT`,
    `-A ${forward} -i br-+ -o ${bridge} -j ACCEPT`,
    `-A ${forward} -i ${overlayName(bridge)} -o ${bridge} -j ACCEPT`,
    'COMMIT',
    '*nat',
    `:${nat} - [0:0]`,
    `-A ${nat} -o ${overlayName(bridge)} -j RETURN`,
    ...networks.map((network) => `-A ${nat} -s ${formatNetwork(network)} ! -o ${bridge} -j MASQUERADE`),
    'COMMIT',
    '',
  ].join('\n');
}

function nft(bridge: string, run: RunCommand): Firewall {
  const table = `ip gantry-${bridge}`;
  // Adding before deleting makes the deletion safe when there is nothing yet; all lines take effect as one.
  const clear = `add table ${table}\ndelete table ${table}\n`;
  return {
    async apply(networks) {
      const masquerade = networks.map(
        (network) =>
          `    ip saddr ${formatNetwork(network)} oifname != { "${bridge}", "${overlayName(bridge)}" } masquerade`,
      );
      const rules = [
        `table ${table} {`,
        '  chain forward {',
        '    type filter hook forward priority filter; policy accept;',
        `    iifname "${bridge}" accept`,
        `    oifname "${bridge}" ct state established,related accept`,
        `    oifname "${bridge}" ct status dnat accept`,
        `    iifname "docker0" oifname "${bridge}" accept`,
        `    iifname "br-*" oifname "${bridge}" accept`,
        `    iifname "${overlayName(bridge)}" oifname "${bridge}" accept`,
        `    oifname "${bridge}" drop`,
        '  }',
        '  chain postrouting {',
        '    type nat hook postrouting priority srcnat; policy accept;',
        ...masquerade,
        '  }',
        '}',
        '',
      ];
      await run('nft', ['-f', '-'], clear + rules.join('\n'));
    },
    async remove() {
      await run('nft', ['-f', '-'], clear);
    },
  };
}

async function works(run: RunCommand, program: string, args: readonly string[]): Promise<boolean> {
  try {
    await run(program, args);
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}
