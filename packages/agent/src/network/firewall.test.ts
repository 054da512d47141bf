import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { networkOf } from './address.ts';
import { CommandError, runCommand, type RunCommand } from './command.ts';
import { findFirewall } from './firewall.ts';

/** All in one throw-away network namespace, held by a process of its own: this host's rules are never touched. */
const skip = await why();

async function why(): Promise<string | false> {
  try {
    await runCommand('unshare', ['-n', 'true']);
    return false;
  } catch (error) {
    const reason = `Tests of packet rules NOT RUN: ${error instanceof Error ? error.message : String(error)}`;
    console.error(`\n*** ${reason} ***\n`);
    return reason;
  }
}

async function inNamespace(without: readonly string[], work: (run: RunCommand) => Promise<void>): Promise<void> {
  const name = `gantry-test-${process.pid}`;
  await runCommand('ip', ['netns', 'add', name]);
  try {
    await work((program, args, input) => {
      if (without.includes(program)) return Promise.reject(new CommandError(`Cannot run ${program}`, undefined));
      return runCommand('ip', ['netns', 'exec', name, program, ...args], input);
    });
  } finally {
    await runCommand('ip', ['netns', 'delete', name]);
  }
}

describe('packet rules', { skip }, () => {
  const networks = [networkOf('10.0.0.1/24'), networkOf('10.0.1.1/24')];

  it('iptables: twice is once, and gone is gone', () =>
    inNamespace([], async (run) => {
      const before = await run('iptables-save', []);
      const firewall = await findFirewall('gantryx', run);
      await firewall.apply(networks.slice(0, 1));
      await firewall.apply(networks);
      const saved = await run('iptables-save', []);
      assert.equal(saved.match(/-A FORWARD -j GANTRY-FWD-gantryx/g)?.length, 1);
      assert.equal(saved.match(/-j MASQUERADE/g)?.length, 2);
      assert.match(saved, /-o gantryx-vx -j RETURN[^]*MASQUERADE/, 'tasks meet those of other hosts as who they are');
      assert.match(saved, /-A GANTRY-FWD-gantryx -i gantryx-vx -o gantryx -j ACCEPT/);
      assert.equal(saved.match(/-A GANTRY-FWD-gantryx -i gantryx -j ACCEPT/g)?.length, 1);
      await firewall.remove();
      await firewall.remove();
      assert.doesNotMatch(await run('iptables-save', []), /GANTRY/);
      assert.doesNotMatch(before, /GANTRY/);
    }));

  it('iptables: goes before what Docker drops', () =>
    inNamespace([], async (run) => {
      await run('iptables', ['-N', 'DOCKER-USER']);
      const firewall = await findFirewall('gantryx', run);
      await firewall.apply(networks);
      assert.match(await run('iptables', ['-S', 'DOCKER-USER']), /-A DOCKER-USER -j GANTRY-FWD-gantryx/);
      await firewall.remove();
      assert.doesNotMatch(await run('iptables-save', []), /GANTRY/);
    }));

  it('nft: twice is once, and gone is gone', () =>
    inNamespace(['iptables'], async (run) => {
      const firewall = await findFirewall('gantryx', run);
      await firewall.apply(networks.slice(0, 1));
      await firewall.apply(networks);
      const rules = await run('nft', ['list', 'ruleset']);
      assert.equal(rules.match(/masquerade/g)?.length, 2);
      assert.match(rules, /iifname "gantryx" accept/);
      assert.match(rules, /iifname "gantryx-vx" oifname "gantryx" accept/);
      assert.match(rules, /oifname != \{ "gantryx", "gantryx-vx" \} masquerade/);
      await firewall.remove();
      await firewall.remove();
      assert.doesNotMatch(await run('nft', ['list', 'ruleset']), /gantryx/);
    }));
});
