import type { Clock, Ids } from '@gantry/domain';
import type { FrameSocket } from '@gantry/protocol';
import type { Log } from '../log.ts';
import { Backoff } from './backoff.ts';
import { isCode, LinkError, type ControlPlaneLink } from './port.ts';

export interface SessionPorts {
  readonly link: ControlPlaneLink;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

export interface SessionRole {
  readonly kind: 'acs' | 'tcs';
  /** The complete url; asked for before every connection. */
  url(signal: AbortSignal): Promise<string>;
  /** The socket is open: take frames from now on. Returns what to do when it has closed. */
  opened(socket: FrameSocket): { frame(text: string): void; closed(): void };
  /** Several tries in a row found nobody. */
  doubted(): void;
  /** The instance was deregistered. */
  inactive(): void;
}

/** agent-protocol 3.3. A silent connection and an old one are closed by us. */
const SILENCE_MS = 60_000;
const SILENCE_JITTER_MS = 60_000;
const EXPIRY_MS = 30 * 60_000;
const EXPIRY_JITTER_MS = 5 * 60_000;
/** The stock agent waits up to 2 minutes. Ours comes back sooner: a control plane on one machine is often restarted. */
const BACKOFF = { firstMs: 250, factor: 1.5, mostMs: 10_000, jitter: 0.2 } as const;
const STEADY_MS = 60_000;
/** After these the stock agent reconnects at once. We do so too, unless the connection was over before it began. */
const AT_ONCE = new Set([1000, 1001, 1006, 1011]);
const TOO_SHORT_MS = 1_000;
const INACTIVE_MS = 3_600_000;
const DOUBT_AFTER_FAILURES = 3;

/** Keeps one session open until the signal aborts. */
export class SessionKeeper {
  readonly #ports: SessionPorts;
  readonly #role: SessionRole;
  readonly #backoff: Backoff;
  #failures = 0;
  #complained = false;
  #inactiveWait = new AbortController();

  constructor(ports: SessionPorts, role: SessionRole) {
    this.#ports = ports;
    this.#role = role;
    this.#backoff = new Backoff(ports.clock, ports.ids, BACKOFF);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { clock } = this.#ports;
      let openedAt = clock.elapsedMs();
      try {
        const url = await this.#role.url(signal);
        const socket = await this.#ports.link.connect(this.#role.kind, url, signal);
        openedAt = clock.elapsedMs();
        const { code, reason } = await this.#session(socket, signal);
        if (signal.aborted) return;
        const lastedMs = clock.elapsedMs() - openedAt;
        if (lastedMs >= STEADY_MS) this.#settled();
        if (reason.includes('InactiveInstanceException')) await this.#waitInactive(signal);
        else if (!AT_ONCE.has(code) || lastedMs < TOO_SHORT_MS) await this.#backoff.wait(signal);
      } catch (error) {
        if (signal.aborted) return;
        await this.#failed(error, signal);
      }
    }
  }

  /** Somebody knows better: try now. */
  nudge(): void {
    this.#backoff.nudge();
    this.#inactiveWait.abort();
  }

  #settled(): void {
    this.#failures = 0;
    this.#complained = false;
    this.#backoff.reset();
  }

  async #failed(error: unknown, signal: AbortSignal): Promise<void> {
    this.#failures += 1;
    if (!this.#complained) this.#ports.log('warn', `the ${this.#role.kind} session cannot be opened: ${String(error)}`);
    this.#complained = true;
    if (this.#failures >= DOUBT_AFTER_FAILURES) this.#role.doubted();
    if (isCode(error, 'InactiveInstanceException')) return await this.#waitInactive(signal);
    if (!(error instanceof LinkError)) this.#ports.log('error', `the ${this.#role.kind} session: ${String(error)}`);
    await this.#backoff.wait(signal);
  }

  async #waitInactive(signal: AbortSignal): Promise<void> {
    this.#ports.log('warn', 'this instance was deregistered; asking again in an hour');
    this.#role.inactive();
    this.#inactiveWait = new AbortController();
    await this.#ports.clock.sleep(INACTIVE_MS, AbortSignal.any([signal, this.#inactiveWait.signal]));
  }

  /** From open to closed; both deadlines are looked at by one timer. */
  async #session(
    socket: FrameSocket,
    signal: AbortSignal,
  ): Promise<{ readonly code: number; readonly reason: string }> {
    const { clock, ids } = this.#ports;
    const silenceMs = SILENCE_MS + ids.random() * SILENCE_JITTER_MS;
    const expiresAt = clock.elapsedMs() + EXPIRY_MS + ids.random() * EXPIRY_JITTER_MS;
    let heardAt = clock.elapsedMs();
    let end: { readonly code: number; readonly reason: string } | undefined;
    const over = new AbortController();
    const finish = (code: number, reason: string): void => {
      end ??= { code, reason };
      over.abort();
    };
    socket.onClose(finish);
    const session = this.#role.opened(socket);
    this.#failures = 0;
    socket.onFrame((text) => {
      if (end !== undefined) return;
      heardAt = clock.elapsedMs();
      session.frame(text);
    });
    const both = AbortSignal.any([signal, over.signal]);
    const closeSelf = (reason: string): void => {
      socket.close(1000, reason);
      finish(1000, reason);
    };
    while (!both.aborted) {
      const dueAt = Math.min(expiresAt, heardAt + silenceMs);
      await clock.sleep(dueAt - clock.elapsedMs(), both);
      if (both.aborted) break;
      if (clock.elapsedMs() >= expiresAt) closeSelf('ConnectionExpired: Reconnect to continue');
      else if (clock.elapsedMs() >= heardAt + silenceMs) closeSelf('Nothing heard for too long');
    }
    if (signal.aborted) closeSelf('The agent stops');
    session.closed();
    return end ?? { code: 1000, reason: '' };
  }
}
