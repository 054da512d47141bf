import { clientException } from '@gantry/protocol';

const ROLE = /^(arn:[^:]+:iam::\d{12}:role\/.+|[A-Za-z0-9+=,.@_/-]{1,512})$/;

/** A role's ARN or name; absent and empty are fine. Pure; throws ClientException. */
export function checkRole(role: string | undefined): void {
  if (role !== undefined && role !== '' && !ROLE.test(role)) throw clientException('Role is not valid');
}
