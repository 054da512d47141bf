import type { AuditedCall } from './port.ts';
import { second, userIdentity, type UserIdentity } from './identity.ts';
import { isReadOnly } from './kept.ts';
import type { Parameters } from './parameters.ts';
import { HIDDEN } from './secrets.ts';

/** CloudTrail's record of one call. */
export interface AuditEvent {
  readonly eventVersion: string;
  readonly userIdentity: UserIdentity;
  readonly eventTime: string;
  readonly eventSource: string;
  readonly eventName: string;
  readonly awsRegion: string;
  readonly sourceIPAddress: string;
  readonly userAgent?: string;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly requestParameters: unknown;
  readonly responseElements: unknown;
  readonly requestID: string;
  readonly eventID: string;
  readonly readOnly: boolean;
  readonly eventType: 'AwsApiCall';
  readonly managementEvent: true;
  readonly recipientAccountId: string;
  readonly eventCategory: 'Management';
  readonly tlsDetails?: Readonly<Record<string, string>>;
}

const MOST_TEXT = 1024;

/** Pure but for the compiled shapes. `eventId` is new, `atMs` when the call was answered. */
export function auditEvent(call: AuditedCall, parameters: Parameters, eventId: string, atMs: number): AuditEvent {
  const { service, operation, caller, from, error, userAgent } = call;
  const known = service.operation(operation);
  const readOnly = isReadOnly(service.name, operation);
  const hidden: string[] = [];
  const requestParameters = parameters.of(service, known?.input, call.input, hidden);
  const answered = error === undefined && !readOnly ? parameters.of(service, known?.output, call.output) : null;
  return {
    eventVersion: '1.11',
    userIdentity: userIdentity(caller),
    eventTime: second(atMs),
    eventSource: `${service.model.signingName}.amazonaws.com`,
    eventName: operation,
    awsRegion: regionOf(call),
    sourceIPAddress: from.address,
    ...(userAgent === undefined ? {} : { userAgent: userAgent.slice(0, MOST_TEXT) }),
    ...(error === undefined ? {} : { errorCode: codeOf(error.code), errorMessage: messageOf(call, hidden) }),
    requestParameters,
    responseElements: isEmpty(answered) ? null : answered,
    requestID: call.requestId,
    eventID: eventId,
    readOnly,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: caller.account,
    eventCategory: 'Management',
    ...tlsOf(call),
  };
}

/** Past this a part of an event is left out, and says so: CloudTrail's events have an end, too. */
export const MOST_PART_BYTES = 100 * 1024;

/** As it is stored: one line of JSON, its large parts left out. */
export function eventText(event: AuditEvent): string {
  const text = JSON.stringify(event);
  if (text.length <= MOST_PART_BYTES) return text;
  const part = (value: unknown): unknown => {
    const originalSize = Buffer.byteLength(JSON.stringify(value));
    if (originalSize <= MOST_PART_BYTES) return value;
    return { omitted: true, originalSize, reason: `larger than ${MOST_PART_BYTES} bytes` };
  };
  const { requestParameters, responseElements } = event;
  return JSON.stringify({
    ...event,
    requestParameters: part(requestParameters),
    responseElements: part(responseElements),
  });
}

/** IAM is one for all regions; its events are those of us-east-1. */
export function regionOf({ service, caller }: Pick<AuditedCall, 'service' | 'caller'>): string {
  return service.name === 'iam' ? 'us-east-1' : caller.region;
}

/** CloudTrail's word for it, whatever the protocol's is. */
const codeOf = (code: string): string => (code === 'AccessDeniedException' ? 'AccessDenied' : code);

/** Shorter texts are words of the message itself. */
const LEAST_SECRET = 4;

/**
 * The text the client got, without the secrets it repeats. A refusal of what could not be read may repeat anything: its code has
 * to do.
 */
function messageOf({ error, input }: AuditedCall, hidden: readonly string[]): string {
  const text = error?.message ?? '';
  if (input === undefined && !/^(AccessDenied|Throttling)/.test(error?.code ?? ''))
    return 'The request is not valid: its parameters were not taken.';
  return hidden
    .filter((secret) => secret.length >= LEAST_SECRET)
    .reduce((left, secret) => left.replaceAll(secret, HIDDEN), text)
    .slice(0, MOST_TEXT);
}

function tlsOf({ from, host }: AuditedCall): Pick<AuditEvent, 'tlsDetails'> {
  if (from.tls === undefined) return {};
  const { version: tlsVersion, cipherSuite } = from.tls;
  return {
    tlsDetails: {
      tlsVersion,
      cipherSuite,
      ...(host === undefined ? {} : { clientProvidedHostHeader: host.slice(0, 256) }),
    },
  };
}

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;
