export * from './agent-ports.ts';
export * from './agent.ts';
export * from './session/port.ts';
export * from './checkpoint/port.ts';
export * from './checkpoint/memory.ts';
export * from './log.ts';
