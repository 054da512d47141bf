import { createHmac } from 'node:crypto';

export interface EndpointOwner {
  readonly taskArn: string;
  readonly container: string;
}

/**
 * The id in a container's metadata URI. Made of a secret of the agent's checkpoint, so that it is the same after a
 * restart and nobody can work out another container's.
 */
export class EndpointIds {
  readonly #secret: string;

  constructor(secret: string) {
    this.#secret = secret;
  }

  /** A UUID. */
  idOf({ taskArn, container }: EndpointOwner): string {
    const hex = createHmac('sha256', this.#secret).update(`${taskArn}\n${container}`).digest('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
  }
}
