export * from './errors.ts';
export * from './agent/messages.ts';
export * from './agent/socket.ts';
export type * from './gantry-types.ts';
export type { EcsOperations } from './generated/ecs-types.ts';
export type { LogsOperations } from './generated/logs-types.ts';
export type { StsOperations } from './generated/sts-types.ts';
