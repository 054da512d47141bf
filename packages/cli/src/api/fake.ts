import { ServiceError } from '@gantry/protocol/errors.ts';
import type { Api } from './port.ts';

type Answer = (input: Record<string, unknown>) => unknown;

/** An API whose answers a test writes, by operation; what it has no answer for is refused. */
export class FakeApi implements Api {
  readonly calls: { readonly operation: string; readonly input: Record<string, unknown> }[] = [];
  readonly #answers: Readonly<Record<string, Answer>>;

  constructor(answers: Readonly<Record<string, Answer>>) {
    this.#answers = answers;
  }

  async #call(operation: string, input: unknown): Promise<never> {
    this.calls.push({ operation, input: input as Record<string, unknown> });
    const answer = this.#answers[operation];
    if (answer === undefined)
      throw new ServiceError('UnknownOperationException', `the test has no answer for ${operation}`);
    return (await answer(input as Record<string, unknown>)) as never;
  }

  ecs: Api['ecs'] = (operation, input) => this.#call(operation, input);
  logs: Api['logs'] = (operation, input) => this.#call(operation, input);
  cloudtrail: Api['cloudtrail'] = (operation, input) => this.#call(operation, input);
  gantry: Api['gantry'] = (operation, input) => this.#call(operation, input);

  inputs(operation: string): readonly Record<string, unknown>[] {
    return this.calls.filter((call) => call.operation === operation).map((call) => call.input);
  }
}
