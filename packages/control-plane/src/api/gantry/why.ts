import { instanceKey } from '../../state/keys.ts';
import type { Scope, Service, Task } from '@gantry/domain';
import { invalidParameter, ServiceError, type WhyRequest, type WhyResponse } from '@gantry/protocol';
import { explainPlacement } from '../../controllers/scheduler/apply.ts';
import type { Platform } from '../../platform.ts';
import type { HistoryEvent } from '../../store/port.ts';
import { keyOfCluster } from '../ecs/common/clusters.ts';
import { countsOf } from '../ecs/cluster/counts.ts';
import { keyOfService } from '../ecs/service/describe.ts';
import { remainingOf } from '../ecs/wire/container-instance.ts';
import {
  explainCluster,
  explainGone,
  explainInstance,
  explainService,
  explainTask,
  type Explanation,
} from './explain.ts';
import { subjectsOf, type Subject } from './subject.ts';

const MAX_EVENTS = 100;
const MAX_OBSTACLES = 10;

/** Why: the state of something, the reason for it and how it came to be. Throws ResourceNotFoundException. */
export async function why(platform: Platform, scope: Scope, request: WhyRequest): Promise<WhyResponse> {
  if (request.subject === '') throw invalidParameter('subject can not be empty.');
  for (const subject of subjectsOf(platform.state.tables, scope, request)) {
    const history = await platform.journal.history(subject.arn, MAX_EVENTS);
    const explanation = explained(platform, subject, history);
    if (explanation !== undefined) return answer(subject, explanation, history);
  }
  const where = request.cluster === undefined ? 'any cluster' : `cluster ${request.cluster}`;
  throw new ServiceError(
    'ResourceNotFoundException',
    `There is no task, service, container instance or cluster '${request.subject.slice(0, 256)}' in ${where}. Give its ARN, or its id or name and its cluster.`,
  );
}

function explained(platform: Platform, subject: Subject, history: readonly HistoryEvent[]): Explanation | undefined {
  const { tables } = platform.state;
  if (subject.document === undefined) return history.length > 0 ? explainGone(history) : undefined;
  switch (subject.kind) {
    case 'task':
      return explainTask(subject.document, obstaclesOf(platform, subject.document));
    case 'service':
      return ofService(platform, subject.document, history);
    case 'container-instance': {
      const tasks = tables.tasks.by('instance', instanceKey(subject.document));
      return explainInstance(subject.document, remainingOf(subject.document, tasks), tasks.length);
    }
    case 'cluster': {
      const key = keyOfCluster(scope(subject), subject.document.clusterName);
      const instances = tables.instances.by('clusterStatus', `${key}/ACTIVE`);
      const connected = instances.filter((instance) => instance.agentConnected).length;
      return explainCluster(subject.document, countsOf(tables, key), connected);
    }
  }
}

function scope(subject: Extract<Subject, { readonly kind: 'cluster' }>): Scope {
  return (subject.document as NonNullable<typeof subject.document>).scope;
}

function obstaclesOf(platform: Platform, task: Task): ReturnType<typeof explainPlacement> {
  if (task.desiredStatus === 'STOPPED' || task.instanceKey !== undefined) return [];
  return explainPlacement(platform.state.tables, platform, task, MAX_OBSTACLES);
}

function ofService(platform: Platform, service: Service, history: readonly HistoryEvent[]): Explanation {
  const { tables } = platform.state;
  const key = keyOfService(service);
  let lastStopped: Task | undefined;
  for (const task of tables.tasks.by('service', key)) {
    if (task.stoppedAt === undefined) continue;
    if (lastStopped?.stoppedAt === undefined || task.stoppedAt > lastStopped.stoppedAt) lastStopped = task;
  }
  return explainService(service, {
    now: platform.clock.now(),
    countsOf: (id) => ({
      running: tables.tasks.countBy('deploymentCount', `${key}/${id}/running`),
      pending: tables.tasks.countBy('deploymentCount', `${key}/${id}/pending`),
    }),
    history,
    lastStopped,
  });
}

function answer({ kind, arn }: Subject, explanation: Explanation, history: readonly HistoryEvent[]): WhyResponse {
  const { because, details, status, text } = explanation;
  return {
    subject: arn,
    kind,
    status,
    because,
    text,
    history: [...history]
      .reverse()
      .sort((a, b) => a.at - b.at || rank(a) - rank(b))
      .map((event) => ({
        at: new Date(event.at),
        type: event.type,
        because: event.because,
        text: event.text,
        by: event.by,
      })),
    details: { ...details },
  };
}

/** A task is made and placed in one transaction, at one moment: it was made first. */
function rank(event: HistoryEvent): number {
  return event.type === 'task.created' ? 0 : 1;
}
