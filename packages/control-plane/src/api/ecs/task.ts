import type { Task } from '@gantry/domain';
import { invalidParameter } from '@gantry/protocol';
import { taskKey } from '../../controllers/task/create.ts';
import { requestStop } from '../../controllers/task/stop.ts';
import type { Platform } from '../../platform.ts';
import { readableCluster } from './common/clusters.ts';
import { wireList, type EcsHandlers } from './common/handler.ts';
import { checkTags } from './common/tags.ts';
import { describedTask } from './task/describe.ts';
import { namedTask } from './task/find.ts';
import { pageOfTasks } from './task/list.ts';
import { runTasks } from './task/run.ts';
import { startTasks } from './task/start.ts';
import { checkRunTask, checkStartTask } from './task/validate.ts';

const MAX_DESCRIBED = 100;
const MAX_REASON = 1024;

type Operations = 'RunTask' | 'StartTask' | 'StopTask' | 'DescribeTasks' | 'ListTasks';

/** Tasks (ecs-semantics 3, 4). */
export function taskHandlers(platform: Platform): Pick<EcsHandlers, Operations> {
  const { state } = platform;
  return {
    RunTask: async (input, { scope, caller }) => {
      checkRunTask(input);
      const tags = checkTags(input.tags);
      return state.transact((tx) => runTasks(tx, { platform, scope, by: caller.principalArn }, input, tags));
    },

    StartTask: async (input, { scope, caller }) => {
      checkStartTask(input);
      const tags = checkTags(input.tags);
      return state.transact((tx) => startTasks(tx, { platform, scope, by: caller.principalArn }, input, tags));
    },

    StopTask: async (input, { scope, caller }) => {
      if ((input.reason ?? '').length > MAX_REASON) throw invalidParameter(`reason longer than ${MAX_REASON}.`);
      return state.transact((tx) => {
        const { clusterName } = readableCluster(tx.tables, scope, input.cluster);
        const { task } = namedTask(tx.tables, scope, clusterName, input.task as string);
        if (task === undefined) throw invalidParameter('Referenced task not found.');
        const stopping = requestStop(tx, platform, task, {
          stopCode: 'UserInitiated',
          stoppedReason: input.reason || 'Task stopped by user',
          because: 'user-stopped',
          by: caller.principalArn,
        });
        // ECS drops the tags of a task that a user stops.
        const bare: Task = { ...stopping, tags: [] };
        if (stopping.tags.length > 0) tx.put(tx.tables.tasks, taskKey(bare), bare);
        return { task: describedTask(tx.tables, bare) };
      });
    },

    DescribeTasks: async (input, { scope }) => {
      const references = input.tasks ?? [];
      if (references.length === 0) throw invalidParameter('Tasks cannot be empty.');
      if (references.length > MAX_DESCRIBED) {
        throw invalidParameter(`At most ${MAX_DESCRIBED} tasks can be described per call.`);
      }
      const { tables } = state;
      const { clusterName } = readableCluster(tables, scope, input.cluster);
      const named = references.map((reference) => namedTask(tables, scope, clusterName, reference));
      return {
        tasks: named.flatMap(({ task }) => (task === undefined ? [] : [describedTask(tables, task, input.include)])),
        failures: named.flatMap(({ arn, task }) => (task === undefined ? [{ arn, reason: 'MISSING' }] : [])),
      };
    },

    ListTasks: async (input, { scope }) => {
      const { clusterName } = readableCluster(state.tables, scope, input.cluster);
      const { items, nextToken } = pageOfTasks(state.tables, scope, clusterName, input);
      return { taskArns: wireList(items), nextToken };
    },
  };
}
