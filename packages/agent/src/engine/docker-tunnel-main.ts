// Run inside a container's network namespace: `node docker-tunnel-main.ts PORT` joins its stdin and stdout with that port.
import { connect } from 'node:net';

const socket = connect({ host: 'localhost', port: Number(process.argv[2]), allowHalfOpen: true, noDelay: true });
socket.once('error', (error: Error & { readonly errors?: readonly Error[] }) => {
  // Both families of addresses refused: each has its own words.
  process.stderr.write(`${(error.errors ?? [error]).map(({ message }) => message).join(', ')}\n`, () =>
    process.exit(1),
  );
});
process.stdin.pipe(socket);
socket.pipe(process.stdout, { end: false });
// The other side is done: what it said goes out first.
socket.once('end', () => process.stdout.write('', () => process.exit(0)));
process.stdout.on('error', () => process.exit(0));
