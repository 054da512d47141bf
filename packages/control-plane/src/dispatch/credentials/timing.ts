/** How long credentials of a task's role hold; roles' own maximum is not about these (ecs-semantics 8.7). */
export const SESSION_SECONDS = 6 * 3600;
/** They are sent anew this long after they were taken. */
export const REFRESH_MS = 3_600_000;
/** After a reconnect nobody knows when they were sent last: they go again within this long, one here, one there. */
export const SPREAD_MS = 60_000;
