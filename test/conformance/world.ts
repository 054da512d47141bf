import { epochMs, parseAccountId, parseRegion, type AccountId, type Region, type Task } from '@gantry/domain';
import { AwsClient, type EcsOperations } from '@gantry/protocol';
import { signedBy } from '@gantry/control-plane/api/http/authenticate.ts';
import { FrontDoor } from '@gantry/control-plane/api/http/server.ts';
import { assemble, type ControlPlane } from '@gantry/control-plane/assemble.ts';
import { authoriseBy } from '@gantry/control-plane/authorise/authorise.ts';
import { joinedRing } from '@gantry/control-plane/identity/key-ring.ts';
import type { KeyRing } from '@gantry/control-plane/identity/principal.ts';
import { MemoryLogStore } from '@gantry/control-plane/logs/memory.ts';
import type { Platform, PlatformConfig } from '@gantry/control-plane/platform.ts';
import { testSeal } from '@gantry/control-plane/seal/testing/test-seal.ts';
import { MemoryJournal } from '@gantry/control-plane/store/memory.ts';
import { nextTurn } from '@gantry/control-plane/wiring.ts';
import { FakeClock, SeededIds } from '@gantry/testkit';
import { freePort } from '../e2e/world.ts';
import type { AgentKeys } from './signer.ts';
import type { StockSocket } from './socket.ts';

export const ACCOUNT = parseAccountId('000000000000') as AccountId;
const REGION = parseRegion('us-east-1') as Region;

export const ADMINISTRATOR: AgentKeys = { accessKeyId: 'AKIAADMINISTRATOR000', secretAccessKey: 'administrator' };
export const AGENT: AgentKeys = { accessKeyId: 'AKIAAGENT00000000000', secretAccessKey: 'agent' };

const INSTALLATION: KeyRing = {
  key: (accessKeyId) => {
    const kind = accessKeyId === AGENT.accessKeyId ? 'agent' : 'administrator';
    const keys = kind === 'agent' ? AGENT : ADMINISTRATOR;
    if (keys.accessKeyId !== accessKeyId) return undefined;
    return { ...keys, account: ACCOUNT, principalArn: `arn:aws:iam::${ACCOUNT}:user/${kind}`, principal: { kind } };
  },
};

/** Fake time passes in steps short enough that what is due in between has come and was answered. */
const STEP_MS = 5_000;

/**
 * The real control plane behind its real front door: HTTP, websockets and signatures on loopback. Only time is the
 * test's, and the journal outlives the process it plays.
 */
export class World {
  readonly clock = new FakeClock();
  readonly logged: string[] = [];
  /** The agents' sockets. */
  readonly sockets = new Set<StockSocket>();
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

  static async start(over: Partial<PlatformConfig> = {}): Promise<World> {
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

  /** The end of a test file: also of the sockets that are still open. */
  async end(): Promise<void> {
    for (const socket of this.sockets) socket.cut();
    await this.down();
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

  task(arn: string): Task {
    const found = [...this.#plane.platform.state.tables.tasks.values()].find((task) => task.taskArn === arn);
    if (found === undefined) throw new Error(`no task ${arn}`);
    return found;
  }
}
