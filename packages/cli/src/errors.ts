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

/** An error as the terminal shows it (without the leading `gantry: `), and what the process answers. */
export function describeError(error: unknown): { readonly lines: readonly string[]; readonly exitCode: number } {
  if (error instanceof CliError) {
    const details = error.details.map((line) => `  | ${line}`);
    return { lines: [error.message, ...details, ...(error.wayOut ? [error.wayOut] : [])], exitCode: error.exitCode };
  }
  if (!(error instanceof Error)) return { lines: [String(error)], exitCode: EXIT.failed };
  // By name: the modules of these classes are loaded only by commands that call the API.
  if (error.name === 'ServiceError') {
    const code = (error as Error & { readonly code?: string }).code ?? '';
    return { lines: [`the API refused it: ${error.message} (${code})`, ...wayOutOf(code)], exitCode: EXIT.refused };
  }
  if (error.name === 'ConnectionError') {
    return {
      lines: [`${error.message}.`, 'Is it up? gantry status tells, gantry up starts it.'],
      exitCode: EXIT.notRunning,
    };
  }
  const missing = /Cannot find (?:package|module) '([^']+)'/.exec(error.message)?.[1];
  if (missing !== undefined) {
    return {
      lines: [`a part of Gantry is not installed: ${missing}.`, "Run 'npm ci' in Gantry's folder."],
      exitCode: EXIT.failed,
    };
  }
  return { lines: [error.stack ?? error.message], exitCode: EXIT.failed };
}

const WAYS_OUT: Readonly<Record<string, string>> = {
  ClusterNotFoundException: 'gantry status lists the clusters; --cluster names another one.',
  UnrecognizedClientException:
    'The key is not of this Gantry: look at AWS_ACCESS_KEY_ID, or unset AWS_ENDPOINT_URL to use its own.',
  InvalidClientTokenId:
    'The key is not of this Gantry: look at AWS_ACCESS_KEY_ID, or unset AWS_ENDPOINT_URL to use its own.',
  SignatureDoesNotMatch: 'The secret key does not belong to the access key: eval "$(gantry env)" sets both.',
};

function wayOutOf(code: string): readonly string[] {
  const text = WAYS_OUT[code];
  return text === undefined ? [] : [text];
}
