import { targetKey, type Target } from '@gantry/domain';
import { SETTLED, type Controller, type Outcome } from '../controllers/driver.ts';
import type { Platform } from '../platform.ts';
import type { Change, Tx } from '../state/state.ts';
import { decideBalancing, type TargetChange } from './decide.ts';
import type { Proxy } from './port.ts';
import { renderConfig, serverOf, type RenderSettings } from './render.ts';
import { parseStats, type ServerStat } from './stats.ts';
import { backendOf, readView, type BalancingView } from './view.ts';

const KINDS = new Set(['load-balancer', 'listener', 'listener-rule', 'target-group', 'target']);
const KEY = 'proxy';
/** How soon the health checks' results are looked at. */
const SOON_MS = 250;
const STEADY_MS = 1000;

/** Keeps the proxy at what the documents of load balancing say, and target health at what the proxy finds. One key. */
export class LoadBalancerController implements Controller {
  readonly name = 'load-balancer';
  readonly #platform: Platform;
  readonly #proxy: Proxy;
  readonly #settings: RenderSettings;

  constructor(platform: Platform, proxy: Proxy, settings: RenderSettings) {
    this.#platform = platform;
    this.#proxy = proxy;
    this.#settings = settings;
  }

  keys(): readonly string[] {
    return [KEY];
  }

  wakes({ kind, before, after }: Change): readonly string[] {
    if (!KINDS.has(kind)) return [];
    // Most changes of targets are our own: what the checks have found.
    const [was, is] = [before, after] as [Target | undefined, Target | undefined];
    const isOurs = kind === 'target' && was?.serial === is?.serial && is?.state !== 'draining';
    return isOurs ? [] : [KEY];
  }

  async reconcile(): Promise<Outcome> {
    const { state } = this.#platform;
    const view = readView(state.tables);
    if (view.listeners.length === 0) return this.#withoutListeners();
    await this.#ensureConfig(view);
    const [csv = ''] = await this.#proxy.run(['show stat -1 4 -1']);
    const oldWorkers = await this.#proxy.oldWorkers();
    const seen = { view, servers: parseStats(csv), oldWorkers, now: this.#platform.clock.now() };
    const { commands, changes } = decideBalancing(seen);
    if (commands.length > 0) this.#log(commands, await this.#proxy.run(commands));
    await this.#store([...changes, ...unusedDraining(state.tables.targets.values(), view)]);
    const targets = view.groups.flatMap((group) => group.targets);
    if (targets.length === 0) return SETTLED;
    const isMoving = targets.some((target) => target.state === 'initial' || target.state === 'draining');
    return { kind: 'again', afterMs: isMoving ? SOON_MS : STEADY_MS };
  }

  async #withoutListeners(): Promise<Outcome> {
    if ((await this.#proxy.generation()) !== undefined) await this.#proxy.stop();
    await this.#store(unusedDraining(this.#platform.state.tables.targets.values(), { groups: [], listeners: [] }));
    return SETTLED;
  }

  async #ensureConfig(view: BalancingView): Promise<void> {
    const generation = await this.#proxy.generation();
    const planned = renderConfig(view, this.#settings, () => false);
    if (generation === planned.generation) return;
    const servers = generation === undefined ? [] : parseStats((await this.#proxy.run(['show stat -1 4 -1']))[0] ?? '');
    const config = renderConfig(view, this.#settings, isServing(servers));
    await this.#proxy.apply(config);
    const listeners = view.listeners.map(({ listener }) => `${this.#settings.address}:${listener.hostPort}`);
    this.#platform.log('info', 'load balancers listen', { listeners });
  }

  async #store(changes: readonly TargetChange[]): Promise<void> {
    if (changes.length === 0) return;
    await this.#platform.state.transact((tx) => {
      for (const change of changes) applyChange(tx, change);
    });
  }

  #log(commands: readonly string[], answers: readonly string[]): void {
    this.#platform.log('debug', 'proxy commands', { commands, answers });
  }
}

/** After a reload the proxy goes on with those it had; with a group that is used anew, with those last found healthy. */
function isServing(servers: readonly ServerStat[]): (target: Target) => boolean {
  const live = new Set(servers.map(({ backend, server }) => `${backend}/${server}`));
  return (target) => target.state === 'healthy' || live.has(`${backendOf(target.targetGroupArn)}/${serverOf(target)}`);
}

/** Nothing is sent to groups without a listener: their targets have nothing to finish. */
function unusedDraining(targets: Iterable<Target>, view: BalancingView): readonly TargetChange[] {
  const used = new Set(view.groups.map(({ group }) => group.arn));
  const unused = [...targets].filter(({ state, targetGroupArn }) => state === 'draining' && !used.has(targetGroupArn));
  return unused.map((target) => ({ kind: 'gone', target }));
}

function applyChange(tx: Tx, change: TargetChange): void {
  const { targetGroupArn, id, port, serial } = change.target;
  const key = targetKey(targetGroupArn, id, port);
  const target = tx.tables.targets.get(key);
  if (target === undefined || target.serial !== serial) return;
  const said = (type: string, text: string): void =>
    tx.event({ subject: targetGroupArn, type, because: 'reported', text: `Target ${id}:${port} ${text}` });
  if (change.kind === 'gone') {
    tx.delete(tx.tables.targets, key);
    return said('target.gone', 'has drained.');
  }
  if (target.state === 'draining') return; // deregistered meanwhile
  tx.put(tx.tables.targets, key, { ...target, ...change.to });
  if (target.state === change.to.state) return;
  const { state, reason, description } = change.to;
  said(`target.${state}`, reason === undefined ? `is ${state}.` : `is ${state}: ${description} (${reason}).`);
}
