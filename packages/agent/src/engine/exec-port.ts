/** A program started in a running container. Part of the `Engine` port. */
export interface ExecEngine {
  /**
   * Starts it, as root, or connects to a port of the container. Container unknown: `not-found`; not running: `conflict`. A command that
   * does not exist ends with 126 or 127, a port nobody listens on with 1 and words on stderr.
   */
  exec(containerId: string, spec: ExecSpec): Promise<ExecProcess>;
}

export type ExecSpec = ProgramSpec | PortSpec;

export interface ProgramSpec {
  readonly command: readonly string[];
  /** Present: it gets a terminal of this size, and stderr is in stdout. */
  readonly terminal?: { readonly cols: number; readonly rows: number } | undefined;
}

/** Input goes to this TCP port as the container sees it, and what comes from there is the output. */
export interface PortSpec {
  readonly port: number;
}

export interface ExecOutput {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Uint8Array;
}

export interface ExecProcess {
  /** Read once. Ends when the program has ended, or has closed its output; throws `EngineError` when the connection breaks. */
  readonly output: AsyncIterable<ExecOutput>;
  /** Resolves when it is on its way; a program that does not read lets it wait. */
  write(data: Uint8Array): Promise<void>;
  /** The program reads the end of its input. */
  endInput(): void;
  resize(size: { readonly cols: number; readonly rows: number }): Promise<void>;
  /** `undefined`: it runs. */
  exitCode(): Promise<number | undefined>;
  /** Hangs up, then kills it and what it started. @returns whether it is known to be gone */
  kill(): Promise<boolean>;
}
