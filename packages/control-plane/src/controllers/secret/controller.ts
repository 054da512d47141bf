import type { Secret } from '@gantry/domain';
import type { Platform } from '../../platform.ts';
import type { Change } from '../../state/state.ts';
import { SETTLED, type Controller, type Outcome } from '../driver.ts';
import { removeSecret } from './apply.ts';

/** Deletes secrets whose time to be restored is over. Keys: keys of secret documents. */
export class SecretController implements Controller {
  readonly name = 'secret';
  readonly #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  keys(): readonly string[] {
    return [...this.#platform.state.tables.secrets.keysBy('due', 'all')];
  }

  wakes({ kind, key, after }: Change): readonly string[] {
    return kind === 'secret' && (after as Secret | undefined)?.deletion !== undefined ? [key] : [];
  }

  reconcile(key: string): Promise<Outcome> {
    return this.#platform.state.transact((tx): Outcome => {
      const secret = tx.tables.secrets.get(key);
      if (secret?.deletion === undefined) return SETTLED;
      const restMs = secret.deletion.dueAt - tx.now;
      if (restMs > 0) return { kind: 'again', afterMs: restMs };
      removeSecret(tx, key, secret, 'retention-over');
      return SETTLED;
    });
  }
}
