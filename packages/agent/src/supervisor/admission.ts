import type { Reservation } from './plan.ts';

/** What the instance registered; the ports are the ones it keeps for itself. */
export interface Capacity {
  readonly cpuUnits: number;
  readonly memoryMiB: number;
  readonly tcpPorts: readonly number[];
  readonly udpPorts: readonly number[];
  readonly gpuIds: readonly string[];
}

export interface Candidate {
  readonly arn: string;
  readonly order: number;
  readonly reservation: Reservation;
}

export function fits(capacity: Capacity, taken: readonly Reservation[], wanted: Reservation): boolean {
  const sum = (of: (reservation: Reservation) => number): number =>
    taken.reduce((total, r) => total + of(r), of(wanted));
  if (sum((r) => r.cpuUnits) > capacity.cpuUnits || sum((r) => r.memoryMiB) > capacity.memoryMiB) return false;
  const free = (of: (reservation: Reservation) => readonly number[], kept: readonly number[]): boolean =>
    of(wanted).every((port) => !kept.includes(port) && !taken.some((r) => of(r).includes(port)));
  const gpus = wanted.gpuIds.every((id) => capacity.gpuIds.includes(id) && !taken.some((r) => r.gpuIds.includes(id)));
  return gpus && free((r) => r.tcpPorts, capacity.tcpPorts) && free((r) => r.udpPorts, capacity.udpPorts);
}

/** Who may start now: first come, first served, and the first that does not fit holds up all behind it. */
export function admit(
  capacity: Capacity,
  taken: readonly Reservation[],
  waiting: readonly Candidate[],
): readonly string[] {
  const admitted: string[] = [];
  const used = [...taken];
  for (const candidate of waiting.toSorted((a, b) => a.order - b.order)) {
    if (!fits(capacity, used, candidate.reservation)) break;
    used.push(candidate.reservation);
    admitted.push(candidate.arn);
  }
  return admitted;
}
