import type { ByteSocket, TerminalSize } from '@gantry/protocol';

/** Input and outputs of the command, as bytes. Adapter: `wiring-terminal.ts`. */
export interface ExecTerminal {
  /** Whether input comes from a terminal. */
  readonly isTerminal: boolean;
  size(): TerminalSize | undefined;
  onResize(listener: () => void): void;
  /** Raw: keys come one by one, Ctrl-C too. */
  setRaw(raw: boolean): void;
  /** Read once; ends with the input. */
  input(): AsyncIterable<Uint8Array>;
  /** Resolve when it is written. */
  out(data: Uint8Array): Promise<void>;
  err(data: Uint8Array): Promise<void>;
  /** Aborts at SIGINT or SIGTERM. */
  interruption(): AbortSignal;
  /** Nothing more is read: the process may end. */
  close(): void;
}

/** Opens a websocket; `ca`: certificates (PEM) to trust instead of the public ones. Rejects when it cannot be opened. */
export type OpenSocket = (url: string, ca?: string) => Promise<ByteSocket>;
