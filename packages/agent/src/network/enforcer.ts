import type { Clock } from '@gantry/domain';
import type { NetworkMap } from '@gantry/protocol';
import { CommandError, type RunCommand } from './command.ts';
import { wireGroup } from './pause.ts';
import { changeText, clearText, wholeText, type NftTable } from './ruleset.ts';
import { frameTable, packetTable, tableNames, type Wire } from './security-rules.ts';

/** Maps come before the payloads whose tasks are in them: longer than this none is on its way. */
const MAP_WAIT_MS = 5_000;

/** Keeps the packet rules of one bridge what the newest maps and the tasks' wires ask for, by changes where it can. */
export class Enforcer {
  readonly #bridge: string;
  readonly #run: RunCommand;
  readonly #clock: Clock;
  readonly #wires = new Map<string, Wire>();
  readonly #waiting = new Set<() => void>();
  #lacking: string | undefined;
  #isOn = false;
  #maps: readonly NetworkMap[] | undefined;
  /** Apart, for a task that starts needs a change of each: they are made at the same time. */
  readonly #frames: KeptTable;
  readonly #packets: KeptTable;

  constructor(bridge: string, run: RunCommand, clock: Clock) {
    this.#bridge = bridge;
    this.#run = run;
    this.#clock = clock;
    this.#frames = new KeptTable(
      run,
      () => frameTable(bridge, wireGroup(bridge), [...this.#wires.values()]),
      () => this.#packets.again(),
    );
    this.#packets = new KeptTable(
      run,
      // Until the first map has come the packets' rules are those of the process before.
      () => (this.#maps === undefined ? undefined : packetTable(bridge, this.#maps)),
      () => this.#frames.again(),
    );
  }

  /** What this host lacks, with the way out. Known once prepared. */
  get lacking(): string | undefined {
    return this.#lacking;
  }

  /** Looks whether the kernel takes such rules, and whether those of an earlier process stand. */
  async prepare(): Promise<void> {
    const trial = wholeText([frameTable(this.#bridge, wireGroup(this.#bridge), []), packetTable(this.#bridge, [])]);
    try {
      await this.#run('nft', ['-c', '-f', '-'], trial);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      this.#lacking = whyNot(error);
      return;
    }
    this.#lacking = undefined;
    this.#isOn ||= await this.#run('nft', ['list', 'table', ...tableNames(this.#bridge).packets.split(' ')]).then(
      () => true,
      () => false,
    );
  }

  /** @throws Error with nft's words; the rules are then as they were */
  async enforce(maps: readonly NetworkMap[]): Promise<void> {
    if (this.#lacking !== undefined) return;
    this.#maps = maps;
    this.#isOn = true;
    await Promise.all([this.#packets.sync(), this.#frames.applied === undefined ? this.#frames.sync() : undefined]);
    for (const wake of this.#waiting) wake();
  }

  /** What comes out of these wires is their tasks'. Resolves when the rules know, if there are any. */
  async plug(wires: ReadonlyMap<string, Wire>): Promise<void> {
    for (const [taskArn, wire] of wires) this.#wires.set(taskArn, wire);
    if (this.#isOn && wires.size > 0) await this.#frames.sync();
  }

  async unplug(taskArn: string): Promise<void> {
    if (this.#wires.delete(taskArn) && this.#isOn) await this.#frames.sync();
  }

  /** Resolves when the rules have the address; at once where none are enforced. @throws Error when no map brings it */
  async covers(ipv4Address: string): Promise<void> {
    const has = (): boolean => this.#packets.applied?.sets.get('tasks')?.elements.has(ipv4Address) ?? false;
    if (!this.#isOn || has()) return;
    const giveUp = new AbortController();
    let wake = (): void => undefined;
    const arrived = new Promise<void>((resolve) => {
      wake = () => void (has() && resolve());
    });
    this.#waiting.add(wake);
    try {
      await Promise.race([arrived, this.#clock.sleep(MAP_WAIT_MS, giveUp.signal)]);
    } finally {
      this.#waiting.delete(wake);
      giveUp.abort();
    }
    if (has()) return;
    throw new Error(
      `The control plane has not said which security groups ${ipv4Address} has; without them its task must not run.`,
    );
  }

  /** Removes the rules. Idempotent. */
  async remove(): Promise<void> {
    this.#isOn = false;
    await Promise.all([this.#frames.end(), this.#packets.end()]);
    this.#maps = undefined;
    const { packets, frames } = tableNames(this.#bridge);
    // A host without the program has no rules either.
    await this.#run('nft', ['-f', '-'], clearText([packets, frames])).catch((error: unknown) => {
      if (this.#lacking === undefined) throw error;
    });
  }
}

/** A table of the kernel's that is kept as it should be: one run of nft at a time; who asks meanwhile shares the next. */
class KeptTable {
  readonly #run: RunCommand;
  readonly #wanted: () => NftTable | undefined;
  readonly #lost: () => Promise<void>;
  #applied: NftTable | undefined;
  #last: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  /** `lost`: what was applied was not there any more. */
  constructor(run: RunCommand, wanted: () => NftTable | undefined, lost: () => Promise<void>) {
    this.#run = run;
    this.#wanted = wanted;
    this.#lost = lost;
  }

  get applied(): NftTable | undefined {
    return this.#applied;
  }

  sync(): Promise<void> {
    this.#next ??= this.#last.then(() => {
      this.#next = undefined;
      return this.#apply();
    });
    this.#last = this.#next.catch(() => undefined);
    return this.#next;
  }

  /** Writes it whole, whatever is there. */
  again(): Promise<void> {
    this.#applied = undefined;
    return this.sync();
  }

  /** What is under way is over, and nothing counts as applied. */
  async end(): Promise<void> {
    await this.#last;
    this.#applied = undefined;
  }

  async #apply(): Promise<void> {
    const [before, wanted] = [this.#applied, this.#wanted()];
    if (wanted === undefined) return;
    const whole = (): Promise<unknown> => this.#run('nft', ['-f', '-'], wholeText([wanted]));
    const change = before === undefined ? undefined : changeText(before, wanted);
    if (change === undefined) await whole();
    else if (change !== '') {
      // Somebody may have taken the rules away (`nft flush ruleset`): what cannot be changed is written anew.
      await this.#run('nft', ['-f', '-'], change).catch(async () => {
        await whole();
        // Not waited for: the other table may be waiting for this one.
        void this.#lost().catch(() => undefined);
      });
    }
    this.#applied = wanted;
  }
}

function whyNot(error: CommandError): string {
  const consequence = 'Security groups are not enforced on this host: its tasks can all reach each other';
  return error.exitCode === undefined
    ? `${consequence}. It has no program nft: install the package nftables and start again.`
    : `${consequence}. Its kernel refuses the rules (${error.message.split('\n')[0]}): it needs nf_tables with the families ip and bridge, and connection tracking.`;
}
