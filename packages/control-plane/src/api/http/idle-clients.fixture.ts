// Started by front-door.test.ts: opens connections that never send anything, says so, and ends with its stdin.
import { connect } from 'node:net';

const [port, count] = process.argv.slice(2).map(Number);
const BATCH = 500;
for (let opened = 0; opened < (count ?? 0); opened += BATCH) {
  const batch = Array.from({ length: BATCH }, () => connect(port ?? 0, '127.0.0.1'));
  await Promise.all(batch.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
  for (const socket of batch) socket.on('error', () => undefined);
}
process.stdout.write('ready\n');
process.stdin.on('end', () => process.exit(0)).resume();
