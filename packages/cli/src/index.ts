export * from './errors.ts';
export * from './credentials.ts';
