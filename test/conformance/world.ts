import assert from 'node:assert/strict';
import { epochMs, parseAccountId, parseRegion, type AccountId, type Region, type Task } from '@gantry/domain';
import { AwsClient, type EcsOperations } from '@gantry/protocol';
import { signedBy } from '@gantry/control-plane/api/http/authenticate.ts';
import { FrontDoor } from '@gantry/control-plane/api/http/server.ts';
import { assemble, type ControlPlane } from '@gantry/control-plane/assemble.ts';
import { authoriseBy } from '@gantry/control-plane/authorise/authorise.ts';
import { joinedRing } from '@gantry/control-plane/identity/key-ring.ts';
import type { KeyRing } from '@gantry/control-plane/identity/principal.ts';
import { MemoryLogStore } from '@gantry/control-plane/logs/memory.ts';
import type { Caller, Platform, PlatformConfig } from '@gantry/control-plane/platform.ts';
import { testSeal } from '@gantry/control-plane/seal/testing/test-seal.ts';
import { MemoryJournal } from '@gantry/control-plane/store/memory.ts';
import { nextTurn } from '@gantry/control-plane/wiring.ts';
import { FakeClock, SeededIds } from '@gantry/testkit';
import { freePort } from '../e2e/world.ts';
import type { AgentKeys } from './signer.ts';
import type { StockSocket } from './socket.ts';
import type { Ground, StockAgent } from './stock-agent.ts';

export const ACCOUNT = parseAccountId('000000000000') as AccountId;
const REGION = parseRegion('us-east-1') as Region;

export const ADMINISTRATOR: AgentKeys = { accessKeyId: 'AKIAADMINISTRATOR000', secretAccessKey: 'administrator' };
export const AGENT: AgentKeys = { accessKeyId: 'AKIAAGENT00000000000', secretAccessKey: 'agent' };

/** An agent of another account. */
export const STRANGER: AgentKeys = { accessKeyId: 'AKIASTRANGER00000000', secretAccessKey: 'stranger' };

const HOLDERS = [
  { keys: ADMINISTRATOR, kind: 'administrator', account: ACCOUNT },
  { keys: AGENT, kind: 'agent', account: ACCOUNT },
  { keys: STRANGER, kind: 'agent', account: parseAccountId('111111111111') as AccountId },
] as const;
const INSTALLATION: KeyRing = {
  key: (accessKeyId) => {
    const found = HOLDERS.find(({ keys }) => keys.accessKeyId === accessKeyId);
    if (found === undefined) return undefined;
    const { keys, kind, account } = found;
    return { ...keys, account, principalArn: `arn:aws:iam::${account}:user/${kind}`, principal: { kind } };
  },
};

type DefinitionInput = EcsOperations['RegisterTaskDefinition']['input'];

const TASKS = { Service: 'ecs-tasks.amazonaws.com' };
const ROOT: Caller = {
  account: ACCOUNT,
  region: REGION,
  principalArn: `arn:aws:iam::${ACCOUNT}:root`,
  accessKeyId: ADMINISTRATOR.accessKeyId,
  principal: { kind: 'administrator' },
};

/** Fake time passes in steps short enough that what is due in between has come and was answered. */
const STEP_MS = 5_000;

/**
 * The real control plane behind its real front door: HTTP, websockets and signatures on loopback. Only time is the
 * test's, and the journal outlives the process it plays.
 */
export class World implements Ground {
  readonly clock = new FakeClock();
  readonly logged: string[] = [];
  readonly keys = AGENT;
  readonly sockets = new Set<StockSocket>();
  readonly agents = new Set<StockAgent>();
  readonly #journal = new MemoryJournal();
  readonly #logs = new MemoryLogStore();
  readonly #ids = new SeededIds(1);
  readonly #config: PlatformConfig;
  readonly #port: number;
  #plane!: ControlPlane;
  #door!: FrontDoor;

  private constructor(port: number, over: Partial<PlatformConfig>) {
    this.#port = port;
    this.#config = {
      defaultScope: { account: ACCOUNT, region: REGION },
      endpoint: `http://127.0.0.1:${port}`,
      healthyAfterRunningMs: 5_000,
      stoppedTaskRetentionMs: 86_400_000,
      historyRetentionMs: 86_400_000,
      instanceGoneAfterMs: 86_400_000,
      subnets: [{ subnetId: 'subnet-1', availabilityZone: 'us-east-1a', cidr: '10.0.0.0/24' }],
      ...over,
    };
  }

  static async open(over: Partial<PlatformConfig> = {}): Promise<World> {
    const world = new World(await freePort(), over);
    await world.up();
    return world;
  }

  /** Where it listens; what it tells agents may be another (`--endpoint`). */
  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get plane(): ControlPlane {
    return this.#plane;
  }

  get ecs(): AwsClient<EcsOperations> {
    const { endpoint, clock } = this;
    return new AwsClient<EcsOperations>({
      service: 'ecs',
      endpoint,
      region: REGION,
      credentials: ADMINISTRATOR,
      clock,
    });
  }

  async up(): Promise<void> {
    const { clock } = this;
    const log: Platform['log'] = (level, message, fields) => {
      this.logged.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`);
    };
    const ids = this.#ids;
    this.#plane = await assemble({
      journal: this.#journal,
      logStore: this.#logs,
      seal: testSeal(),
      clock,
      ids,
      schedule: nextTurn,
      config: this.#config,
      log,
    });
    const { identity, platform, handle, dispatch } = this.#plane;
    this.#door = new FrontDoor({
      authenticate: signedBy(joinedRing(INSTALLATION, identity.keys), clock),
      authorise: authoriseBy({ policiesOf: identity.policiesOf, tables: platform.state.tables, clock }),
      handle,
      dispatch,
      ids,
      log,
      version: '0.0.0',
    });
    await this.#door.listen(this.#port, '127.0.0.1');
  }

  /** An orderly end, as on SIGTERM. The journal stays; `up` starts the next on it. */
  async down(): Promise<void> {
    const closed = this.#door.stop();
    await this.clock.turnWhile(this.#plane.dispatch.stop());
    await closed;
    await this.clock.turnWhile(this.#plane.stop());
  }

  /** The end of a test file, and its last law: every agent could read every frame it was sent. */
  async end(): Promise<void> {
    for (const socket of this.sockets) socket.cut();
    await this.down();
    assert.deepEqual(
      [...this.agents].flatMap(({ stumbled }) => stumbled),
      [],
    );
  }

  /** Everything that can happen now has happened, on both sides of every socket. */
  async settle(): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      for (const socket of this.sockets) if (!socket.open) this.sockets.delete(socket);
      await Promise.all([...this.sockets].map((socket) => socket.roundTrip()));
      await this.#plane.platform.state.transact(() => undefined);
      await this.#plane.settled();
    }
  }

  async pass(ms: number): Promise<void> {
    const end = epochMs(this.clock.now() + ms);
    while (this.clock.now() < end) {
      await this.clock.turnTo(Math.min(end, this.clock.now() + STEP_MS));
      await this.settle();
    }
  }

  /** A role for tasks, or for who is named, with a policy of its own; its ARN. */
  async role(RoleName: string, statement: object, Principal: object = TASKS): Promise<string> {
    const trust = { Effect: 'Allow', Principal, Action: 'sts:AssumeRole' };
    const policy = (Statement: object): string => JSON.stringify({ Version: '2012-10-17', Statement: [Statement] });
    await this.plane.handle('iam', 'CreateRole', { RoleName, AssumeRolePolicyDocument: policy(trust) }, ROOT);
    const own = { RoleName, PolicyName: 'own', PolicyDocument: policy(statement) };
    await this.plane.handle('iam', 'PutRolePolicy', own, ROOT);
    return `arn:aws:iam::${ACCOUNT}:role/${RoleName}`;
  }

  /** What the metadata service of a machine with this role would give its agent: keys with a session token. */
  async machineKeys(RoleArn: string, RoleSessionName: string): Promise<AgentKeys> {
    const given = await this.plane.handle('sts', 'AssumeRole', { RoleArn, RoleSessionName }, ROOT);
    const { AccessKeyId, SecretAccessKey, SessionToken } = (given as { Credentials: Record<string, string> })
      .Credentials;
    return {
      accessKeyId: AccessKeyId ?? '',
      secretAccessKey: SecretAccessKey ?? '',
      sessionToken: SessionToken ?? '',
    };
  }

  /** A task definition of one small container, or of what is given; its ARN. */
  async define(family: string, over: Partial<DefinitionInput> = {}): Promise<string> {
    const containerDefinitions = [{ name: 'web', image: 'busybox', memory: 64 }];
    const { taskDefinition } = await this.ecs.call('RegisterTaskDefinition', { family, containerDefinitions, ...over });
    return taskDefinition?.taskDefinitionArn ?? '';
  }

  /** Tasks on this very instance, one after the other. */
  async start(agent: StockAgent, taskDefinition: string, count = 1): Promise<readonly string[]> {
    const { cluster, attributes } = agent.options;
    const external = attributes.some(({ name }) => name === 'ecs.capability.external');
    const here = [{ type: 'memberOf' as const, expression: `attribute:agent == ${agent.name}` }];
    const arns: string[] = [];
    for (let at = 0; at < count; at += 1) {
      const { tasks = [], failures = [] } = external
        ? await this.ecs.call('RunTask', {
            cluster,
            taskDefinition,
            launchType: 'EXTERNAL',
            placementConstraints: here,
          })
        : await this.ecs.call('StartTask', { cluster, taskDefinition, containerInstances: [agent.arn] });
      assert.deepEqual(failures, []);
      arns.push(tasks[0]?.taskArn ?? '');
    }
    return arns;
  }

  task(arn: string): Task {
    const found = [...this.#plane.platform.state.tables.tasks.values()].find((task) => task.taskArn === arn);
    if (found === undefined) throw new Error(`no task ${arn}`);
    return found;
  }
}
