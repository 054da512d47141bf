/** An HTTP request of ours, ready to send. */
export interface TransportRequest {
  readonly method: 'POST' | 'GET';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal?: AbortSignal;
}

export interface TransportResponse {
  readonly status: number;
  /** Lowercase names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** Sends one request. Rejects when there is no answer: with the signal's reason when it aborted. */
export type Transport = (request: TransportRequest) => Promise<TransportResponse>;
