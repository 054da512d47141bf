/** The stock agent closes a socket that is silent for a minute; pings do not count (agent-protocol 3.3). */
export const HEARTBEAT_MS = 30_000;
/** So many heartbeats in a row without an ack, and the agent is gone. A count, not a time: a suspended laptop must not look dead. */
export const UNANSWERED_HEARTBEATS = 3;
/** An unacked message is sent again after this long, then after twice as long, and so on. */
export const RESEND_FIRST_MS = 10_000;
export const RESEND_MOST_MS = 300_000;
/** At most so many unacked messages are under way to one agent. */
export const WINDOW = 256;
/** An agent that says goodbye (1000, 1001) mostly comes back at once: it does so every 30 minutes. */
export const GOODBYE_GRACE_MS = 5_000;
/** After a restart of the control plane: how long the journal's word "connected" is believed without a socket. */
export const RESTART_GRACE_MS = 30_000;
/** All sockets are closed within this long when the control plane stops. */
export const STOP_WITHIN_MS = 2_000;
/** Characters of one frame; the stock agent's largest are metrics of 1 MiB. */
export const FRAME_LIMIT = 2 * 1024 * 1024;
