import { spawnSync } from 'node:child_process';
import type { TerminalSize } from '@gantry/protocol';
import type { ExecTerminal } from './port.ts';

/** The terminal, or the pipes, of this process. */
export function nodeTerminal(interruption: () => AbortSignal): ExecTerminal {
  const { stdin, stdout, stderr } = process;
  let onResize: (() => void) | undefined;
  return {
    isTerminal: stdin.isTTY === true,
    size: (): TerminalSize | undefined => {
      const tty = stdout.isTTY === true ? stdout : stderr;
      return tty.columns > 0 && tty.rows > 0 ? { cols: tty.columns, rows: tty.rows } : undefined;
    },
    onResize(listener) {
      onResize = listener;
      process.on('SIGWINCH', listener);
    },
    setRaw(raw) {
      if (stdin.isTTY !== true) return;
      stdin.setRawMode(raw);
      // Node's raw mode goes on writing a return before each line feed; the program at the other end has done so already.
      if (raw) spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] });
    },
    async *input() {
      try {
        for await (const data of stdin) yield data as Uint8Array;
      } catch (error) {
        // Closed by us, with the session.
        if (!stdin.destroyed) throw error;
      }
    },
    out: (data) => written(stdout, data),
    err: (data) => written(stderr, data),
    interruption,
    close() {
      if (onResize !== undefined) process.off('SIGWINCH', onResize);
      stdin.destroy();
    },
  };
}

function written(stream: NodeJS.WriteStream, data: Uint8Array): Promise<void> {
  return new Promise((resolve) => stream.write(data, () => resolve()));
}
