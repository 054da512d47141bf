import type {
  Credentials,
  EcsOperations,
  ByteSocket,
  FrameSocket,
  LogsOperations,
  SecretsmanagerOperations,
  SsmOperations,
} from '@gantry/protocol';

/** The operations an agent calls, and of which service each is. */
export const AGENT_OPERATIONS = {
  RegisterContainerInstance: 'ecs',
  DiscoverPollEndpoint: 'ecs',
  SubmitTaskStateChange: 'ecs',
  GetTaskProtection: 'ecs',
  UpdateTaskProtection: 'ecs',
  ListTagsForResource: 'ecs',
  CreateLogGroup: 'logs',
  CreateLogStream: 'logs',
  DescribeLogStreams: 'logs',
  PutLogEvents: 'logs',
  GetParameters: 'ssm',
  GetSecretValue: 'secretsmanager',
  GetObject: 's3',
} as const;

export type AgentOperation = keyof typeof AGENT_OPERATIONS;

/** Services have operations of the same name. */
interface OfService {
  readonly ecs: EcsOperations;
  readonly logs: LogsOperations;
  readonly ssm: SsmOperations;
  readonly secretsmanager: SecretsmanagerOperations;
  /** Of objects that are texts. */
  readonly s3: {
    GetObject: { input: { readonly Bucket: string; readonly Key: string }; output: { readonly Body: string } };
  };
}
type Shape<O extends AgentOperation> = O extends AgentOperation
  ? OfService[(typeof AGENT_OPERATIONS)[O]] extends Record<O, infer S extends { input: unknown; output: unknown }>
    ? S
    : never
  : never;
export type Input<O extends AgentOperation> = Shape<O>['input'];
export type Output<O extends AgentOperation> = Shape<O>['output'];

/** Whose world a call goes to, and as whom; what is left out is the agent's own. */
export interface CallWhere {
  readonly region?: string | undefined;
  readonly account?: string | undefined;
  /** Of a task's role: the call is made with its rights. */
  readonly credentials?: Credentials | undefined;
}

/**
 * The way to the control plane. Adapters: `transport-http.ts` (signed HTTP and websockets) and `testing/memory-link.ts`
 * (handlers and sockets in the same process: tests and the simulator).
 */
export interface ControlPlaneLink {
  /**
   * `options`: another region or account than the agent's own, for logs of tasks that belong there; or as a task's role.
   * @throws LinkError
   */
  call<O extends AgentOperation>(
    operation: O,
    input: Input<O>,
    signal: AbortSignal,
    options?: CallWhere,
  ): Promise<Output<O>>;
  /**
   * Opens a session's websocket. The url is complete, with its query. On `tcs` the adapter puts the signed header
   * block in front of every frame that is sent.
   * @throws LinkError when the handshake fails
   */
  connect(kind: 'acs' | 'tcs', url: string, signal: AbortSignal): Promise<FrameSocket>;
  /**
   * Opens the websocket of an exec session.
   * @throws LinkError when the handshake fails
   */
  connectBytes(url: string, signal: AbortSignal): Promise<ByteSocket>;
}

/** `code` is the service's error name; `Unreachable` when there was no answer at all. */
export class LinkError extends Error {
  override readonly name = 'LinkError';
  readonly code: string;
  readonly status: number | undefined;

  constructor(
    code: string,
    message: string,
    options: { readonly status?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.status = options.status;
  }
}

const TRANSIENT =
  /^(Unreachable|ServerException|InternalFailure|ServiceUnavailable|ServiceUnavailableException|ThrottlingException|Throttling|LimitExceededException)$/;

/** Whether the same call may succeed later. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof LinkError)) return false;
  return TRANSIENT.test(error.code) || (error.status ?? 0) >= 500;
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof LinkError && error.code === code;
}
