import { ServiceError } from '@gantry/protocol';
import { parsePolicy, PolicyError, type PolicyKind } from '../../../authorise/policy.ts';

/** How long a policy is for IAM's limits: white space does not count. Pure. */
export function policySize(text: string): number {
  return text.replace(/\s/g, '').length;
}

/** @throws ServiceError MalformedPolicyDocumentException */
export function checkPolicy(text: string, kind: PolicyKind): void {
  try {
    parsePolicy(text, kind);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw new ServiceError('MalformedPolicyDocumentException', error.message, { cause: error });
  }
}

/** As IAM returns documents: percent-encoded (RFC 3986). Pure. */
export function encodedDocument(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
