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
  #applied: { readonly frames: NftTable; readonly packets: NftTable | undefined } | undefined;
  #last: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(bridge: string, run: RunCommand, clock: Clock) {
    this.#bridge = bridge;
    this.#run = run;
    this.#clock = clock;
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
    await this.#sync();
  }

  /** What comes out of these wires is their tasks'. Resolves when the rules know, if there are any. */
  async plug(wires: ReadonlyMap<string, Wire>): Promise<void> {
    for (const [taskArn, wire] of wires) this.#wires.set(taskArn, wire);
    if (this.#isOn && wires.size > 0) await this.#sync();
  }

  async unplug(taskArn: string): Promise<void> {
    if (this.#wires.delete(taskArn) && this.#isOn) await this.#sync();
  }

  /** Resolves when the rules have the address; at once where none are enforced. @throws Error when no map brings it */
  async covers(ipv4Address: string): Promise<void> {
    const has = (): boolean => this.#applied?.packets?.sets.get('tasks')?.elements.has(ipv4Address) ?? false;
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
    await this.#last;
    this.#isOn = false;
    this.#applied = undefined;
    this.#maps = undefined;
    const { packets, frames } = tableNames(this.#bridge);
    // A host without the program has no rules either.
    await this.#run('nft', ['-f', '-'], clearText([packets, frames])).catch((error: unknown) => {
      if (this.#lacking === undefined) throw error;
    });
  }

  /** One run of nft at a time; who asks meanwhile shares the next. */
  #sync(): Promise<void> {
    this.#next ??= this.#last.then(() => {
      this.#next = undefined;
      return this.#apply();
    });
    this.#last = this.#next.catch(() => undefined);
    return this.#next;
  }

  async #apply(): Promise<void> {
    const before = this.#applied;
    const frames = frameTable(this.#bridge, wireGroup(this.#bridge), [...this.#wires.values()]);
    // Until the first map has come the packets' rules are those of the process before.
    const packets = this.#maps === undefined ? undefined : packetTable(this.#bridge, this.#maps);
    const wanted = packets === undefined ? [frames] : [frames, packets];
    const change =
      before === undefined || (before.packets === undefined && packets !== undefined)
        ? undefined
        : changeText(before.frames, frames) +
          (before.packets === undefined || packets === undefined ? '' : changeText(before.packets, packets));
    if (change !== '') await this.#write(change, wanted);
    this.#applied = { frames, packets };
    for (const wake of this.#waiting) wake();
  }

  /** Somebody may have taken the rules away (`nft flush ruleset`): what cannot be changed is written anew. */
  async #write(change: string | undefined, wanted: readonly NftTable[]): Promise<void> {
    const whole = (): Promise<unknown> => this.#run('nft', ['-f', '-'], wholeText(wanted));
    if (change === undefined) await whole();
    else await this.#run('nft', ['-f', '-'], change).catch(whole);
  }
}

function whyNot(error: CommandError): string {
  const consequence = 'Security groups are not enforced on this host: its tasks can all reach each other';
  return error.exitCode === undefined
    ? `${consequence}. It has no program nft: install the package nftables and start again.`
    : `${consequence}. Its kernel refuses the rules (${error.message.split('\n')[0]}): it needs nf_tables with the families ip and bridge, and connection tracking.`;
}
