import type { Because, Secret } from '@gantry/domain';
import type { Tx } from '../../state/state.ts';

/** Deletes a secret for good, with the values of all versions, and says why. */
export function removeSecret(tx: Tx, key: string, secret: Secret, because: Because, by?: string): void {
  const { secrets, secretValues } = tx.tables;
  for (const id of Object.keys(secret.versions)) tx.delete(secretValues, `${key}\n${id}`);
  tx.delete(secrets, key);
  const text = `${secret.name} was deleted for good with all of its versions.`;
  tx.event({ subject: secret.arn, type: 'secret.deleted', because, text, by });
}
