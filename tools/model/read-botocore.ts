import { execFileSync } from 'node:child_process';

export interface BotocoreShape {
  readonly type: string;
  readonly members?: Readonly<Record<string, { readonly shape: string }>>;
  readonly member?: { readonly shape: string };
  readonly key?: { readonly shape: string };
  readonly value?: { readonly shape: string };
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
}

export type BotocoreShapes = Readonly<Record<string, BotocoreShape>>;

const SCRIPT = `
import json, sys
import botocore.loaders
model = botocore.loaders.Loader().load_service_model(sys.argv[1], 'service-2')
json.dump(model['shapes'], sys.stdout)
`;

/**
 * Constraints and exact number types of one service, as the AWS CLI's own model has them. The SDK's schemas
 * say neither. Throws when Python with botocore is not at hand: a model without them would be silently laxer.
 */
export function readBotocore(service: string): BotocoreShapes {
  try {
    const text = execFileSync('python3', ['-c', SCRIPT, service], { encoding: 'utf8', maxBuffer: 64 << 20 });
    return JSON.parse(text) as BotocoreShapes;
  } catch (cause) {
    throw new Error(`cannot read botocore's model of ${service}: install the AWS CLI or "pip install botocore"`, {
      cause,
    });
  }
}
