import { clientException } from '@gantry/protocol';
import { parseCpuUnits, parseMemoryMiB } from '../../../controllers/task/size.ts';

/** Task sizes (ecs-semantics 2.2–2.4). Everything here is pure. */

const MIN_EC2_CPU_UNITS = 128;
const MAX_EC2_CPU_UNITS = 196_608;

const steps = (from: number, to: number, step: number): readonly number[] =>
  Array.from({ length: (to - from) / step + 1 }, (_, index) => from + index * step);

/** CPU units → MiB that may go with them: the complete set of Fargate. */
export const FARGATE_SIZES: ReadonlyMap<number, readonly number[]> = new Map([
  [256, [512, 1024, 2048]],
  [512, steps(1024, 4096, 1024)],
  [1024, steps(2048, 8192, 1024)],
  [2048, steps(4096, 16_384, 1024)],
  [4096, steps(8192, 30_720, 1024)],
  [8192, steps(16_384, 61_440, 4096)],
  [16_384, steps(32_768, 122_880, 8192)],
]);

/** `1 vCPU` → `1024`: CPU units as text, the way ECS keeps them. Throws ClientException for what is no size. */
export function normaliseCpu(cpu: string | undefined): string | undefined {
  if (cpu === undefined || cpu === '') return undefined;
  const units = parseCpuUnits(cpu);
  if (units === undefined) throw invalidTaskCpu();
  return String(units);
}

/** `1 GB` → `1024`: MiB as text. Throws ClientException for what is no size. */
export function normaliseMemory(memory: string | undefined): string | undefined {
  if (memory === undefined || memory === '') return undefined;
  const mib = parseMemoryMiB(memory);
  if (mib === undefined || mib < 1) {
    throw clientException(`Invalid 'memory' setting for task: '${memory}'. Give MiB ("512") or GB ("0.5GB").`);
  }
  return String(mib);
}

/** Why Fargate has no such size; undefined when it has. Sizes are normalised texts. */
export function fargateSizeProblem(
  cpu: string | undefined,
  memory: string | undefined,
  windows: boolean,
): string | undefined {
  if (cpu === undefined) return "Fargate requires that 'cpu' be defined at the task level.";
  if (memory === undefined) return "Fargate requires that 'memory' be defined at the task level.";
  const memories = FARGATE_SIZES.get(Number(cpu));
  if (memories === undefined) {
    return `No Fargate configuration exists for given values. cpu must be one of ${[...FARGATE_SIZES.keys()].join(', ')}; it is ${cpu}.`;
  }
  if (!memories.includes(Number(memory))) {
    return `No Fargate configuration exists for given values. With cpu ${cpu}, memory must be one of ${memories.join(', ')} MiB; it is ${memory}.`;
  }
  if (windows && (Number(cpu) < 1024 || Number(cpu) > 4096)) {
    return `No Fargate configuration exists for given values. For Windows, cpu must be one of 1024, 2048, 4096; it is ${cpu}.`;
  }
  return undefined;
}

/** Throws when a task-level cpu is outside what any instance could have. `cpu` is normalised. */
export function checkTaskCpu(cpu: string | undefined): void {
  if (cpu === undefined) return;
  if (Number(cpu) < MIN_EC2_CPU_UNITS || Number(cpu) > MAX_EC2_CPU_UNITS) throw invalidTaskCpu();
}

function invalidTaskCpu(): Error {
  return clientException(
    "Invalid 'cpu' setting for task. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.",
  );
}
