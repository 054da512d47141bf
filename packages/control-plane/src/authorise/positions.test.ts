import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statementSpans } from './positions.ts';

const at = (text: string): string[] =>
  statementSpans(text).map(
    ({ StartPosition: from, EndPosition: to }) => `${from.Line}:${from.Column} ${to.Line}:${to.Column}`,
  );

test('statements stand where IAM says they do', () => {
  // The policy and its places are those of the AWS CLI's own example.
  const one =
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*",' +
    '"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}';
  assert.deepEqual(at(one), ['1:38 1:167']);
  const list = [
    '{',
    '    "Version": "2012-10-17",',
    '    "Statement": [',
    '        {',
    '            "Sid": "Statement", "Effect": "Allow",',
    '            "Action": ["a:b", "c:}\\"{"],',
    '            "Condition": {"Null": {"Statement:x": ["{", "]"]}},',
    '            "Resource": "*"',
    '        },',
    '        {"Effect": "Deny", "Action": "*", "Resource": "*"}',
    '    ],',
    '    "Id": "Statement"',
    '}',
  ].join('\n');
  assert.deepEqual(at(list), ['3:19 9:10', '9:10 10:59']);
});
