import { epochMs, parseArn, type Scope } from '@gantry/domain';
import { invalidParameter, type SecretsmanagerOperations } from '@gantry/protocol';
import { removeSecret } from '../../controllers/secret/apply.ts';
import type { HandlersOf } from '../../handlers.ts';
import type { Platform } from '../../platform.ts';
import { invalidRequest } from './errors.ts';
import { findSecret, secretOf, secretKey } from './names.ts';
import { putSecret } from './write.ts';

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;

/** Deleting secrets, now or later, and changing one's mind. */
export function removeHandlers({ state, clock }: Platform): HandlersOf<SecretsmanagerOperations> {
  return {
    DeleteSecret: async (input, { scope, caller }) => {
      const { SecretId: id = '', RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: force } = input;
      checkWindow(days, force === true);
      const by = caller.principalArn;
      return state.transact((tx) => {
        if (force === true) {
          const secret = findSecret(tx.tables, scope, id);
          if (secret === undefined) return { ...nobody(scope, id), DeletionDate: new Date(clock.now()) };
          removeSecret(tx, secretKey(secret), secret, 'user-request', by);
          return { ARN: secret.arn, Name: secret.name, DeletionDate: new Date(tx.now) };
        }
        const secret = secretOf(tx.tables, scope, id);
        if (secret.deletion !== undefined)
          throw invalidRequest("You tried to perform the operation on a secret that's currently marked deleted.");
        const dueAt = epochMs(tx.now + (days ?? DEFAULT_DAYS) * DAY_MS);
        putSecret(tx, { ...secret, deletion: { askedAt: tx.now, dueAt } }, 'The deletion', by);
        return { ARN: secret.arn, Name: secret.name, DeletionDate: new Date(dueAt) };
      });
    },

    RestoreSecret: async (input, { scope, caller }) => {
      const { arn, name } = await state.transact((tx) => {
        const secret = secretOf(tx.tables, scope, input.SecretId);
        if (secret.deletion === undefined) return secret;
        return putSecret(tx, { ...secret, deletion: undefined }, 'The return', caller.principalArn);
      });
      return { ARN: arn, Name: name };
    },
  };
}

function checkWindow(days: number | undefined, force: boolean): void {
  if (days !== undefined && force)
    throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
  if (days !== undefined && !(days >= 7 && days <= 30))
    throw invalidParameter('The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).');
}

/** By force also goes what is not there. */
function nobody(scope: Scope, id: string): { readonly ARN: string; readonly Name: string } {
  const arn = parseArn(id);
  if (arn !== undefined) return { ARN: id, Name: arn.resource.replace(/^secret:/, '') };
  return { ARN: `arn:aws:secretsmanager:${scope.region}:${scope.account}:secret:${id}`, Name: id };
}
