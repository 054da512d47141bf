import { LinkError } from '../session/port.ts';
import type { ObjectAsk, SecretStore, SecretWhere } from './port.ts';

/** Parameters, secrets and objects in memory, by region. `denied`: roles (by access key) that may not read. */
export class FakeSecretStore implements SecretStore {
  readonly calls: string[] = [];
  readonly denied = new Set<string>();
  readonly #parameters = new Map<string, string>();
  readonly #secrets = new Map<string, string | undefined>();
  readonly #objects = new Map<string, string>();
  readonly #faults: LinkError[] = [];

  putParameter(region: string, name: string, value: string): void {
    this.#parameters.set(`${region} ${name}`, value);
  }

  /** `version`: a stage or an id. `text` undefined: bytes. */
  putSecret(region: string, id: string, text: string | undefined, version = 'AWSCURRENT'): void {
    this.#secrets.set(`${region} ${id} ${version}`, text);
  }

  /** Of every region: names of buckets are one for all. */
  putObject(bucket: string, key: string, text: string): void {
    this.#objects.set(`${bucket}/${key}`, text);
  }

  failNext(...errors: readonly LinkError[]): void {
    this.#faults.push(...errors);
  }

  async parameters(
    names: readonly string[],
    where: SecretWhere,
  ): Promise<{ readonly values: ReadonlyMap<string, string>; readonly invalid: readonly string[] }> {
    await this.#called('ssm:GetParameters', names.join(','), where);
    const values = new Map<string, string>();
    for (const name of names) {
      const value = this.#parameters.get(`${where.region} ${name}`);
      if (value !== undefined) values.set(name, value);
    }
    return { values, invalid: names.filter((name) => !values.has(name)) };
  }

  async secret(
    ask: { readonly secretId: string; readonly versionStage?: string; readonly versionId?: string },
    where: SecretWhere,
  ): Promise<string | undefined> {
    const version = ask.versionId ?? ask.versionStage ?? 'AWSCURRENT';
    await this.#called('secretsmanager:GetSecretValue', `${ask.secretId} ${version}`, where);
    const key = `${where.region} ${ask.secretId} ${version}`;
    if (this.#secrets.has(key)) return this.#secrets.get(key);
    throw new LinkError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.", {
      status: 400,
    });
  }

  async object({ bucket, key }: ObjectAsk, where: SecretWhere): Promise<string> {
    await this.#called('s3:GetObject', `${bucket}/${key}`, where, 'AccessDenied');
    const text = this.#objects.get(`${bucket}/${key}`);
    if (text !== undefined) return text;
    throw new LinkError('NoSuchKey', 'The specified key does not exist.', { status: 404 });
  }

  async #called(
    action: string,
    what: string,
    { region, credentials }: SecretWhere,
    denied = 'AccessDeniedException',
  ): Promise<void> {
    this.calls.push(`${credentials.accessKeyId} ${region} ${action} ${what}`);
    await Promise.resolve();
    const fault = this.#faults.shift();
    if (fault !== undefined) throw fault;
    if (!this.denied.has(credentials.accessKeyId)) return;
    throw new LinkError(denied, `User: role is not authorized to perform: ${action}`, { status: 400 });
  }
}
