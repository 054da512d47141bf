import type { ByteSocket, FrameSocket, PayloadTask } from '@gantry/protocol';
import { FakeSecretStore } from '../secrets/fake.ts';
import { LinkError, type AgentOperation, type CallWhere, type Input } from '../session/port.ts';
import type { MemoryControlPlane } from './memory-link.ts';

export const INSTANCE_ARN = 'arn:aws:ecs:us-east-1:000000000000:container-instance/default/0123';
export type StateChange = Input<'SubmitTaskStateChange'>;

/** A control plane as an agent sees it: scripted by the test, remembering all it is told. */
export class ScriptedPlane implements MemoryControlPlane {
  readonly calls: {
    readonly operation: AgentOperation;
    readonly input: unknown;
    readonly region: string | undefined;
    readonly account: string | undefined;
    readonly credentials: CallWhere['credentials'];
  }[] = [];
  /** What the test answers itself; `undefined`: as ever. */
  answer: ((operation: AgentOperation, input: unknown) => unknown) | undefined;
  readonly reports: StateChange[] = [];
  readonly secrets = new FakeSecretStore();
  readonly groups = new Set<string>();
  readonly streams = new Map<string, { timestamp?: number | undefined; message?: string | undefined }[]>();
  readonly received: {
    readonly kind: 'acs' | 'tcs';
    readonly type: string;
    readonly message: Record<string, unknown>;
  }[] = [];
  readonly connections: {
    readonly kind: 'acs' | 'tcs';
    readonly params: URLSearchParams;
    readonly socket: FrameSocket;
    closed?: readonly [number, string];
  }[] = [];
  refuseHandshake: ((kind: 'acs' | 'tcs') => LinkError | undefined) | undefined;
  /** Payloads that were not acked; sent again on every new connection. */
  readonly #unacked = new Map<string, unknown>();
  #seq = 0;
  #messages = 0;

  call(operation: AgentOperation, input: unknown, options: CallWhere): Promise<unknown> {
    const { region, account, credentials } = options;
    this.calls.push({ operation, input, region, account, credentials });
    if (operation === 'GetObject' || operation === 'GetParameters' || operation === 'GetSecretValue')
      return this.#secret(operation, input, options);
    const answer = this.answer?.(operation, input) ?? this.#answer(operation, input);
    return answer instanceof LinkError ? Promise.reject(answer) : Promise.resolve(answer);
  }

  /** The sockets of exec sessions that the agent opened, by session. */
  readonly joined = new Map<string, ByteSocket>();

  join(params: URLSearchParams, socket: ByteSocket): void {
    this.joined.set(params.get('sessionId') ?? '', socket);
  }

  accept(kind: 'acs' | 'tcs', params: URLSearchParams, socket: FrameSocket): void {
    const refusal = this.refuseHandshake?.(kind);
    if (refusal !== undefined) throw refusal;
    const connection: (typeof this.connections)[number] = { kind, params, socket };
    this.connections.push(connection);
    socket.onFrame((text) => {
      const frame = JSON.parse(text.slice(text.indexOf('{'))) as { type: string; message: Record<string, unknown> };
      this.received.push({ kind, ...frame });
      if (frame.type === 'AckRequest') this.#unacked.delete(String(frame.message['messageId']));
    });
    socket.onClose((code, reason) => (connection.closed = [code, reason]));
    if (kind === 'acs') for (const frame of this.#unacked.values()) socket.send(JSON.stringify(frame));
  }

  /** The open socket of this kind. */
  socket(kind: 'acs' | 'tcs'): FrameSocket {
    const open = this.#open(kind);
    if (open === undefined) throw new Error(`there is no open ${kind} socket`);
    return open;
  }

  #open(kind: 'acs' | 'tcs'): FrameSocket | undefined {
    return this.connections.findLast((one) => one.kind === kind && one.closed === undefined)?.socket;
  }

  /** What was not acked is not sent again: the control plane has given those tasks up. */
  giveUp(): void {
    this.#unacked.clear();
  }

  payload(...tasks: readonly PayloadTask[]): string {
    const messageId = `message-${(this.#messages += 1)}`;
    const message = {
      messageId,
      clusterArn: 'c',
      containerInstanceArn: INSTANCE_ARN,
      seqNum: (this.#seq += 1),
      generatedAt: 0,
      tasks,
    };
    const frame = { type: 'PayloadMessage', message };
    this.#unacked.set(messageId, frame);
    const open = this.#open('acs');
    open?.send(JSON.stringify(frame));
    return messageId;
  }

  manifest(running: readonly string[], timeline = (this.#seq += 1)): string {
    const messageId = `message-${(this.#messages += 1)}`;
    const tasks = running.map((taskArn) => ({ taskArn, taskClusterArn: 'c', desiredStatus: 'RUNNING' }));
    const message = { messageId, clusterArn: 'c', containerInstanceArn: INSTANCE_ARN, generatedAt: 0, timeline, tasks };
    this.send('acs', { type: 'TaskManifestMessage', message });
    return messageId;
  }

  send(kind: 'acs' | 'tcs', frame: unknown): void {
    this.socket(kind).send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** `STOPPED web:STOPPED(143)`: what was reported of a task, in order. */
  told(arn: string): readonly string[] {
    return this.reports
      .filter(({ task }) => task === arn)
      .map(({ status, containers = [] }) => {
        const each = containers.map(
          (c) => `${c.containerName}:${c.status}${c.exitCode === undefined ? '' : `(${c.exitCode})`}`,
        );
        return [status, ...each].join(' ');
      });
  }

  acks(): readonly string[] {
    return this.received.filter(({ type }) => type === 'AckRequest').map(({ message }) => String(message['messageId']));
  }

  #answer(operation: AgentOperation, input: unknown): unknown {
    switch (operation) {
      case 'RegisterContainerInstance': {
        const { attributes } = input as Input<'RegisterContainerInstance'>;
        return { containerInstance: { containerInstanceArn: INSTANCE_ARN, attributes } };
      }
      case 'DiscoverPollEndpoint':
        return { endpoint: 'http://plane/acs', telemetryEndpoint: 'http://plane/tcs/' };
      case 'SubmitTaskStateChange':
        this.reports.push(input as StateChange);
        return { acknowledgment: 'ACK' };
      default:
        return this.#logs(operation, input);
    }
  }

  async #secret(
    operation: 'GetObject' | 'GetParameters' | 'GetSecretValue',
    input: unknown,
    options: CallWhere,
  ): Promise<unknown> {
    const { region = '', credentials = { accessKeyId: 'AKIDAGENT', secretAccessKey: '' } } = options;
    const where = { region, credentials };
    if (operation === 'GetObject') {
      const { Bucket, Key } = input as Input<'GetObject'>;
      return { Body: await this.secrets.object({ bucket: Bucket, key: Key }, where) };
    }
    if (operation === 'GetParameters') {
      const { Names = [] } = input as Input<'GetParameters'>;
      const { values, invalid } = await this.secrets.parameters(Names, where);
      const Parameters = [...values].map(([asked, Value]) => {
        const [, ARN = asked, Selector] = /^(.*?)(:\d+)?$/.exec(asked) ?? [];
        return { Name: ARN.replace(/^arn:.*?:parameter/, ''), ARN, Selector, Value };
      });
      return { Parameters, InvalidParameters: invalid };
    }
    const { SecretId = '', VersionStage, VersionId } = input as Input<'GetSecretValue'>;
    return {
      SecretString: await this.secrets.secret(
        { secretId: SecretId, versionStage: VersionStage, versionId: VersionId },
        where,
      ),
    };
  }

  #logs(operation: AgentOperation, input: unknown): unknown {
    const { logGroupName = '', logStreamName = '', logEvents = [] } = input as Partial<Input<'PutLogEvents'>>;
    const stream = `${logGroupName}/${logStreamName}`;
    if (operation === 'CreateLogGroup') {
      this.groups.add(logGroupName);
      return {};
    }
    if (!this.groups.has(logGroupName)) return missing('The specified log group does not exist.');
    if (operation === 'CreateLogStream') {
      if (this.streams.has(stream))
        return new LinkError('ResourceAlreadyExistsException', 'The specified log stream already exists');
      this.streams.set(stream, []);
      return {};
    }
    if (operation === 'DescribeLogStreams') return { logStreams: [] };
    const events = this.streams.get(stream);
    if (events === undefined) return missing('The specified log stream does not exist.');
    events.push(...logEvents);
    return {};
  }
}

function missing(message: string): LinkError {
  return new LinkError('ResourceNotFoundException', message, { status: 400 });
}
