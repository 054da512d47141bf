// gantry/hello where there is no static busybox: the same answers, from Node.
import { createServer } from 'node:http';
import { hostname } from 'node:os';
import process from 'node:process';

const port = Number(process.env.PORT ?? 80);
const shown = /^(ECS_(?!CONTAINER_METADATA_URI|AGENT_URI).*|AWS_EXECUTION_ENV|AWS_REGION|PORT|HELLO_.*)$/; // an environment may hold secrets
const escape = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

function about() {
  const names = Object.keys(process.env)
    .filter((name) => shown.test(name))
    .sort();
  const lines = names.map((name) => `${name}: ${process.env[name]}`);
  return [process.env.MESSAGE ?? 'Hello from Gantry', `host: ${hostname()}`, ...lines, ''].join('\n');
}

function page(text) {
  return `<!doctype html><meta charset="utf-8"><title>gantry/hello</title>
<style>body{font:18px system-ui;margin:4em auto;max-width:44em}pre{white-space:pre-wrap}</style>
<h1>It runs.</h1><pre>${escape(text)}</pre>
`;
}

const server = createServer((request, response) => {
  const path = (request.url ?? '/').split('?')[0];
  const from = request.socket.remoteAddress ?? '-';
  console.log(`${new Date().toISOString().slice(0, 19)}Z ${from} ${request.method} ${request.url}`);
  if (path === '/health') return response.end('ok\n');
  if (path !== '/') return response.writeHead(404).end('Not found\n');
  const html = (request.headers.accept ?? '').includes('text/html');
  response.setHeader('content-type', `text/${html ? 'html' : 'plain'}; charset=utf-8`);
  response.end(html ? page(about()) : about());
});
server.listen(port, () => console.log(`gantry/hello: listening on port ${port} as ${hostname()}`));
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    console.log('gantry/hello: told to stop, goodbye');
    process.exit(0);
  });
}
