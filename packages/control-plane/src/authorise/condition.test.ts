import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileConditions, holds } from './condition.ts';
import { contextOf } from './evaluate.ts';

const context = contextOf({
  'aws:username': 'ann',
  'ecs:cluster': 'arn:aws:ecs:us-east-1:111122223333:cluster/web',
  'ecs:task-cpu': '256',
  'aws:CurrentTime': '2026-11-22T10:00:00Z',
  'aws:EpochTime': '1795341600',
  'aws:SecureTransport': 'false',
  'aws:SourceIp': '10.1.2.3',
  'aws:TagKeys': ['team', 'stage'],
  'aws:RequestTag/team': 'Blue',
  'x:six': '2001:db8::7',
  'x:bytes': 'AQID',
  'x:empty': [],
  'x:word': 'many',
});

type Case = readonly [operator: string, key: string, values: string | readonly string[], holds: boolean];

const CASES: readonly Case[] = [
  ['StringEquals', 'aws:username', ['bob', 'ann'], true],
  ['stringEquals', 'AWS:USERNAME', 'ann', true],
  ['StringEquals', 'aws:username', 'Ann', false],
  ['StringEquals', 'aws:username', 'a*', false],
  ['StringEquals', 'aws:username', '${aws:username}', true],
  ['StringNotEquals', 'aws:username', ['bob', 'ann'], false],
  ['StringNotEquals', 'aws:username', 'bob', true],
  ['StringEqualsIgnoreCase', 'aws:requesttag/TEAM', 'bLUE', true],
  ['StringNotEqualsIgnoreCase', 'aws:RequestTag/team', 'blue', false],
  ['StringLike', 'aws:username', 'a?n', true],
  ['StringNotLike', 'aws:username', 'a*', false],
  ['NumericEquals', 'ecs:task-cpu', '256.0', true],
  ['NumericNotEquals', 'ecs:task-cpu', ['128', '256'], false],
  ['NumericLessThan', 'ecs:task-cpu', '256', false],
  ['NumericLessThanEquals', 'ecs:task-cpu', '256', true],
  ['NumericGreaterThan', 'ecs:task-cpu', '255.5', true],
  ['NumericGreaterThanEquals', 'ecs:task-cpu', '257', false],
  ['NumericLessThan', 'x:word', '5', false],
  ['DateGreaterThan', 'aws:CurrentTime', '2026-11-22T09:59:59Z', true],
  ['DateLessThan', 'aws:CurrentTime', '2026-11-22', false],
  ['DateLessThan', 'aws:CurrentTime', '2026-11-22T12:00:00+01:00', true],
  ['DateEquals', 'aws:EpochTime', '2026-11-22T10:00:00Z', true],
  ['DateNotEquals', 'aws:CurrentTime', '1795341600', false],
  ['DateLessThanEquals', 'aws:CurrentTime', '2026-11-22T10:00', true],
  ['DateGreaterThanEquals', 'aws:CurrentTime', '2026-11-22T10:00:00.001Z', false],
  ['Bool', 'aws:SecureTransport', 'False', true],
  ['Bool', 'aws:SecureTransport', 'true', false],
  ['BinaryEquals', 'x:bytes', 'AQID', true],
  ['BinaryEquals', 'x:bytes', 'AQIE', false],
  ['IpAddress', 'aws:SourceIp', ['192.168.0.0/16', '10.0.0.0/8'], true],
  ['IpAddress', 'aws:SourceIp', '10.1.2.3', true],
  ['IpAddress', 'x:six', '2001:db8::/32', true],
  ['IpAddress', 'x:word', '0.0.0.0/0', false],
  ['NotIpAddress', 'aws:SourceIp', '10.0.0.0/8', false],
  ['ArnEquals', 'ecs:cluster', 'arn:aws:ecs:*:*:cluster/w*', true],
  ['ArnLike', 'ecs:cluster', 'arn:aws:ecs:us-east-1:111122223333:cluster/web', true],
  ['ArnLike', 'ecs:cluster', 'arn:aws:*:cluster/web', false],
  ['ArnNotEquals', 'ecs:cluster', 'arn:aws:ecs:*:*:cluster/web', false],
  ['ArnNotLike', 'ecs:cluster', 'arn:aws:ecs:*:*:cluster/api', true],
  ['ArnLike', 'x:word', '*', false],
  // Keys that are not there.
  ['StringEquals', 'x:none', '', false],
  ['StringNotEquals', 'x:none', 'a', true],
  ['StringEqualsIfExists', 'x:none', 'a', true],
  ['StringEqualsIfExists', 'aws:username', 'bob', false],
  ['NumericLessThanIfExists', 'x:none', '5', true],
  ['Null', 'x:none', 'true', true],
  ['Null', 'x:empty', 'true', true],
  ['Null', 'aws:username', 'true', false],
  ['Null', 'aws:username', 'false', true],
  // Keys with several values.
  ['ForAllValues:StringEquals', 'aws:TagKeys', ['team', 'stage', 'more'], true],
  ['ForAllValues:StringEquals', 'aws:TagKeys', 'team', false],
  ['ForAllValues:StringEquals', 'x:none', 'team', true],
  ['ForAllValues:StringEquals', 'x:empty', 'team', true],
  ['ForAllValues:StringNotEquals', 'aws:TagKeys', 'more', true],
  ['ForAllValues:StringNotEquals', 'aws:TagKeys', 'team', false],
  ['ForAnyValue:StringEquals', 'aws:TagKeys', 'team', true],
  ['forAnyValue:StringLike', 'aws:TagKeys', 'x*', false],
  ['ForAnyValue:StringEquals', 'x:none', 'team', false],
  ['ForAnyValue:StringNotEquals', 'x:none', 'team', false],
  ['ForAnyValue:StringNotEquals', 'aws:TagKeys', 'team', true],
  ['ForAnyValue:StringEqualsIfExists', 'x:none', 'team', true],
  ['StringEquals', 'aws:TagKeys', 'team', true],
  ['StringNotEquals', 'aws:TagKeys', 'team', false],
];

test('every operator, on keys that are there and keys that are not', () => {
  for (const [operator, key, values, expected] of CASES) {
    const list = typeof values === 'string' ? [values] : values;
    const [condition] = compileConditions(operator, [[key, list]], { variables: true });
    assert.ok(condition !== undefined);
    assert.equal(holds(condition, context), expected, `${operator} ${key} ${list.join()}`);
  }
});

const WRONG: readonly (readonly [operator: string, value: string])[] = [
  ['StringSame', 'a'],
  ['ForSomeValues:StringEquals', 'a'],
  ['NullIfExists', 'true'],
  ['ForAllValues:Null', 'true'],
  ['constructor', 'a'],
  ['Null', 'maybe'],
  ['NumericEquals', 'ten'],
  ['DateEquals', 'soon'],
  ['DateEquals', '2026-13-01'],
  ['IpAddress', '10.0.0.0/33'],
  ['IpAddress', 'here'],
];

test('what cannot be compared is refused when it is written', () => {
  for (const [operator, value] of WRONG)
    assert.throws(() => compileConditions(operator, [['x:y', [value]]], { variables: true }), RangeError, operator);
});
