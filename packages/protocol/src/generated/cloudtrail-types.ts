// Written by tools/model/generate.ts: do not edit.
import type {
  LookupEventsRequest,
  LookupEventsResponse,
} from '@aws-sdk/client-cloudtrail';

/** Every operation of cloudtrail (API 2013-11-01) with the shapes of its input and output. */
export interface CloudtrailOperations {
  LookupEvents: { input: LookupEventsRequest; output: LookupEventsResponse };
}
