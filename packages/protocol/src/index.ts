export * from './errors.ts';
export * from './agent/messages.ts';
export * from './agent/socket.ts';
export type * from './gantry-types.ts';
export type { EcsOperations } from './generated/ecs-types.ts';
export type { LogsOperations } from './generated/logs-types.ts';
export type { StsOperations } from './generated/sts-types.ts';
export { SERVICE_NAMES, modelOf } from './models.ts';
export type { ServiceName } from './models.ts';
export { Operation, SERVICES, Service, notServed, serviceBySigningName, serviceByTarget } from './services.ts';
export { parseCall, writeError, writeResponse } from './codec/protocol.ts';
export type { Call } from './codec/protocol.ts';
export { header } from './codec/wire.ts';
export type { WireRequest, WireResponse } from './codec/wire.ts';
export type { ErrorShape, OperationModel, ServiceModel } from './codec/model.ts';
export { sign } from './sigv4/sign.ts';
export type { Credentials, SigningScope } from './sigv4/sign.ts';
export { verify } from './sigv4/verify.ts';
export type { KnownKey, Verified, VerifyOptions } from './sigv4/verify.ts';
export { credentialScope, parseAuthorization } from './sigv4/authorization.ts';
export type { Authorization } from './sigv4/authorization.ts';
export { AwsClient, ConnectionError, isPassing } from './client.ts';
export type { AwsClientOptions, CallOptions } from './client.ts';
export type { Transport, TransportRequest, TransportResponse } from './transport.ts';
export { httpTransport } from './transport-http.ts';
export { systemClock, systemIds } from './wiring-system.ts';

/** Header of an agent's Logs calls: the account of the task that wrote. */
export const ACCOUNT_HEADER = 'x-gantry-account';
