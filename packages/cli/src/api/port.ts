import type { CloudtrailOperations, EcsOperations, GantryOperations, LogsOperations } from '@gantry/protocol';

export type EcsInput<N extends keyof EcsOperations> = EcsOperations[N]['input'];
export type EcsOutput<N extends keyof EcsOperations> = EcsOperations[N]['output'];
export type Task = NonNullable<EcsOutput<'DescribeTasks'>['tasks']>[number];
export type Service = NonNullable<EcsOutput<'DescribeServices'>['services']>[number];
export type TaskDefinition = NonNullable<EcsOutput<'DescribeTaskDefinition'>['taskDefinition']>;
export type LogEvent = NonNullable<LogsOperations['GetLogEvents']['output']['events']>[number];

/** The public API as the commands use it. A call may reject with a ServiceError (refused) or a ConnectionError (nobody answers). */
export interface Api {
  ecs<N extends keyof EcsOperations>(operation: N, input: EcsInput<N>): Promise<EcsOutput<N>>;
  logs<N extends keyof LogsOperations>(
    operation: N,
    input: LogsOperations[N]['input'],
  ): Promise<LogsOperations[N]['output']>;
  cloudtrail<N extends keyof CloudtrailOperations>(
    operation: N,
    input: CloudtrailOperations[N]['input'],
  ): Promise<CloudtrailOperations[N]['output']>;
  gantry<N extends keyof GantryOperations>(
    operation: N,
    input: GantryOperations[N]['input'],
  ): Promise<GantryOperations[N]['output']>;
}
