import { crashed, onlyGantry, onlyMoto, type Explanation } from './explanation.ts';

/** Of Secrets Manager; see `explained.ts`. The service model and AWS's own texts decide. */
export const EXPLAINED_SECRETS_MANAGER: readonly Explanation[] = [
  {
    of: /.*/,
    at: /outcome|error\.code|error\.message/,
    when: (said) => crashed(said) || said.moto === '',
    right: 'gantry',
    because: 'moto ends in an exception of its own instead of a modelled error.',
  },
  {
    of: /.*/,
    at: /(SecretList\[\]\.)?(DeletedDate|KmsKeyId|LastAccessedDate|NextRotationDate|NextToken)/,
    when: ({ gantry, moto }) => moto === 'null' || (gantry === undefined && moto === ''),
    right: 'gantry',
    because: 'What is not set is left out. moto writes null, and knows no last access.',
  },
  {
    of: /DescribeSecret|ListSecrets/,
    at: /(SecretList\[\]\.)?(SecretVersionsToStages|VersionIdsToStages)(\..*)?/,
    when: onlyMoto,
    right: 'gantry',
    because:
      'DescribeSecret has VersionIdsToStages and ListSecrets SecretVersionsToStages, of versions with a stage alone.',
  },
  {
    of: /DescribeSecret|ListSecrets/,
    at: /(SecretList\[\]\.)?Tags/,
    when: onlyGantry,
    right: 'neither',
    because: 'Without tags an empty list, or none.',
  },
  {
    of: /UpdateSecret/,
    at: /outcome/,
    when: ({ gantry, moto }) => gantry === 'ok' && moto?.startsWith('ResourceExistsException') === true,
    right: 'gantry',
    because: 'A new description alone makes no version; moto refuses it when a value was put before.',
  },
  {
    of: /ListSecretVersionIds/,
    at: /ARN|Versions\[\](\.KmsKeyIds|\.LastAccessedDate)?/,
    right: 'gantry',
    because: 'The ARN whatever was given; versions without a stage only when asked for; moto has no keys.',
  },
  {
    of: /.*/,
    at: /outcome|error\.(code|message)/,
    when: ({ gantry }) =>
      /^InvalidRequestException$|marked for deletion|marked deleted|scheduled for deletion/.test(gantry ?? ''),
    right: 'gantry',
    because: 'What is marked for deletion can only be looked at and restored, and its name is still taken.',
  },
  {
    of: /.*/,
    at: /error\.message/,
    when: ({ moto }) => /^An error occurred \(|can't find the specified secret\.$/.test(moto ?? ''),
    right: 'gantry',
    because: 'AWS names the stage that is not there, and says nothing of `calling the operation` itself.',
  },
  {
    of: /DeleteSecret/,
    at: /ARN|Name/,
    right: 'neither',
    because: 'To delete for good what is not there is no error; there is no ARN to tell.',
  },
];
