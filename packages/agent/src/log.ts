export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
/** One line of the agent's own log. */
export type Log = (level: LogLevel, text: string) => void;
