import { createProgram } from './program.ts';
import { describeError, EXIT } from './errors.ts';
import { nodeHost } from './host/wiring.ts';

// A reader that goes away (`gantry ps | head -1`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : EXIT.failed));

const host = nodeHost();
try {
  process.exitCode = await createProgram(host, process.argv.slice(2));
} catch (error) {
  const { lines, exitCode } = describeError(error);
  lines.forEach((line, i) => host.terminal.err(i === 0 ? `gantry: ${line}` : line));
  process.exitCode = exitCode;
}
