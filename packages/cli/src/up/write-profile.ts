import { join } from 'node:path';
import type { EndpointFile, KeyPair } from '../credentials.ts';
import type { Host } from '../host/port.ts';
import { mergeProfile } from './profile.ts';

/** Where the AWS clients look. */
const filesOf = (host: Host) => ({
  config: host.env['AWS_CONFIG_FILE'] || join(host.facts.home, '.aws', 'config'),
  credentials: host.env['AWS_SHARED_CREDENTIALS_FILE'] || join(host.facts.home, '.aws', 'credentials'),
});

/** Writes the profile `gantry`. A profile of that name that we did not write is left alone: then nothing is written. */
export async function writeProfile(host: Host, where: EndpointFile, keys: KeyPair): Promise<'written' | 'foreign'> {
  const files = filesOf(host);
  const [configText = '', credentialsText = ''] = await Promise.all([
    host.readFile(files.config),
    host.readFile(files.credentials),
  ]);
  const { region, endpoint, caFile } = where;
  const trust: Record<string, string> = caFile === undefined ? {} : { ca_bundle: caFile };
  const config = mergeProfile(configText, 'profile gantry', { region, endpoint_url: endpoint, ...trust });
  const credentials = mergeProfile(credentialsText, 'gantry', {
    aws_access_key_id: keys.accessKeyId,
    aws_secret_access_key: keys.secretAccessKey,
  });
  if (config.kind === 'foreign' || credentials.kind === 'foreign') return 'foreign';
  if (config.kind === 'written') await host.writeFile(files.config, config.text, 0o600);
  if (credentials.kind === 'written') await host.writeFile(files.credentials, credentials.text, 0o600);
  return 'written';
}
