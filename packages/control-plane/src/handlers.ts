import type { RequestContext } from './platform.ts';

/** Carries out one operation. Input and output are the model's shapes, checked before and written after by the codec. */
export type Handler<I, O> = (input: I, context: RequestContext) => Promise<O>;

/** The handlers of a service, by operation. An operation without one answers that it is not served. */
export type HandlersOf<Operations extends Record<keyof Operations, { input: unknown; output: unknown }>> = {
  readonly [Name in keyof Operations]?: Handler<Operations[Name]['input'], Operations[Name]['output']>;
};
