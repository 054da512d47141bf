export * from './errors.ts';
export * from './agent/messages.ts';
export * from './agent/socket.ts';
