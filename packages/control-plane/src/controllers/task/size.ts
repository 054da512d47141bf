/** CPU units of a text as ECS accepts it: `256`, `.25 vCPU`, `1 vcpu`. @returns undefined when it is not a size. */
export function parseCpuUnits(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?|\.\d+)\s*(vcpu)?\s*$/i.exec(text);
  if (match === null) return undefined;
  const value = Number(match[1]);
  return match[2] === undefined ? Math.floor(value) : Math.round(value * 1024);
}

/** MiB of a text as ECS accepts it: `512`, `0.5GB`, `1 gb`. @returns undefined when it is not a size. */
export function parseMemoryMiB(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?|\.\d+)\s*(gb)?\s*$/i.exec(text);
  if (match === null) return undefined;
  const value = Number(match[1]);
  return match[2] === undefined ? Math.floor(value) : Math.round(value * 1024);
}
