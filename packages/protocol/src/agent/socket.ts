/**
 * One side of a websocket, as both sessions (agent and control plane) see it: text frames and an end.
 * The adapters are `ws` in production and an in-memory pair in the simulator.
 */
export interface FrameSocket {
  send(text: string): void;
  close(code: number, reason: string): void;
  /** Set once, before the first turn of the event loop ends; frames that arrive earlier are kept for it. */
  onFrame(listener: (text: string) => void): void;
  /** Called once, also when the connection breaks (code 1006). */
  onClose(listener: (code: number, reason: string) => void): void;
}
