import type { AccountId, Region } from '@gantry/domain';
import { SERVICES, type ServiceName } from '@gantry/protocol';
import type { Principal } from '../../identity/principal.ts';
import type { Caller } from '../../platform.ts';
import type { AuditedCall } from '../port.ts';

export const ACCOUNT = '111122223333' as AccountId;

export function caller(principal: Principal = { kind: 'administrator' }, more: Partial<Caller> = {}): Caller {
  const principalArn = `arn:aws:iam::${ACCOUNT}:user/administrator`;
  return {
    account: ACCOUNT,
    region: 'us-east-1' as Region,
    principalArn,
    accessKeyId: 'AKIAADMIN',
    principal,
    ...more,
  };
}

/** A call that was answered with what is given. */
export function call(service: ServiceName, operation: string, more: Partial<AuditedCall> = {}): AuditedCall {
  return {
    service: SERVICES[service],
    operation,
    caller: caller(),
    from: { address: '192.0.2.7', secure: false },
    requestId: 'request-1',
    userAgent: 'aws-cli/1.45',
    host: 'localhost:4566',
    input: {},
    output: {},
    ...more,
  };
}
