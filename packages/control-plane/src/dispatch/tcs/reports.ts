import { epochMs, type HealthStatus } from '@gantry/domain';
import { list, number, record, text } from '../render/loose.ts';
import type { TaskUsage } from '../metrics.ts';

export interface TaskUsageReport {
  readonly taskArn: string;
  readonly usage: TaskUsage;
}

/**
 * PublishMetricsRequest → usage per task. The wire's CPU is percent of all the instance's cores, so `cpuUnits` is
 * that share of what the instance has. What does not fit the shape is left out.
 */
export function usageReports(
  message: Readonly<Record<string, unknown>>,
  instanceCpuUnits: number,
  now: number,
): readonly TaskUsageReport[] {
  return list(message['taskMetrics']).flatMap((item) => {
    const { taskArn, containerMetrics } = record(item);
    if (typeof taskArn !== 'string') return [];
    const containers = list(containerMetrics).flatMap((metric) => {
      const { containerName, cpuStatsSet, memoryStatsSet } = record(metric);
      const [name, percent, memoryMiB] = [text(containerName), mean(cpuStatsSet), mean(memoryStatsSet)];
      if (name === undefined || percent === undefined || memoryMiB === undefined) return [];
      return [{ name, cpuUnits: (percent / 100) * instanceCpuUnits, memoryMiB }];
    });
    return [{ taskArn, usage: { at: epochMs(now), containers } }];
  });
}

export interface HealthReport {
  readonly taskArn: string;
  readonly containerName: string;
  readonly health: HealthStatus;
}

/** PublishHealthRequest → verdicts; unknown words are left out. */
export function healthReports(message: Readonly<Record<string, unknown>>): readonly HealthReport[] {
  return list(message['tasks']).flatMap((item) => {
    const { taskArn, containers } = record(item);
    if (typeof taskArn !== 'string') return [];
    return list(containers).flatMap((container) => {
      const { containerName, healthStatus } = record(container);
      if (typeof containerName !== 'string' || !isHealth(healthStatus)) return [];
      return [{ taskArn, containerName, health: healthStatus }];
    });
  });
}

function isHealth(value: unknown): value is HealthStatus {
  return value === 'HEALTHY' || value === 'UNHEALTHY' || value === 'UNKNOWN';
}

function mean(statsSet: unknown): number | undefined {
  const { sum, sampleCount } = record(statsSet);
  const [total, samples] = [number(sum), number(sampleCount)];
  if (total === undefined || samples === undefined || total < 0 || samples <= 0) return undefined;
  return total / samples;
}
