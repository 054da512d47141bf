import type { LogPosition } from './batch.ts';
import { goPattern } from './pattern.ts';

export interface Assembled {
  readonly text: string;
  readonly timestampMs: number;
  readonly after: LogPosition;
}

/** Joins lines into events: a line that matches the pattern begins one, the lines up to the next match belong to it. */
export class Multiline {
  readonly #pattern: RegExp | undefined;
  #open: Assembled | undefined;

  constructor(pattern: string | undefined) {
    this.#pattern = pattern === undefined ? undefined : goPattern(pattern);
  }

  /** Whether an event waits for its next line. */
  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** The events that are complete now that this line has come. */
  add(line: Assembled): readonly Assembled[] {
    if (this.#pattern === undefined) return [line];
    const open = this.#open;
    if (open === undefined || this.#pattern.test(line.text)) {
      this.#open = line;
      return open === undefined ? [] : [open];
    }
    this.#open = { text: `${open.text}\n${line.text}`, timestampMs: open.timestampMs, after: line.after };
    return [];
  }

  /** Nothing more comes soon: what is open is complete. */
  flush(): readonly Assembled[] {
    const open = this.#open;
    this.#open = undefined;
    return open === undefined ? [] : [open];
  }
}
