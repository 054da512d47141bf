import type { Clock } from '@gantry/domain';
import type { CallWhere, ControlPlaneLink } from '../session/port.ts';
import { isCode, isTransient } from '../session/port.ts';
import type { TaskPlan } from '../supervisor/plan.ts';
import { awslogsProblem, namedStream, whereOf, type AwslogsOptions } from './options.ts';

const REMEMBER_GROUP_MS = 30_000;
const VALIDATION_MS = 5_000;

/** Groups and streams of the Logs API as the awslogs driver makes and checks them. */
export class LogStreams {
  readonly #link: ControlPlaneLink;
  readonly #clock: Clock;
  readonly #groupsSeen = new Map<string, number>();

  constructor(link: ControlPlaneLink, clock: Clock) {
    this.#link = link;
    this.#clock = clock;
  }

  /**
   * Before a task starts: can its containers log? `undefined`: yes, or nobody can tell now (the control plane
   * is away: a task that has been placed starts without it, its output is kept until it is back).
   */
  async validate(plan: TaskPlan, signal: AbortSignal): Promise<string | undefined> {
    for (const { name, awslogs } of plan.containers) {
      if (awslogs === undefined) continue;
      const problem = awslogsProblem(awslogs);
      if (problem !== undefined) return `ResourceInitializationError: failed to validate logger args: ${problem}`;
      try {
        await this.#check(awslogs, name, plan.taskId, signal);
      } catch (error) {
        if (isTransient(error) || signal.aborted) return undefined;
        return refusal(error);
      }
    }
    return undefined;
  }

  /** Makes the stream, and its group when that was asked for. Both may be there already. */
  async ensure(options: AwslogsOptions, logStreamName: string, signal: AbortSignal): Promise<void> {
    const { group: logGroupName = '' } = options;
    const where = whereOf(options);
    const create = async (): Promise<void> => {
      try {
        await this.#link.call('CreateLogStream', { logGroupName, logStreamName }, signal, where);
      } catch (error) {
        if (!isCode(error, 'ResourceAlreadyExistsException')) throw error;
      }
    };
    try {
      await create();
    } catch (error) {
      if (!options.createGroup || !isCode(error, 'ResourceNotFoundException')) throw error;
      await this.#createGroup(logGroupName, where, signal);
      await create();
    }
  }

  async #check(options: AwslogsOptions, container: string, taskId: string, signal: AbortSignal): Promise<void> {
    const key = `${options.account}/${options.region}/${options.group}`;
    const seenAt = this.#groupsSeen.get(key);
    if (seenAt !== undefined && this.#clock.elapsedMs() - seenAt < REMEMBER_GROUP_MS) return;
    const limit = new AbortController();
    const both = AbortSignal.any([signal, limit.signal]);
    void this.#clock.sleep(VALIDATION_MS, AbortSignal.any([both])).then(() => limit.abort());
    try {
      await this.#ask(options, container, taskId, both);
      this.#groupsSeen.set(key, this.#clock.elapsedMs());
    } catch (error) {
      if (limit.signal.aborted) return;
      throw error;
    } finally {
      limit.abort();
    }
  }

  /** With a prefix the stream's name is known, and making it is the check; without, the group is looked at. */
  async #ask(options: AwslogsOptions, container: string, taskId: string, signal: AbortSignal): Promise<void> {
    const stream = namedStream(options, container, taskId);
    if (stream !== undefined) return await this.ensure(options, stream, signal);
    const where = whereOf(options);
    const logGroupName = options.group ?? '';
    try {
      await this.#link.call('DescribeLogStreams', { logGroupName, limit: 1 }, signal, where);
    } catch (error) {
      if (!options.createGroup || !isCode(error, 'ResourceNotFoundException')) throw error;
      await this.#createGroup(logGroupName, where, signal);
    }
  }

  async #createGroup(logGroupName: string, where: CallWhere, signal: AbortSignal): Promise<void> {
    try {
      await this.#link.call('CreateLogGroup', { logGroupName }, signal, where);
    } catch (error) {
      if (!isCode(error, 'ResourceAlreadyExistsException')) throw error;
    }
  }
}

/** In the words of a Fargate task that cannot log. */
function refusal(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? `${String(error.code)}: ` : '';
  return (
    'ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: ' +
    `failed to create Cloudwatch log stream: ${code}${text} : exit status 1`
  );
}
