import type { OutboxMessage } from '@gantry/domain';
import { RESEND_FIRST_MS, RESEND_MOST_MS, WINDOW } from '../timing.ts';

interface UnderWay {
  readonly message: OutboxMessage;
  readonly attempts: number;
  readonly againAt: number;
}

/**
 * Which messages one session has to send, and which of them wait for an ack. Order is the counter's; what is not
 * acked in time goes again with a back-off. Keeps no time of its own: what it is given is `elapsedMs`.
 */
export class Outgoing {
  #highestSeq = -1;
  /** Ordered by seq. */
  #waiting: OutboxMessage[] = [];
  readonly #underWay = new Map<string, UnderWay>();

  get underWay(): number {
    return this.#underWay.size;
  }

  /** Messages of one instance come in the order of their seq; one that was added already is ignored. */
  add(message: OutboxMessage): void {
    if (message.seq <= this.#highestSeq) return;
    this.#highestSeq = message.seq;
    this.#waiting.push(message);
  }

  remove(messageId: string): void {
    if (this.#underWay.delete(messageId)) return;
    this.#waiting = this.#waiting.filter((message) => message.messageId !== messageId);
  }

  find(messageId: string): OutboxMessage | undefined {
    return this.#underWay.get(messageId)?.message;
  }

  /** The next one to send now: in order of seq those that never were, before them those that are due again. */
  next(now: number): OutboxMessage | undefined {
    const again = this.#dueAgain(now);
    if (again !== undefined) return this.#sent(again.message, again.attempts + 1, now);
    if (this.#underWay.size >= WINDOW) return undefined;
    const message = this.#waiting.shift();
    return message === undefined ? undefined : this.#sent(message, 1, now);
  }

  /** When an unacked message is due again. */
  nextAt(): number {
    let at = Infinity;
    for (const { againAt } of this.#underWay.values()) at = Math.min(at, againAt);
    return at;
  }

  #dueAgain(now: number): UnderWay | undefined {
    let first: UnderWay | undefined;
    for (const candidate of this.#underWay.values()) {
      if (candidate.againAt > now) continue;
      if (first === undefined || candidate.message.seq < first.message.seq) first = candidate;
    }
    return first;
  }

  #sent(message: OutboxMessage, attempts: number, now: number): OutboxMessage {
    this.#underWay.set(message.messageId, { message, attempts, againAt: now + backoffMs(attempts) });
    return message;
  }
}

/** 10 s, 20 s, 40 s, … 5 min. */
export function backoffMs(attempts: number): number {
  return Math.min(RESEND_MOST_MS, RESEND_FIRST_MS * 2 ** Math.min(attempts - 1, 16));
}
