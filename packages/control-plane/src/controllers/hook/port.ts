/** Asks what stands behind a function's name. */
export interface HookCaller {
  /**
   * @param target `http://…`, `https://…` or `exec:/path`, as configured
   * @returns the answer, parsed
   * @throws Error whose message says what went wrong
   */
  call(target: string, event: object, signal: AbortSignal): Promise<unknown>;
}
