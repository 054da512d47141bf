import type { Parameter } from '@gantry/domain';
import { ServiceError, type SsmOperations } from '@gantry/protocol';
import type { HandlersOf } from '../../handlers.ts';
import type { Platform } from '../../platform.ts';
import { versionNotFound } from './errors.ts';
import { changeParameter } from './write.ts';

const MOST_LABELS = 10;

/** Names for versions. */
export function labelHandlers({ state }: Platform): HandlersOf<SsmOperations> {
  return {
    LabelParameterVersion: async ({ Name = '', Labels = [], ParameterVersion }, { scope }) =>
      state.transact((tx) =>
        changeParameter(tx, scope, Name, (before) => {
          const version = ParameterVersion ?? before.current.version;
          const invalid = Labels.filter((label) => !isLabel(label));
          const parameter = labelled(before, version, Labels.filter(isLabel));
          return { parameter, result: { InvalidLabels: invalid, ParameterVersion: version } };
        }),
      ),

    UnlabelParameterVersion: async ({ Name = '', Labels = [], ParameterVersion = 0 }, { scope }) =>
      state.transact((tx) =>
        changeParameter(tx, scope, Name, (before) => {
          checkKept(before, ParameterVersion);
          const isOn = (label: string): boolean => labelsOf(before, ParameterVersion).includes(label);
          const removed = Labels.filter(isOn);
          const labels = before.labels.filter(({ label }) => !removed.includes(label));
          const invalid = Labels.filter((label) => !isOn(label));
          return { parameter: { ...before, labels }, result: { RemovedLabels: removed, InvalidLabels: invalid } };
        }),
      ),
  };
}

/** The labels of a version, in the order they came. */
export function labelsOf({ labels }: Parameter, version: number): string[] {
  return labels.filter((each) => each.version === version).map(({ label }) => label);
}

/** The parameter with the labels on that version, and on no other. Pure. @throws ServiceError */
function labelled(parameter: Parameter, version: number, labels: readonly string[]): Parameter {
  checkKept(parameter, version);
  const others = parameter.labels.filter((each) => each.version === version || !labels.includes(each.label));
  const there = new Set(others.map(({ label }) => label));
  const added = [...new Set(labels)].filter((label) => !there.has(label)).map((label) => ({ label, version }));
  const after = { ...parameter, labels: [...others, ...added] };
  if (labelsOf(after, version).length > MOST_LABELS)
    throw new ServiceError(
      'ParameterVersionLabelLimitExceeded',
      `A parameter version can have maximum ${MOST_LABELS} labels. Move one or more labels to another version and try again.`,
    );
  return after;
}

function checkKept({ name, oldestVersion, current }: Parameter, version: number): void {
  if (version < oldestVersion || version > current.version) throw versionNotFound(name, version);
}

function isLabel(label: string): boolean {
  return /^[A-Za-z_.-][\w.-]*$/.test(label) && !/^(aws|ssm)/i.test(label);
}
