export interface FaultOptions {
  /** Default 1. */
  readonly times?: number;
  /** The call does its work and only the answer is lost. */
  readonly afterEffect?: boolean;
}

/** The failures a test has ordered from a fake, call by call. */
export class Faults<Call extends string> {
  readonly #ordered = new Map<Call, { readonly error: Error; readonly afterEffect: boolean }[]>();

  order(call: Call, error: Error, options: FaultOptions = {}): void {
    const faults = this.#ordered.get(call) ?? [];
    const fault = { error, afterEffect: options.afterEffect ?? false };
    for (let i = 0; i < (options.times ?? 1); i++) faults.push(fault);
    this.#ordered.set(call, faults);
  }

  /** Runs the work unless a failure is ordered for this call. */
  async run<T>(call: Call, work: () => T | Promise<T>): Promise<T> {
    const fault = this.#ordered.get(call)?.shift();
    if (fault !== undefined && !fault.afterEffect) throw fault.error;
    const result = await work();
    if (fault !== undefined) throw fault.error;
    return result;
  }
}
