import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { AwsClient, modelOf, type EcsOperations } from '@gantry/protocol';
import { keysIn, startPlane, type LonePlane } from './control-plane.ts';
import { FuzzRequests, type FuzzRequest } from './fuzz-requests.ts';
import { PLANTED_SECRET } from './hostile-input.ts';

const REQUESTS = 100_000;
const AT_ONCE = 16;
const SEED = 20_261_122;
/** What may stay of them: documents that were made by chance, and a heap that is not collected to the last byte. */
const MOST_GROWTH_MIB = 200;

const dataDir = mkdtempSync(join(tmpdir(), 'gantry-fuzz-'));
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
let plane: LonePlane;

before(async () => {
  plane = await startPlane(dataDir);
});
after(async () => {
  agent.destroy();
  await plane?.end();
  rmSync(dataDir, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly requestId: string | undefined;
  readonly body: string;
}

function send(port: number, { method, path, headers, body }: FuzzRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // Of itself Node says no length for a GET, and its body would be taken for the next request.
    const all = { ...headers, 'content-length': Buffer.byteLength(body) };
    const sent = request({ host: '127.0.0.1', port, method, path, headers: all, agent }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          // S3 has a name of its own for it.
          requestId: (answer.headers['x-amzn-requestid'] ?? answer.headers['x-amz-request-id']) as string | undefined,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** What is wrong with an answer, in words; undefined when it is as it should be. */
function complaint(sent: FuzzRequest, answer: Answer, secrets: readonly string[]): string | undefined {
  if (answer.status >= 500 || answer.status < 200) return 'is a failure of ours';
  if (answer.requestId === undefined) return 'has no request id';
  if (answer.status !== 200 && secrets.some((secret) => answer.body.includes(secret))) return 'repeats a secret';
  if (/\n\s+at .+:\d+/.test(answer.body)) return 'shows a stack';
  if (sent.method === 'HEAD' || answer.body === '') return undefined;
  if (answer.body.startsWith('<')) return answer.body.endsWith('>') ? undefined : 'is cut off';
  try {
    return typeof JSON.parse(answer.body) === 'object' ? undefined : 'is no object';
  } catch {
    return 'is no JSON';
  }
}

const rssMiB = (): number => {
  const status = readFileSync(`/proc/${plane.child.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
};

describe('the front door', () => {
  it(`answers ${REQUESTS.toLocaleString('en')} malformed and hostile requests, and fails at none`, async (context) => {
    const keys = [keysIn(dataDir, 'administrator'), keysIn(dataDir, 'agent')];
    const secrets = [PLANTED_SECRET, ...keys.map(({ secretAccessKey }) => secretAccessKey)];
    const { host, port } = new URL(plane.endpoint);
    const requests = new FuzzRequests({ seed: SEED, host, keys, now: Date.now });
    const seen = new Map<string, number>();
    const complaints: string[] = [];
    let left = REQUESTS;
    let warmMiB = 0;
    const work = async (): Promise<void> => {
      while (left > 0 && complaints.length < 20) {
        left -= 1;
        if (left === REQUESTS * 0.8) warmMiB = rssMiB();
        const sent = requests.next();
        const answer = await send(Number(port), sent);
        const kind = `${modelOf(sent.service).protocol} ${answer.status}`;
        seen.set(kind, (seen.get(kind) ?? 0) + 1);
        const wrong = complaint(sent, answer, secrets);
        if (wrong === undefined) continue;
        const target = sent.headers['x-amz-target'] ?? '';
        const [body, text] = [sent.body.toString('utf8').slice(0, 600), answer.body.slice(0, 300)];
        complaints.push(
          `${sent.service} ${sent.method} ${sent.path} ${target} ${body} -> ${answer.status} ${wrong}: ${text}`,
        );
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    assert.deepEqual(complaints, []);
    const grownMiB = rssMiB() - warmMiB;
    context.diagnostic(`${JSON.stringify(Object.fromEntries(seen))}, ${grownMiB.toFixed(0)} MiB more`);
    // The generator reaches all it is meant to reach: what works, what is refused and what nobody signed, in each protocol.
    for (const kind of [
      'json 200',
      'json 400',
      'query 200',
      'query 400',
      'query 403',
      'rest-json 403',
      'rest-json 404',
    ])
      assert.ok((seen.get(kind) ?? 0) > 20, `${kind}: ${seen.get(kind) ?? 0}`);
    assert.ok(grownMiB < MOST_GROWTH_MIB, `it has grown by ${grownMiB.toFixed(0)} MiB`);
  });

  it('serves as before, and has neither failed nor told a secret in its log', async () => {
    const credentials = keysIn(dataDir, 'administrator');
    const { endpoint } = plane;
    const ecs = new AwsClient<EcsOperations>({ service: 'ecs', endpoint, region: 'us-east-1', credentials });
    const { clusterArns } = await ecs.call('ListClusters', {});
    assert.ok(clusterArns?.includes('arn:aws:ecs:us-east-1:000000000000:cluster/default'));
    assert.equal(plane.child.exitCode, null);
    assert.equal(plane.errors(), '');
    const failures = plane
      .log()
      .split('\n')
      .filter((line) => /"level":"error"/.test(line));
    assert.deepEqual(failures, []);
    for (const secret of [PLANTED_SECRET, credentials.secretAccessKey])
      assert.ok(!plane.log().includes(secret), 'a secret is in the log');
    assert.ok(readdirSync(dataDir).length > 0);
  });
});
