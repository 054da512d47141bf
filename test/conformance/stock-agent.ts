import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { CLOUD } from './attributes.ts';
import { signed, type AgentKeys } from './signer.ts';
import { StockSocket, type Received, type Refusal } from './socket.ts';
import { stumbles } from './wire-model.ts';
import type { Body, Message, Named, StockCredentials } from './wire.ts';

/** Where it runs: against a control plane of the test's, or one that is a process of its own. */
export interface Ground {
  readonly endpoint: string;
  readonly clock: { now(): number };
  readonly keys: AgentKeys;
  readonly sockets: Set<StockSocket>;
  readonly agents: Set<StockAgent>;
}

const TARGET = 'AmazonEC2ContainerServiceV20141113';
const USER_AGENT = 'Amazon ECS Agent - v1.105.1 (linux; LINUX)';
/** The agent keeps the answer of DiscoverPollEndpoint this long. */
const ENDPOINT_KEPT_MS = 12 * 3_600_000;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Body;
}

export interface StockOptions {
  /** `ECS_CLUSTER`, as it is configured: a name or an ARN. */
  readonly cluster?: string;
  readonly attributes?: readonly Named[];
  readonly cpu?: number;
  readonly memoryMiB?: number;
  readonly version?: string;
  readonly keys?: AgentKeys;
}

/**
 * The stock agent as docs/design/agent-protocol.md has it: what it sends, byte for byte, and how it takes what it is
 * sent. It runs nothing: a test says what its engine did.
 */
export class StockAgent {
  readonly world: Ground;
  readonly options: Required<StockOptions>;
  /** A custom attribute (`ECS_INSTANCE_ATTRIBUTES`), for placement to find it by. */
  readonly name = randomUUID();
  /** Checkpointed, as are the tasks and `manifestSeq`. */
  arn = '';
  readonly tasks = new Map<string, 'RUNNING' | 'STOPPED'>();
  latestSeq = -1;
  manifestSeq = -1;
  #manifestId = '';
  #sendCredentials = true;
  #registrationToken = randomUUID();
  #endpoints: { readonly at: number; readonly answer: Answer } | undefined;
  endpointCalls = 0;
  acs!: StockSocket;
  tcs!: StockSocket;
  /** Frames the real agent would have dropped, and why. Empty, or the control plane is wrong. */
  readonly stumbled: string[] = [];
  /** Whether it acks payloads; an invalid one it never does. */
  acks: 'once' | 'twice' | 'never' = 'once';
  acksHeartbeats = true;
  /** Before or after the candidates it offers, if it has any. */
  acksManifests: 'before' | 'after' | 'never' = 'after';

  constructor(world: Ground, options: StockOptions = {}) {
    this.world = world;
    world.agents.add(this);
    this.options = {
      cluster: 'default',
      attributes: CLOUD,
      cpu: 2048,
      memoryMiB: 3945,
      version: '1.105.1',
      keys: world.keys,
      ...options,
    };
  }

  /** Registered, both sockets open. */
  static async join(world: Ground, options: StockOptions = {}): Promise<StockAgent> {
    const agent = new StockAgent(world, options);
    await agent.register();
    await agent.connect();
    return agent;
  }

  /** One call of the agent's SDK: JSON 1.1, signed. */
  call(operation: string, input: object, endpoint = this.world.endpoint): Promise<Answer> {
    return this.callText(operation, JSON.stringify(input), endpoint);
  }

  async callText(operation: string, body: string, endpoint = this.world.endpoint): Promise<Answer> {
    const url = new URL('/', endpoint);
    const headers = {
      'accept-encoding': 'identity',
      'amz-sdk-invocation-id': randomUUID(),
      'amz-sdk-request': 'attempt=1; max=3',
      'content-length': String(Buffer.byteLength(body)),
      'content-type': 'application/x-amz-json-1.1',
      'user-agent': USER_AGENT,
      'x-amz-target': `${TARGET}.${operation}`,
    };
    const sent = await signed({ method: 'POST', url, headers, body }, this.options.keys, this.world.clock.now());
    return new Promise((resolve, reject) => {
      const outgoing = request(url, { method: 'POST', headers: sent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: (text === '' ? {} : JSON.parse(text)) as Body,
          });
        });
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  /** As it is sent: the order of members is that of the agent's SDK. */
  registration(over: object = {}): object {
    const { cluster, attributes, cpu, memoryMiB } = this.options;
    const custom = [{ name: 'agent', value: this.name }];
    return {
      // Custom ones are sent once; a known instance keeps them.
      attributes: this.arn === '' ? [...custom, ...attributes] : attributes,
      clientToken: this.#registrationToken,
      cluster,
      ...(this.arn === '' ? {} : { containerInstanceArn: this.arn }),
      instanceIdentityDocument: '',
      instanceIdentityDocumentSignature: '',
      platformDevices: [],
      totalResources: [
        { integerValue: cpu, name: 'CPU', type: 'INTEGER' },
        { integerValue: memoryMiB, name: 'MEMORY', type: 'INTEGER' },
        { name: 'PORTS', stringSetValue: ['22', '2375', '2376', '51678', '51679'], type: 'STRINGSET' },
        { name: 'PORTS_UDP', stringSetValue: [], type: 'STRINGSET' },
      ],
      ...over,
    };
  }

  async register(over: object = {}): Promise<Answer> {
    const answer = await this.call('RegisterContainerInstance', this.registration(over));
    const arn: unknown = (answer.body as Partial<Body>).containerInstance?.containerInstanceArn;
    if (typeof arn === 'string') this.arn = arn;
    return answer;
  }

  /** The answer it would take an endpoint from: twelve hours old at most. */
  async endpoints(): Promise<Body> {
    const now = this.world.clock.now();
    if (this.#endpoints === undefined || now - this.#endpoints.at >= ENDPOINT_KEPT_MS) {
      this.endpointCalls += 1;
      const { cluster } = this.options;
      const input = { cluster, containerInstance: this.arn, zoneId: '' };
      this.#endpoints = { at: now, answer: await this.call('DiscoverPollEndpoint', input) };
    }
    return this.#endpoints.answer.body;
  }

  async connect(): Promise<void> {
    const [acs, tcs] = [await this.openAcs(), await this.openTcs()];
    for (const side of [acs, tcs]) {
      if (!(side instanceof StockSocket)) throw new Error(`refused: ${side.status} ${side.body}`);
    }
  }

  async openAcs(over: Readonly<Record<string, string>> = {}): Promise<StockSocket | Refusal> {
    const { endpoint } = await this.endpoints();
    const opened = await this.#open(endpoint, {
      agentHash: 'abcdef01',
      agentVersion: this.options.version,
      clusterArn: this.options.cluster,
      containerInstanceArn: this.arn,
      dockerVersion: 'DockerVersion: 20.10.24',
      protocolVersion: '2',
      sendCredentials: String(this.#sendCredentials),
      seqNum: '1',
      ...over,
    });
    if (opened instanceof StockSocket) {
      this.acs = opened;
      this.#sendCredentials = false;
    }
    return opened;
  }

  async openTcs(over: Readonly<Record<string, string>> = {}): Promise<StockSocket | Refusal> {
    const { telemetryEndpoint } = await this.endpoints();
    const opened = await this.#open(telemetryEndpoint, {
      agentHash: 'abcdef01',
      agentVersion: this.options.version,
      cluster: this.options.cluster,
      containerInstance: this.arn,
      dockerVersion: '20.10.24',
      ...over,
    });
    if (opened instanceof StockSocket) this.tcs = opened;
    return opened;
  }

  /** `<endpoint>/ws?…`, names sorted, `+` for a space; what is signed has `%20` there. */
  async #open(endpoint: string, query: Readonly<Record<string, string>>): Promise<StockSocket | Refusal> {
    const url = new URL(`${endpoint.endsWith('/') ? endpoint : `${endpoint}/`}ws`);
    for (const [name, value] of Object.entries(query).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      url.searchParams.append(name, value);
    const { keys } = this.options;
    const headers = await signed({ method: 'GET', url, headers: {} }, keys, this.world.clock.now());
    const opened = await StockSocket.open(url, headers, (frame, socket) => this.#frame(frame, socket));
    if (opened instanceof StockSocket) this.world.sockets.add(opened);
    return opened;
  }

  /** A new process on what was checkpointed: credentials and the numbers of payloads are not. */
  restart(): void {
    this.acs.cut();
    this.tcs.cut();
    this.latestSeq = this.manifestSeq;
    this.#manifestId = '';
    this.#sendCredentials = true;
    this.#registrationToken = randomUUID();
    this.#endpoints = undefined;
  }

  ack(messageId: string, socket = this.acs): void {
    const { arn } = this;
    socket.send({ type: 'AckRequest', message: { cluster: this.options.cluster, containerInstance: arn, messageId } });
  }

  /** SubmitTaskStateChange; the members an event does not have are left out, the reason is there and empty. */
  report(task: string, status: 'PENDING' | 'RUNNING' | 'STOPPED', over: object = {}): Promise<Answer> {
    return this.call('SubmitTaskStateChange', { cluster: this.options.cluster, reason: '', status, task, ...over });
  }

  /** A telemetry frame: signed like a request, headers and an empty line before the JSON. */
  async publish(type: string, message: object): Promise<void> {
    const body = JSON.stringify({ type, message });
    const url = new URL('/ws', this.world.endpoint);
    const headers = await signed({ method: 'GET', url, headers: {}, body }, this.options.keys, this.world.clock.now());
    const head = `Authorization: ${headers['authorization']}\r\nHost: ${url.host}\r\nX-Amz-Date: ${headers['x-amz-date']}`;
    const { sessionToken } = this.options.keys;
    const token = sessionToken === undefined ? '' : `\r\nX-Amz-Security-Token: ${sessionToken}`;
    this.tcs.sendText(`${head}${token}\r\n\r\n${body}`);
  }

  #frame(frame: Received, socket: StockSocket): void {
    this.stumbled.push(...stumbles(frame));
    const { message } = frame;
    const { messageId } = message;
    if (frame.type === 'HeartbeatMessage' && this.acksHeartbeats && messageId !== undefined)
      socket.send({ type: 'HeartbeatAckRequest', message: { messageId } });
    if (frame.type === 'PayloadMessage') this.#payload(message, socket);
    if (frame.type === 'TaskManifestMessage') this.#manifest(message, socket);
    if (frame.type === 'TaskStopVerificationAck' && messageId === this.#manifestId)
      for (const { taskArn } of message.stopTasks) this.tasks.set(taskArn, 'STOPPED');
    if (frame.type === 'IAMRoleCredentialsMessage' && this.tasks.has(message.taskArn))
      this.#ackCredentials(messageId, message.roleCredentials, socket);
  }

  #payload({ seqNum, tasks, messageId }: Message, socket: StockSocket): void {
    this.latestSeq = Math.max(this.latestSeq, seqNum);
    for (const { arn, desiredStatus, roleCredentials, executionRoleCredentials } of tasks) {
      // Desired states are raised, never lowered.
      if (this.tasks.get(arn) !== 'STOPPED') this.tasks.set(arn, desiredStatus);
      for (const given of [roleCredentials, executionRoleCredentials])
        if (given !== undefined) this.#ackCredentials(messageId, given, socket);
    }
    if (this.acks !== 'never') this.ack(messageId, socket);
    if (this.acks === 'twice') this.ack(messageId, socket);
  }

  #ackCredentials(messageId: string, { credentialsId, expiration }: StockCredentials, socket: StockSocket): void {
    socket.send({ type: 'IAMRoleCredentialsAckRequest', message: { credentialsId, expiration, messageId } });
  }

  /** Stale ones are dropped without a word. The ack and the candidates go out side by side: either may be first. */
  #manifest({ timeline, messageId, tasks }: Message, socket: StockSocket): void {
    if (timeline <= this.latestSeq) return;
    this.latestSeq = this.manifestSeq = timeline;
    this.#manifestId = messageId;
    const listed = new Set(tasks.map(({ taskArn }) => taskArn));
    const stopCandidates = [...this.tasks]
      .filter(([arn, desired]) => desired === 'RUNNING' && !listed.has(arn))
      .map(([taskArn]) => ({ desiredStatus: 'STOPPED', taskArn, taskClusterArn: this.options.cluster }));
    if (this.acksManifests === 'before') this.ack(messageId, socket);
    if (stopCandidates.length > 0)
      socket.send({ type: 'TaskStopVerificationMessage', message: { messageId, stopCandidates } });
    if (this.acksManifests === 'after') this.ack(messageId, socket);
  }
}
