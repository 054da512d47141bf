/** `credentials.json`, written by the control plane at its first start, readable by its owner alone. */
export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export function parseAdministrator(text: string | undefined): (KeyPair & { readonly account: string }) | undefined {
  if (text === undefined) return undefined;
  try {
    const { administrator } = JSON.parse(text) as { administrator?: Record<string, unknown> };
    const { accessKeyId, secretAccessKey, account } = administrator ?? {};
    if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string') return undefined;
    return { accessKeyId, secretAccessKey, account: typeof account === 'string' ? account : '' };
  } catch {
    return undefined;
  }
}

/** `run/endpoint.json`: where the control plane of this data directory answers. */
export interface EndpointFile {
  readonly endpoint: string;
  readonly region: string;
  readonly fargate?: boolean;
  /** Certificates to trust instead of the public ones. */
  readonly caFile?: string | undefined;
}

export function parseEndpoint(text: string | undefined): EndpointFile | undefined {
  if (text === undefined) return undefined;
  try {
    const { endpoint, region, fargate, caFile } = JSON.parse(text) as Record<string, unknown>;
    if (typeof endpoint !== 'string' || typeof region !== 'string') return undefined;
    const known = { endpoint, region, fargate: fargate !== false };
    return typeof caFile === 'string' ? { ...known, caFile } : known;
  } catch {
    return undefined;
  }
}

/** Lines for `eval "$(gantry env)"`. What would come before them in a client's search is unset. */
export function exportLines(where: EndpointFile, keys: KeyPair): readonly string[] {
  const set: Readonly<Record<string, string>> = {
    AWS_ENDPOINT_URL: where.endpoint,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_REGION: where.region,
    AWS_DEFAULT_REGION: where.region,
    ...(where.caFile === undefined ? {} : { AWS_CA_BUNDLE: where.caFile, NODE_EXTRA_CA_CERTS: where.caFile }),
  };
  return [
    'unset AWS_PROFILE AWS_SESSION_TOKEN',
    ...Object.entries(set).map(([name, value]) => `export ${name}=${shellQuote(value)}`),
  ];
}

/** As it is when the shell reads it as one word anyway, else in single quotes. */
export function shellQuote(text: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
