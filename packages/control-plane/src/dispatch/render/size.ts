const UNITS_PER_VCPU = 1024;
const MIB_PER_GB = 1024;

/** CPU units from ECS's text: `256`, `.25 vCPU`. */
export function cpuUnitsOf(text: string | undefined): number | undefined {
  return quantity(text, /^([0-9]*\.?[0-9]+)\s*vcpu$/i, UNITS_PER_VCPU);
}

/** MiB from ECS's text: `512`, `0.5 GB`. */
export function memoryMiBOf(text: string | undefined): number | undefined {
  return quantity(text, /^([0-9]*\.?[0-9]+)\s*gb$/i, MIB_PER_GB);
}

function quantity(text: string | undefined, withUnit: RegExp, factor: number): number | undefined {
  if (text === undefined) return undefined;
  const trimmed = text.trim();
  if (/^[0-9]+$/.test(trimmed)) return Number(trimmed);
  const match = withUnit.exec(trimmed);
  return match === null ? undefined : Math.round(Number(match[1]) * factor);
}
