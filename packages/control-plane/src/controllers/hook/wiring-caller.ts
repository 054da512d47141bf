import { spawn } from 'node:child_process';
import type { HookCaller } from './port.ts';

const MOST_ANSWER_CHARACTERS = 64 * 1024;

/** Calls URLs by POST, and runs commands with the event on their standard input. */
export const systemHookCaller: HookCaller = {
  async call(target, event, signal) {
    const body = JSON.stringify(event);
    return JSON.parse(
      target.startsWith('exec:') ? await run(target.slice(5), body, signal) : await post(target, body, signal),
    );
  },
};

async function post(url: string, body: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 200)}`);
  return text.slice(0, MOST_ANSWER_CHARACTERS);
}

function run(path: string, input: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, [], { signal, stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (output.length < MOST_ANSWER_CHARACTERS) output += text;
    });
    child.on('error', reject);
    // A command that reads nothing has done nothing wrong.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.on('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`${path} ended with exit code ${code}`)),
    );
  });
}
