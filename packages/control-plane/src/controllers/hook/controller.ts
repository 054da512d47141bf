import type { HookRun, ServiceDeployment } from '@gantry/domain';
import type { Platform } from '../../platform.ts';
import type { Change } from '../../state/state.ts';
import { SETTLED, type Controller, type Outcome } from '../driver.ts';
import { putServiceDeployment } from '../service/service-deployment-documents.ts';
import { answered, dueHooks, eventOf, failedHook, functionName } from './decide.ts';
import type { HookCaller } from './port.ts';

/** A Lambda function ends by then. */
const CALL_LIMIT_MS = 15 * 60_000;

/** Asks the functions of lifecycle hooks. Keys: keys of service deployments. */
export class HookController implements Controller {
  readonly name = 'hook';
  readonly #platform: Platform;
  readonly #caller: HookCaller;
  readonly #stop: AbortSignal;
  /** Ids of the hooks being asked. After a restart they are asked again. */
  readonly #asking = new Set<string>();

  constructor(platform: Platform, caller: HookCaller, stop: AbortSignal) {
    this.#platform = platform;
    this.#caller = caller;
    this.#stop = stop;
  }

  keys(): readonly string[] {
    const { serviceDeployments } = this.#platform.state.tables;
    return [...serviceDeployments.keys].filter((key) => serviceDeployments.get(key)?.shift !== undefined);
  }

  wakes({ kind, key, after }: Change): readonly string[] {
    return kind === 'service-deployment' && (after as ServiceDeployment | undefined)?.shift !== undefined ? [key] : [];
  }

  reconcile(key: string): Promise<Outcome> {
    const { state, clock } = this.#platform;
    const deployment = state.tables.serviceDeployments.get(key);
    if (deployment === undefined) return Promise.resolve(SETTLED);
    const now = clock.now();
    const { due, nextAt } = dueHooks(deployment, now);
    for (const hook of due) this.#ask(key, deployment, hook);
    return Promise.resolve(nextAt === undefined ? SETTLED : { kind: 'again', afterMs: nextAt - now });
  }

  /** Beside everything else: a slow function holds up nobody. Its answer's commit wakes whoever waits for it. */
  #ask(key: string, deployment: ServiceDeployment, hook: HookRun): void {
    if (this.#asking.has(hook.hookId)) return;
    this.#asking.add(hook.hookId);
    const { state, log } = this.#platform;
    void this.#answerOf(deployment, hook)
      .then((ended) =>
        state.transact((tx) => {
          this.#asking.delete(hook.hookId);
          if (ended === undefined) return;
          const current = tx.tables.serviceDeployments.get(key);
          const { shift } = current ?? {};
          if (current === undefined || shift === undefined) return;
          const hooks = shift.hooks.map((each) =>
            each.hookId === hook.hookId && each.status === 'IN_PROGRESS' ? ended : each,
          );
          putServiceDeployment(tx, { ...current, shift: { ...shift, hooks }, updatedAt: tx.now });
          const text = `The lifecycle hook ${hook.hookId} is ${ended.status}${ended.reason === undefined ? '.' : `: ${ended.reason}`}`;
          tx.event({ subject: current.serviceArn, type: 'deployment.hook', because: 'new-deployment', text });
        }),
      )
      .catch((error: unknown) => {
        this.#asking.delete(hook.hookId);
        log('error', 'the answer of a lifecycle hook was not kept', { hook: hook.hookId, error: String(error) });
      });
  }

  /** `undefined`: we stop, and ask again when we are back. */
  async #answerOf(deployment: ServiceDeployment, hook: HookRun): Promise<HookRun | undefined> {
    const { clock, config } = this.#platform;
    const arn = deployment.deploymentConfiguration.lifecycleHooks?.[hook.index]?.hookTargetArn ?? '';
    const name = functionName(arn);
    const target = config.deploymentHooks?.[name];
    if (target === undefined)
      return failedHook(
        hook,
        `no function ${name} is known here. Start the control plane with --deployment-hook ${name}=URL.`,
      );
    const limit = new AbortController();
    const over = clock.sleep(CALL_LIMIT_MS, limit.signal).then(() => limit.abort());
    const stop = (): void => limit.abort();
    this.#stop.addEventListener('abort', stop, { once: true });
    try {
      return answered(hook, await this.#caller.call(target, eventOf(deployment, hook), limit.signal), clock.now());
    } catch (error) {
      if (this.#stop.aborted) return undefined;
      return failedHook(
        hook,
        `its function could not be asked: ${error instanceof Error ? error.message : String(error)}`,
      );
    } finally {
      this.#stop.removeEventListener('abort', stop);
      limit.abort();
      await over;
    }
  }
}
