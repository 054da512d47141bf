import type { ByteSocket } from '@gantry/protocol';

/** More than this unsent: the other side is not read any more until half of it has left. */
const MOST_UNSENT_BYTES = 4 * 1024 * 1024;

/** Sends on what comes, and lets the sender wait for a receiver that is behind. */
export function forward(from: ByteSocket, to: ByteSocket): (message: string | Uint8Array) => void {
  let paused = false;
  const left = (): void => {
    if (!paused || to.unsentBytes > MOST_UNSENT_BYTES / 2) return;
    paused = false;
    from.resume();
  };
  return (message) => {
    to.send(message, left);
    if (paused || to.unsentBytes <= MOST_UNSENT_BYTES) return;
    paused = true;
    from.pause();
  };
}
