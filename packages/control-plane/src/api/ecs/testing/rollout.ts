import assert from 'node:assert/strict';
import { isLive, type Task } from '@gantry/domain';
import { ServiceController } from '../../../controllers/service/controller.ts';
import { applyReport, type TaskReport } from '../../../controllers/task/report.ts';
import { CLUSTER_KEY } from '../../../controllers/testing/builders.ts';
import { putTask } from '../../../controllers/testing/world.ts';
import { taskKey } from '../../../state/keys.ts';
import { anApi, type ApiWorld } from './world.ts';

export interface RolloutWorld extends ApiWorld {
  /** Lets the service controller do all it can do now. */
  readonly settle: () => Promise<void>;
  /** What an agent would report of every live task that `which` picks; then settles. */
  readonly report: (report: TaskReport, which?: (task: Task) => boolean) => Promise<void>;
  readonly tasks: () => readonly Task[];
}

export const SHOP = `${CLUSTER_KEY}/shop`;
export const IMAGE_DIGEST = `sha256:${'d'.repeat(64)}`;
export const RUNNING: TaskReport = {
  status: 'RUNNING',
  containers: [{ containerName: 'app', status: 'RUNNING', imageDigest: IMAGE_DIGEST }],
};

/** The API with two instances and the service controller of a service `shop`, an agent played by the test. */
export async function aRollout(): Promise<RolloutWorld> {
  const world = await anApi();
  for (const n of [1, 2]) await world.addInstance(n);
  const controller = new ServiceController(world.platform);
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 20; round += 1) {
      const before = world.state.tables.services.revision(SHOP);
      const outcome = await controller.reconcile(SHOP);
      const now = outcome.kind === 'again' && outcome.afterMs === 0;
      if (!now && world.state.tables.services.revision(SHOP) === before) return;
    }
    assert.fail('the service does not settle');
  };
  const tasks = (): readonly Task[] => world.state.tables.tasks.by('service', SHOP);
  const report = async (said: TaskReport, which: (task: Task) => boolean = () => true): Promise<void> => {
    await world.run((tx) => {
      for (const task of tasks().filter((one) => one.lastStatus !== 'STOPPED' && which(one))) {
        const reported = applyReport(tx.tables.tasks.get(taskKey(task)) as Task, said, tx.now);
        if (reported.changed) putTask(tx, reported.task);
      }
    });
    await settle();
  };
  return { ...world, settle, report, tasks: () => tasks().filter(isLive) };
}
