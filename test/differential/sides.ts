import { sign } from '@gantry/protocol';
import type { Answer } from './compare.ts';
import type { Json, JsonObject } from './json.ts';
import type { SideName } from './twins.ts';

/** One side as a client sees it. Answers are raw JSON: what a typed client would drop is compared, too. */
export interface Side {
  readonly name: SideName;
  readonly endpoint: string;
  /** 12 digits; on Gantry each run has one of its own. */
  readonly account: string;
  readonly call: (service: Service, operation: string, input: Json) => Promise<Answer>;
}

/** Services that can be played, with the prefix of their `X-Amz-Target`. All speak AWS JSON. */
export const TARGETS = {
  ecs: 'AmazonEC2ContainerServiceV20141113',
  ssm: 'AmazonSSM',
  secretsmanager: 'secretsmanager',
} as const;
export type Service = keyof typeof TARGETS;

export const REGION = 'us-east-1';

export function sideOf(name: SideName, endpoint: string, account: string): Side {
  return {
    name,
    endpoint,
    account,
    call: async (service, operation, input) => {
      const body = JSON.stringify(input);
      const target = `${TARGETS[service]}.${operation}`;
      const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
      const response = await signedFetch(endpoint, account, service, body, headers);
      const text = await response.text();
      return response.ok
        ? { ok: true, output: JSON.parse(text || '{}') as JsonObject }
        : failureOf(response.status, text);
    },
  };
}

export function signedFetch(
  endpoint: string,
  accessKeyId: string,
  service: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  const { host } = new URL(endpoint);
  const request = { method: 'POST', path: '/', query: '', headers: { ...headers, host }, body: Buffer.from(body) };
  const credentials = { accessKeyId, secretAccessKey: 'secret' };
  const { host: _host, ...signed } = sign(request, credentials, { service, region: REGION, now: Date.now() });
  return fetch(endpoint, { method: 'POST', headers: signed, body });
}

function failureOf(status: number, text: string): Answer {
  let body: Readonly<Record<string, string | undefined>> = {};
  try {
    body = JSON.parse(text) as typeof body;
  } catch {
    // Not JSON: a page about a crash.
  }
  const type = body['__type'];
  if (type === undefined) return { ok: false, code: `HTTP ${status}`, message: '' };
  return { ok: false, code: type.slice(type.indexOf('#') + 1), message: body['message'] ?? body['Message'] ?? '' };
}
