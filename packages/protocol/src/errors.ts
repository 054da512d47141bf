/**
 * An error a client is meant to see. `code` is the modelled error shape (or one of the common codes);
 * the front door writes it in the protocol of the service that was called. `cause` is for our log and never leaves
 * the process.
 */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: string;
  readonly status: number;
  /** Further modelled members of the error shape, such as ConflictException's `resourceIds`. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    options: { status?: number; members?: Readonly<Record<string, unknown>>; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.status = options.status ?? (code === 'ServerException' || code === 'InternalFailure' ? 500 : 400);
    this.members = options.members ?? {};
  }
}

export const clientException = (message: string): ServiceError => new ServiceError('ClientException', message);
export const invalidParameter = (message: string): ServiceError =>
  new ServiceError('InvalidParameterException', message);
