/** What the process answers to the shell. `gantry run --follow` and `--wait` answer with the container's own code instead. */
export const EXIT = {
  done: 0,
  /** It was tried and did not work. */
  failed: 1,
  /** The command line is wrong; nothing was tried. */
  usage: 2,
  /** No control plane answers there. */
  notRunning: 3,
  /** The API refused the request. */
  refused: 4,
  /** The user said no. */
  declined: 5,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An error the user is meant to read: `message` names the thing and the reason, `wayOut` says what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;
  readonly wayOut: string | undefined;
  /** Lines to show below, such as the end of a log. */
  readonly details: readonly string[];

  constructor(
    message: string,
    options: {
      readonly wayOut?: string;
      readonly exitCode?: number;
      readonly details?: readonly string[];
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.exitCode = options.exitCode ?? EXIT.failed;
    this.wayOut = options.wayOut;
    this.details = options.details ?? [];
  }
}

export const usageError = (message: string, wayOut?: string): CliError =>
  new CliError(message, { exitCode: EXIT.usage, ...(wayOut === undefined ? {} : { wayOut }) });

/** The text of an error as the terminal shows it, without the leading `gantry: `. */
export function describeError(error: unknown): readonly string[] {
  if (error instanceof CliError) {
    return [error.message, ...error.details.map((line) => `  | ${line}`), ...(error.wayOut ? [error.wayOut] : [])];
  }
  return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
}
