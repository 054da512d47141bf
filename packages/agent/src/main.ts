import { readFileSync, writeFileSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { InvalidConfig, readConfig, type ProcessConfig } from './config.ts';
import { AgentProcess } from './process.ts';
import { tearDownHost } from './teardown/host.ts';
import { boundRegExps, jsonLog } from './wiring.ts';

/** Exit codes: 0 stopped, 1 start me again, 5 useless to start again. */
const USAGE = 'usage: node packages/agent/src/main.ts --config FILE [--teardown [--force] [--keep-network]]';

const OPTIONS = {
  config: { type: 'string' },
  teardown: { type: 'boolean' },
  force: { type: 'boolean' },
  'keep-network': { type: 'boolean' },
} as const;
type Arguments = ReturnType<typeof readArguments>;
const readArguments = () => parseArgs({ options: OPTIONS, strict: true }).values;

function configured(values: Arguments): ProcessConfig {
  const path = values.config ?? process.env['ECS_AGENT_CONFIG_FILE_PATH'];
  if (path === undefined) throw new InvalidConfig([`no configuration file is named (${USAGE})`]);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new InvalidConfig([`${path}: ${error instanceof Error ? error.message : String(error)}`]);
  }
  return readConfig(value, process.env, { architecture: process.arch });
}

function fail(exitCode: number, error: unknown): never {
  writeSync(2, `gantry agent: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(exitCode);
}

boundRegExps();
let config: ProcessConfig;
let values: Arguments;
try {
  values = readArguments();
  config = configured(values);
} catch (error) {
  fail(5, error);
}
if (values.teardown === true) {
  const done = await tearDownHost(
    config,
    { force: values.force === true, keepNetwork: values['keep-network'] === true },
    jsonLog(config.logLevel, (line) => writeSync(2, line)),
  );
  writeSync(1, `${JSON.stringify(done)}\n`);
  process.exit(done.problems.length === 0 ? 0 : 1);
}
const log = jsonLog(config.logLevel, (line) => writeSync(1, line));
const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
process.on('uncaughtException', (error) => log('error', `uncaught: ${describe(error)}`));
process.on('unhandledRejection', (error) => log('error', `unhandled rejection: ${describe(error)}`));
if (config.pidFile !== undefined) writeFileSync(config.pidFile, `${process.pid}\n`);

const agents = new AgentProcess(config, log);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void agents.stop());
const exitCode = await agents.run().catch((error: unknown) => fail(1, error));
process.exit(exitCode);
