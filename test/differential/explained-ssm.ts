import { crashed, onlyGantry, onlyMoto, refusal, type Explanation } from './explanation.ts';

/** Of the parameter store; see `explained.ts`. The service model and AWS's own texts decide. */
export const EXPLAINED_SSM: readonly Explanation[] = [
  {
    of: /.*/,
    at: /outcome|error\.code|error\.message/,
    when: (said) => crashed(said) || said.moto === '',
    right: 'gantry',
    because: 'moto ends in an exception of its own once a parameter without versions was looked for.',
  },
  {
    of: /.*/,
    at: /outcome|(Deleted|Invalid)Parameters\[\]/,
    when: ({ finding, moto, gantry }) =>
      finding.difference.path !== 'outcome' || (moto === 'ok' && gantry?.startsWith('ParameterNotFound') === true),
    right: 'gantry',
    because: 'A look at a parameter that is not there makes one in moto.',
  },
  {
    of: /PutParameter/,
    at: /outcome/,
    when: refusal(/A parameter type is required/),
    right: 'gantry',
    because: 'Overwrite of what is not there creates it, and for that a type is needed.',
  },
  {
    of: /(AddTagsTo|RemoveTagsFrom|ListTagsFor)Resource/,
    at: /error\.message/,
    right: 'neither',
    because: 'The same error; the text says the way out.',
  },
  {
    of: /GetParameterHistory|DescribeParameters/,
    at: /Parameters\[\]\.LastModifiedUser/,
    right: 'gantry',
    because: 'moto does not know who it was.',
  },
  {
    of: /GetParameterHistory|DescribeParameters/,
    at: /Parameters\[\]\.(Policies|ARN)/,
    when: onlyGantry,
    right: 'gantry',
    because: 'The model has them; moto does not show them.',
  },
  {
    of: /GetParameterHistory|DescribeParameters/,
    at: /Parameters\[\]\.KeyId/,
    when: onlyMoto,
    right: 'gantry',
    because: 'Only a SecureString has a key; a parameter that was one keeps it in moto.',
  },
  {
    of: /GetParameter.*/,
    at: /(Parameter|Parameters\[\])\.Value/,
    when: ({ gantry, moto }) => moto?.startsWith('kms:') === true && gantry?.startsWith('g1.') === true,
    right: 'gantry',
    because: 'Not decrypted it is shown encrypted; moto shows it.',
  },
];
