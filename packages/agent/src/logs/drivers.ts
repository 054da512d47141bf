/**
 * Why containers with this driver cannot be made here; undefined: they can. Placement keeps such tasks away, but an engine can change
 * under an instance, and a task can be sent to a named one. Pure.
 */
export function lackingDriver(
  container: string,
  driver: string | undefined,
  host: { readonly instance: string; readonly logDrivers: readonly string[] },
): string | undefined {
  const { instance, logDrivers } = host;
  // An engine that does not say what it has is not asked.
  if (driver === undefined || driver === 'none' || logDrivers.length === 0 || logDrivers.includes(driver))
    return undefined;
  return (
    `container ${container} needs the log driver ${driver}, which the engine of instance ${instance} does not have ` +
    `(it has ${logDrivers.join(', ')}). Run the task where com.amazonaws.ecs.capability.logging-driver.${driver} is offered, ` +
    'or give the container another logDriver.'
  );
}
