import type { Platform } from '../platform.ts';

/** Says each thing once per session: a rude agent must not fill the log. */
export class OncePerSession {
  readonly #platform: Platform;
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #said = new Set<string>();

  constructor(platform: Platform, fields: Readonly<Record<string, unknown>>) {
    this.#platform = platform;
    this.#fields = fields;
  }

  log(
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    fields: Readonly<Record<string, unknown>> = {},
  ): void {
    // The messages hold words of the other side: even their number is limited.
    if (this.#said.has(message) || this.#said.size >= 50) return;
    this.#said.add(message);
    this.#platform.log(level, message, { ...this.#fields, ...fields });
  }
}
