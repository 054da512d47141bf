import type { Parameter, ParameterValue } from '@gantry/domain';
import { ServiceError, type SsmOperations } from '@gantry/protocol';
import type { HandlersOf } from '../../handlers.ts';
import type { Platform } from '../../platform.ts';
import { paged } from '../common/paged.ts';
import { pageOf, pageOfList, pagesOf, TEN, type PageLimits } from '../ecs/common/paging.ts';
import { validation } from './errors.ts';
import { byPathFilter, describeFilter, isBelow, oldFilter } from './filters.ts';
import { labelsOf } from './labels.ts';
import { checkedPath, parameterArn, parameterKey, valueKey } from './names.ts';
import { publicParametersBelow } from './public-parameters.ts';
import { parameterNamed, readParameter, shownValue, versionOf, type WireParameter } from './values.ts';

const BY_PATH: PageLimits = pagesOf('GetParametersByPath', TEN);
const DESCRIBE: PageLimits = pagesOf('DescribeParameters', { defaultResults: 10, maxResults: 50 });
const HISTORY: PageLimits = pagesOf('GetParameterHistory', { defaultResults: 50, maxResults: 50 });
const BAD_TOKEN = 'InvalidNextToken';

/** Reading parameters. A value is opened for the answer it is in, and kept nowhere. */
export function readHandlers(platform: Platform): HandlersOf<SsmOperations> {
  const { state, seal } = platform;
  const { tables } = state;
  return {
    GetParameter: async (input, { scope }) => {
      const asked = { name: input.Name ?? '', withDecryption: input.WithDecryption };
      return { Parameter: readParameter(tables, seal, scope, asked) };
    },

    GetParameters: async ({ Names = [], WithDecryption }, { scope }) => {
      const found: WireParameter[] = [];
      const invalid: string[] = [];
      for (const name of new Set(Names)) {
        const parameter = orNothing(() => readParameter(tables, seal, scope, { name, withDecryption: WithDecryption }));
        if (parameter === undefined) invalid.push(name);
        else found.push(parameter);
      }
      return { Parameters: found.toSorted((a, b) => compare(a.Name, b.Name)), InvalidParameters: invalid };
    },

    GetParametersByPath: byPath(platform),

    GetParameterHistory: async (input, { scope }) => {
      const parameter = parameterNamed(tables, scope, input.Name ?? '');
      const { oldestVersion, current } = parameter;
      const versions = Array.from({ length: current.version - oldestVersion + 1 }, (_, n) => oldestVersion + n);
      const page = paged(BAD_TOKEN, input, (request) =>
        pageOfList(versions, request, HISTORY, (n) => String(n).padStart(10, '0')),
      );
      const history = page.items.map((version) => {
        const key = valueKey(parameterKey(scope, parameter.name), version);
        const value = tables.parameterValues.get(key) as ParameterValue;
        const shown = shownValue(seal, key, value, input.WithDecryption);
        return { ...metadata(parameter.name, value), Value: shown, Labels: labelsOf(parameter, version) };
      });
      return { Parameters: history, NextToken: page.nextToken };
    },

    DescribeParameters: async (input, { scope }) => {
      const { Filters: old = [], ParameterFilters: filters = [] } = input;
      if (old.length > 0 && filters.length > 0)
        throw validation('You can use either Filters or ParameterFilters in a single request.');
      const [matches, matchesOld] = [describeFilter(filters), oldFilter(old)];
      const pick = (key: string): Parameter | undefined => {
        const parameter = tables.parameters.get(key) as Parameter;
        return matches(parameter) && matchesOld(parameter) ? parameter : undefined;
      };
      // Nobody can share a parameter with another account here.
      if (input.Shared === true) return { Parameters: [] };
      const prefix = parameterKey(scope, '');
      const page = paged(BAD_TOKEN, input, (request) =>
        pageOf(tables.parameters.keys, prefix, request, DESCRIBE, pick),
      );
      const described = page.items.map(({ name, current }) => ({
        ...metadata(name, current),
        ARN: parameterArn(scope, name),
      }));
      return { Parameters: described, NextToken: page.nextToken };
    },
  };
}

function byPath({ state, seal }: Platform): HandlersOf<SsmOperations>['GetParametersByPath'] {
  const { tables } = state;
  return async (input, { scope }) => {
    const path = checkedPath(input.Path ?? '');
    const recursive = input.Recursive === true;
    const matches = byPathFilter(input.ParameterFilters);
    if (path.startsWith('/aws/')) {
      const all = publicParametersBelow(scope.region, path).filter(({ Name = '' }) => isBelow(Name, path, recursive));
      const found = (input.ParameterFilters ?? []).length === 0 ? all : all.filter((each) => isPlain(input, each));
      const page = paged(BAD_TOKEN, input, (request) => pageOfList(found, request, BY_PATH, ({ Name = '' }) => Name));
      return { Parameters: [...page.items], NextToken: page.nextToken };
    }
    const pick = (key: string): Parameter | undefined => {
      const parameter = tables.parameters.get(key) as Parameter;
      return isBelow(parameter.name, path, recursive) && matches(parameter) ? parameter : undefined;
    };
    // Names without a slash are below `/`, too.
    const prefix = parameterKey(scope, path === '/' ? '' : path);
    const page = paged(BAD_TOKEN, input, (request) => pageOf(tables.parameters.keys, prefix, request, BY_PATH, pick));
    const label = input.ParameterFilters?.find(({ Key }) => Key === 'Label')?.Values ?? [];
    const parameters = page.items.map((parameter) => {
      const labelled = parameter.labels.find((each) => label.includes(each.label))?.version;
      return versionOf(tables, seal, parameter, labelled ?? parameter.current.version, input.WithDecryption);
    });
    return { Parameters: parameters, NextToken: page.nextToken };
  };
}

/** Public parameters are Strings without labels and keys. */
function isPlain(
  { ParameterFilters: filters = [] }: SsmOperations['GetParametersByPath']['input'],
  { Type }: WireParameter,
): boolean {
  return filters.every(({ Key, Values = [] }) => Key === 'Type' && Values.some((value) => value === Type));
}

/** What DescribeParameters and GetParameterHistory have in common. */
function metadata(name: string, version: Parameter['current']) {
  return {
    Name: name,
    Type: version.type,
    KeyId: version.keyId,
    LastModifiedDate: new Date(version.lastModifiedAt),
    LastModifiedUser: version.lastModifiedUser,
    Description: version.description,
    AllowedPattern: version.allowedPattern,
    Version: version.version,
    Tier: version.tier,
    Policies: [],
    DataType: version.dataType,
  };
}

function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ServiceError) return undefined;
    throw error;
  }
}

function compare(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
