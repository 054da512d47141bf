import { exportLines, type EndpointFile, type KeyPair } from '../credentials.ts';
import { pairs } from '../text/table.ts';

export interface BannerFacts {
  readonly where: EndpointFile;
  readonly keys: KeyPair;
  readonly dataDir: string;
  /** An AWS profile `gantry` is there for it. */
  readonly profile: boolean;
  readonly already: boolean;
  /** How the user calls us: `./gantry` or `gantry`. */
  readonly command: string;
  /** Whether commands need `--data-dir` to find this one. */
  readonly dataDirFlag: string;
}

/** What a user needs to know once it runs: where, with which key, and what to do next. */
export function banner(facts: BannerFacts): readonly string[] {
  const { where, keys, command, dataDirFlag } = facts;
  const use = facts.profile
    ? [`  export AWS_ENDPOINT_URL=${where.endpoint} AWS_PROFILE=gantry`]
    : exportLines(where, keys).map((line) => `  ${line}`);
  const short = facts.profile ? [] : [`  (the same in short: eval "$(${command} env${dataDirFlag})")`];
  return [
    facts.already ? 'Gantry already runs.' : 'Gantry is up.',
    '',
    ...pairs([
      ['  endpoint', where.endpoint],
      ['  region', where.region],
      ['  access key', keys.accessKeyId],
      ['  data', facts.dataDir],
    ]),
    '',
    'For the AWS CLI, SDKs and Terraform:',
    ...use,
    ...short,
    '',
    'Next:',
    ...pairs([
      [`  ${command} run${dataDirFlag} gantry/hello -p 8080:80`, '# start a container; then: curl localhost:8080'],
      [`  ${command} ps${dataDirFlag}`, '# what runs, and where it answers'],
      ['  aws ecs list-clusters', '# the same API, with the stock client'],
    ]),
  ];
}
