export interface RefusedStep {
  readonly command: string;
  readonly args: string;
  /** The error's code and words of its message. */
  readonly error: string;
  readonly says: RegExp;
  /** With a key nobody knows: the operation itself refuses nothing. */
  readonly asNobody?: true;
}

const ROLE = 'arn:aws:iam::000000000000:role/a';
/**
 * Commands that cannot succeed here: what they would make comes with a subsystem this version has not. `deploy` asks CodeDeploy, and
 * `execute-command` needs a running container: `exec.test.ts` has one.
 */
export const NEVER_HAPPY: ReadonlySet<string> = new Set([
  'continue-service-deployment',
  'create-capacity-provider',
  'create-daemon',
  'create-express-gateway-service',
  'create-task-set',
  'delete-capacity-provider',
  'delete-daemon',
  'delete-daemon-task-definition',
  'delete-express-gateway-service',
  'delete-task-set',
  'deploy',
  'describe-daemon',
  'describe-daemon-deployments',
  'describe-daemon-revisions',
  'describe-daemon-task-definition',
  'describe-express-gateway-service',
  'describe-task-sets',
  'execute-command',
  'list-daemon-deployments',
  'list-services-by-namespace',
  'register-daemon-task-definition',
  'update-capacity-provider',
  'update-container-agent',
  'update-daemon',
  'update-express-gateway-service',
  'update-service-primary-task-set',
  'update-task-set',
]);

const CLUSTER = ['ClusterNotFoundException', /Cluster not found\./] as const;
const refused = (command: string, args: string, [error, says]: readonly [string, RegExp]): RefusedStep => ({
  command,
  args,
  error,
  says,
});
/** Agents' operations take what they are told, also of tasks nobody knows any more. */
const asNobody = (command: string): RefusedStep => ({
  command,
  args: Object.hasOwn(AGENT_ARGS, command) ? (AGENT_ARGS[command] as string) : '',
  error: 'UnrecognizedClientException',
  says: /The security token included in the request is invalid\./,
  asNobody: true,
});
const AGENT_ARGS: Readonly<Record<string, string>> = { 'submit-attachment-state-changes': '--attachments []' };
const ASG = 'autoScalingGroupArn=arn:aws:autoscaling:us-east-1:000000000000:autoScalingGroup:u:autoScalingGroupName/x';
const DAEMON = 'arn:aws:ecs:us-east-1:000000000000:daemon/shop/none';
const DAEMON_DEFINITION = 'arn:aws:ecs:us-east-1:000000000000:daemon-task-definition/none:1';
const EXPRESS = 'arn:aws:ecs:us-east-1:000000000000:service/shop/none';
const DEPLOYMENT = 'arn:aws:ecs:us-east-1:000000000000:service-deployment/shop/api/nonenonenonenonenone0';
const NONE = '00000000000000000000000000000000';

/** One refusal each, after the happy steps. Lists and describes that answer `failures` are in DESCRIBES. */
export const REFUSED: readonly RefusedStep[] = [
  refused('continue-service-deployment', `--service-deployment-arn ${DEPLOYMENT} --hook-id h`, [
    'ServiceDeploymentNotFoundException',
    /not found/,
  ]),
  refused('create-capacity-provider', `--name mine --auto-scaling-group-provider ${ASG}`, [
    'UnsupportedFeatureException',
    /needs Auto Scaling groups/,
  ]),
  refused('create-cluster', '--cluster-name no/slash', ['InvalidParameterException', /Invalid cluster name/]),
  refused(
    'create-daemon',
    `--daemon-name d --daemon-task-definition-arn ${DAEMON_DEFINITION} --capacity-provider-arns a`,
    ['InvalidParameterException', /Invalid identifier/],
  ),
  refused(
    'create-express-gateway-service',
    `--execution-role-arn ${ROLE} --infrastructure-role-arn ${ROLE} --primary-container image=x`,
    ['UnsupportedFeatureException', /needs load balancers/],
  ),
  refused('create-service', '--cluster none --service-name x --task-definition web --desired-count 1', CLUSTER),
  refused('create-task-set', '--cluster shop --service api --task-definition web', [
    'ServiceNotActiveException',
    /Service was not ACTIVE\./,
  ]),
  refused('delete-account-setting', '--name nope', ['InvalidParameterException', /unknown should be one of/]),
  refused('delete-attributes', '--cluster none --attributes name=a,targetId=b,targetType=container-instance', CLUSTER),
  refused('delete-capacity-provider', '--capacity-provider FARGATE', ['InvalidParameterException', /FARGATE/]),
  refused('delete-cluster', '--cluster none', CLUSTER),
  refused('delete-daemon', `--daemon-arn ${DAEMON}`, ['DaemonNotFoundException', /not found/]),
  refused('delete-daemon-task-definition', `--daemon-task-definition ${DAEMON_DEFINITION}`, [
    'ClientException',
    /Unable to describe daemon task/,
  ]),
  refused('delete-express-gateway-service', `--service-arn ${EXPRESS}`, ['ServiceNotFoundException', /not found/]),
  refused('delete-service', '--cluster shop --service none', ['ServiceNotFoundException', /Service not found\./]),
  refused('delete-task-definitions', `--task-definitions ${'web:1 '.repeat(11)}`, [
    'InvalidParameterException',
    /cannot exceed 10/,
  ]),
  refused('delete-task-set', '--cluster shop --service api --task-set ts', [
    'ServiceNotActiveException',
    /Service was not ACTIVE\./,
  ]),
  refused(
    'deploy',
    '--service api --cluster shop --task-definition $definitionFile --codedeploy-appspec $appSpecFile',
    ['UnknownOperationException', /not a service of this version of Gantry/],
  ),
  refused('deregister-container-instance', `--cluster shop --container-instance ${NONE}`, [
    'InvalidParameterException',
    /Container instance 00000000000000000000000000000000 was not/,
  ]),
  refused('deregister-task-definition', '--task-definition web:99', [
    'ClientException',
    /Unable to describe task definition\./,
  ]),
  refused('describe-capacity-providers', '--cluster none', CLUSTER),
  refused('describe-clusters', '--include NOPE', ['InvalidParameterException', /include should be one of \[/]),
  refused('describe-container-instances', `--cluster none --container-instances ${NONE}`, CLUSTER),
  refused('describe-daemon', `--daemon-arn ${DAEMON}`, ['DaemonNotFoundException', /not found/]),
  refused('describe-daemon-deployments', '--daemon-deployment-arns nonsense', [
    'InvalidParameterException',
    /Invalid identifier/,
  ]),
  refused('describe-daemon-revisions', '--daemon-revision-arns nonsense', [
    'InvalidParameterException',
    /Invalid identifier/,
  ]),
  refused('describe-daemon-task-definition', `--daemon-task-definition ${DAEMON_DEFINITION}`, [
    'ClientException',
    /Unable to describe daemon task/,
  ]),
  refused('describe-express-gateway-service', `--service-arn ${EXPRESS}`, ['ResourceNotFoundException', /not found/]),
  refused('describe-service-deployments', '--service-deployment-arns nonsense', [
    'InvalidParameterException',
    /Invalid identifier/,
  ]),
  refused('describe-service-revisions', '--service-revision-arns nonsense', [
    'InvalidParameterException',
    /Invalid identifier/,
  ]),
  refused('describe-services', '--cluster none --services a', CLUSTER),
  refused('describe-task-definition', '--task-definition none', [
    'ClientException',
    /Unable to describe task definition\./,
  ]),
  refused('describe-task-sets', '--cluster none --service api', CLUSTER),
  refused('describe-tasks', `--cluster none --tasks ${NONE}`, CLUSTER),
  asNobody('discover-poll-endpoint'),
  refused('execute-command', '--cluster shop --task $started --interactive --command sh', [
    'InvalidParameterException',
    /the task is not RUNNING: it is STOPPED/,
  ]),
  refused('get-task-protection', '--cluster none', CLUSTER),
  refused('list-account-settings', '--name nope', ['InvalidParameterException', /should be one of/]),
  refused('list-attributes', '--cluster none --target-type container-instance', CLUSTER),
  refused('list-clusters', '--next-token nonsense', ['InvalidParameterException', /Invalid token/]),
  refused('list-container-instances', '--cluster none', CLUSTER),
  refused('list-daemon-deployments', `--daemon-arn ${DAEMON}`, ['ClientException', /not found/]),
  refused('list-daemon-task-definitions', '--next-token nonsense', ['InvalidParameterException', /token/i]),
  refused('list-daemons', '--cluster-arn none', ['ClusterNotFoundException', /Cluster not found\./]),
  refused('list-service-deployments', '--cluster shop --service none', [
    'ServiceNotFoundException',
    /Service not found\./,
  ]),
  refused('list-services', '--cluster none', CLUSTER),
  refused('list-services-by-namespace', '--namespace none', ['NamespaceNotFoundException', /namespace was not found/]),
  refused('list-tags-for-resource', '--resource-arn nonsense', ['InvalidParameterException', /Invalid resource ARN/]),
  refused('list-task-definition-families', '--next-token nonsense', ['InvalidParameterException', /Invalid token/]),
  refused('list-task-definitions', '--sort NOPE', ['InvalidParameterException', /sort should be one of/]),
  refused('list-tasks', '--cluster none', CLUSTER),
  refused('put-account-setting', '--name containerInsights --value perhaps', [
    'InvalidParameterException',
    /Invalid value/,
  ]),
  refused('put-account-setting-default', '--name containerInsights --value perhaps', [
    'InvalidParameterException',
    /Invalid value/,
  ]),
  refused('put-attributes', '--cluster shop --attributes name=a,targetId=none,targetType=container-instance', [
    'TargetNotFoundException',
    /Could not find none/,
  ]),
  refused(
    'put-cluster-capacity-providers',
    '--cluster shop --capacity-providers none --default-capacity-provider-strategy []',
    ['InvalidParameterException', /none/],
  ),
  refused('register-container-instance', '--cluster no/slash', [
    'InvalidParameterException',
    /totalResources must hold CPU as/,
  ]),
  refused('register-daemon-task-definition', `--family d --container-definitions [{"name":"a","image":"b"}]`, [
    'ClientException',
    /needs/,
  ]),
  refused('register-task-definition', '--family no/slash --container-definitions []', [
    'ClientException',
    /Invalid family/,
  ]),
  refused('run-task', '--cluster shop --task-definition none', ['ClientException', /TaskDefinition not found\./]),
  refused('start-task', '--cluster none --task-definition web --container-instances a', CLUSTER),
  refused('stop-service-deployment', `--service-deployment-arn ${DEPLOYMENT}`, [
    'ServiceDeploymentNotFoundException',
    /not found/,
  ]),
  refused('stop-task', `--cluster shop --task ${NONE}`, ['InvalidParameterException', /Referenced task not found\./]),
  asNobody('submit-attachment-state-changes'),
  asNobody('submit-container-state-change'),
  asNobody('submit-task-state-change'),
  refused('tag-resource', '--resource-arn $cluster --tags key=aws:x,value=1', ['InvalidParameterException', /aws:/]),
  refused('untag-resource', '--resource-arn nonsense --tag-keys a', [
    'InvalidParameterException',
    /Invalid resource ARN/,
  ]),
  refused('update-capacity-provider', `--name none --auto-scaling-group-provider managedScaling={status=ENABLED}`, [
    'ClientException',
    /does not exist/,
  ]),
  refused('update-cluster', '--cluster none', CLUSTER),
  refused('update-cluster-settings', '--cluster none --settings name=containerInsights,value=enabled', CLUSTER),
  refused('update-container-agent', '--cluster shop --container-instance $instance', [
    'ClientException',
    /was not found/,
  ]),
  refused('update-container-instances-state', '--cluster none --container-instances a --status ACTIVE', CLUSTER),
  refused(
    'update-daemon',
    `--daemon-arn ${DAEMON} --daemon-task-definition-arn ${DAEMON_DEFINITION} --capacity-provider-arns a`,
    ['InvalidParameterException', /Invalid identifier/],
  ),
  refused('update-express-gateway-service', `--service-arn ${EXPRESS}`, ['ServiceNotFoundException', /not found/]),
  refused('update-service', '--cluster shop --service none', ['ServiceNotFoundException', /Service not found\./]),
  refused('update-service-primary-task-set', '--cluster shop --service api --primary-task-set ts', [
    'ServiceNotActiveException',
    /Service was not ACTIVE\./,
  ]),
  refused('update-task-protection', '--cluster none --tasks a --protection-enabled', CLUSTER),
  refused('update-task-set', '--cluster shop --service api --task-set ts --scale value=50,unit=PERCENT', [
    'ServiceNotActiveException',
    /Service was not ACTIVE\./,
  ]),
];
