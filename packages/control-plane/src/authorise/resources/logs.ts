import { arnOf, parseArn, type Tag } from '@gantry/domain';
import type { LogsOperations } from '@gantry/protocol';
import type { Demand, Place, RulesOf } from '../demand.ts';

interface OfGroup {
  readonly logGroupName?: string | undefined;
  readonly logGroupIdentifier?: string | undefined;
}

const groupName = ({ logGroupName, logGroupIdentifier }: OfGroup): string => {
  const identifier = logGroupName ?? logGroupIdentifier ?? '*';
  const resource = parseArn(identifier)?.resource;
  return resource === undefined ? identifier : resource.replace(/^log-group:/, '').replace(/:\*$/, '');
};

/** Logs holds policies against a stream of a group; where none is meant, its name is empty. */
const stream = (at: Place, group: string, name = ''): string =>
  arnOf(at.scope, 'logs', `log-group:${group}:log-stream:${name}`);

const tagsOf =
  (at: Place, group: string): (() => readonly Tag[] | undefined) =>
  () => {
    const tags = at.tables.logGroups.get(`${at.scope.account}/${at.scope.region}/${group}`)?.tags;
    return tags === undefined ? undefined : fromMap(tags);
  };

const fromMap = (tags: Readonly<Record<string, string>> | undefined): readonly Tag[] =>
  Object.entries(tags ?? {}).map(([key, value]) => ({ key, value }));

const theGroup = (input: OfGroup, at: Place): Demand => {
  const group = groupName(input);
  return { resource: stream(at, group), tags: tagsOf(at, group) };
};

const theStream = (input: OfGroup & { readonly logStreamName?: string | undefined }, at: Place): Demand => {
  const group = groupName(input);
  return { resource: stream(at, group, input.logStreamName), tags: tagsOf(at, group) };
};

/** Operations on tags name the group alone. */
const byArn = ({ resourceArn }: { readonly resourceArn?: string | undefined }, at: Place): Demand => {
  const group = groupName({ logGroupIdentifier: resourceArn });
  return { resource: arnOf(at.scope, 'logs', `log-group:${group}`), tags: tagsOf(at, group) };
};

/** CloudWatch Logs. */
export const logsRules: RulesOf<LogsOperations> = {
  CreateLogGroup: (input, at) => ({ ...theGroup(input, at), requestTags: fromMap(input.tags) }),
  CreateLogStream: theStream,
  DeleteLogGroup: theGroup,
  DeleteLogStream: theStream,
  DeleteRetentionPolicy: theGroup,
  DescribeLogGroups: (_input, at) => ({ resource: stream(at, '') }),
  DescribeLogStreams: theGroup,
  FilterLogEvents: theGroup,
  GetLogEvents: theStream,
  ListTagsForResource: byArn,
  ListTagsLogGroup: theGroup,
  PutLogEvents: theStream,
  PutRetentionPolicy: theGroup,
  TagLogGroup: (input, at) => ({ ...theGroup(input, at), requestTags: fromMap(input.tags) }),
  TagResource: (input, at) => ({ ...byArn(input, at), requestTags: fromMap(input.tags) }),
  UntagLogGroup: (input, at) => ({ ...theGroup(input, at), tagKeys: input.tags }),
  UntagResource: (input, at) => ({ ...byArn(input, at), tagKeys: input.tagKeys }),
};
