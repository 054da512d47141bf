import type { ControlPlaneLink } from '../session/port.ts';
import type { SecretStore } from './port.ts';

/** Parameters, secrets and objects of the control plane, asked for with the rights of a task's role. */
export function linkStore(link: ControlPlaneLink): SecretStore {
  return {
    async parameters(names, where, signal) {
      const asked = { Names: [...names], WithDecryption: true };
      const { Parameters: found = [], InvalidParameters: invalid = [] } = await link.call(
        'GetParameters',
        asked,
        signal,
        where,
      );
      const values = new Map<string, string>();
      for (const { Name = '', ARN = '', Selector = '', Value } of found) {
        // It answers with the name, whichever way it was asked.
        for (const key of [Name, ARN]) {
          if (Value !== undefined && names.includes(key + Selector)) values.set(key + Selector, Value);
        }
      }
      return { values, invalid: [...invalid] };
    },

    async secret({ secretId, versionStage, versionId }, where, signal) {
      const asked = { SecretId: secretId, VersionStage: versionStage, VersionId: versionId };
      return (await link.call('GetSecretValue', asked, signal, where)).SecretString;
    },

    async object({ bucket, key }, where, signal) {
      return (await link.call('GetObject', { Bucket: bucket, Key: key }, signal, where)).Body;
    },
  };
}
