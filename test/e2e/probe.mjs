/**
 * Runs inside a container of a task. `get URL`, `put URL BODY`: the answer. `env`: the variables. `sdk`: what the stock
 * SDK, left to itself, may do and may not. All as a line of JSON.
 */
const [what, url, body] = process.argv.slice(2);

const print = (value) => console.log(JSON.stringify(value));

async function ask(method) {
  try {
    const response = await fetch(url, { method, body, signal: AbortSignal.timeout(5000) });
    const text = await response.text();
    let json;
    try {
      json = JSON.parse(text);
    } catch {
      json = text;
    }
    print({ status: response.status, body: json });
  } catch (error) {
    print({ error: String(error.cause?.code ?? error.name) });
  }
}

async function sdk() {
  const { ECSClient, ListTasksCommand, ListClustersCommand } = await import('@aws-sdk/client-ecs');
  const client = new ECSClient({});
  const { accessKeyId } = await client.config.credentials();
  const { taskArns } = await client.send(new ListTasksCommand({}));
  const refused = await client.send(new ListClustersCommand({})).then(
    () => 'allowed',
    (error) => `${error.name}: ${error.message}`,
  );
  print({ accessKeyId, taskArns, refused });
}

if (what === 'env') print(process.env);
else if (what === 'get') await ask('GET');
else if (what === 'put') await ask('PUT');
else await sdk();
