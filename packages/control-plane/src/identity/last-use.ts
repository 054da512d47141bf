import type { Clock, IamLastUse } from '@gantry/domain';
import type { State } from '../state/state.ts';
import type { KeyHolder } from './principal.ts';

/** Uses are kept in memory and written this much later, together: no request writes. */
const WRITE_AFTER_MS = 60_000;

export interface LastUsesOptions {
  readonly state: State;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** When access keys and roles were last used. What was not written yet is lost with a crash; `stop` writes it. */
export class LastUses {
  readonly #options: LastUsesOptions;
  readonly #unwritten = new Map<string, IamLastUse>();
  readonly #stopping = new AbortController();
  #writing: Promise<void> | undefined;

  constructor(options: LastUsesOptions) {
    this.#options = options;
  }

  /** A request of this key was good. Keys of the installation are not IAM's: nothing is kept of them. */
  used({ principal, accessKeyId }: KeyHolder, region: string, service: string): void {
    const { clock } = this.#options;
    const at = clock.now();
    const use: IamLastUse = { at: (at - (at % 1000)) as typeof at, region, service };
    if (principal.kind === 'assumed-role') this.#note(principal.roleId, use);
    else if (principal.kind === 'user' && principal.temporary !== true) this.#note(accessKeyId, use);
  }

  /** @param key an access key id, or a role's unique id */
  of(key: string): IamLastUse | undefined {
    return this.#unwritten.get(key) ?? this.#options.state.tables.iamLastUses.get(key);
  }

  /** Writes what is left. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#writing;
  }

  #note(key: string, use: IamLastUse): void {
    this.#unwritten.set(key, use);
    this.#writing ??= this.#writeLater();
  }

  async #writeLater(): Promise<void> {
    const { state, clock, onError } = this.#options;
    await clock.sleep(WRITE_AFTER_MS, this.#stopping.signal);
    const written = [...this.#unwritten];
    try {
      await state.transact((tx) => {
        const { iamAccessKeys, iamLastUses, iamRoles } = tx.tables;
        for (const [key, use] of written)
          if (iamAccessKeys.get(key) !== undefined || iamRoles.countBy('id', key) > 0) tx.put(iamLastUses, key, use);
      });
    } catch (error) {
      onError(error);
    }
    for (const [key, use] of written) if (this.#unwritten.get(key) === use) this.#unwritten.delete(key);
    this.#writing = undefined;
  }
}
