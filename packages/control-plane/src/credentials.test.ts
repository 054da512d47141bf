import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { AccountId } from '@gantry/domain';
import { openCredentials } from './credentials.ts';

const account = '000000000000' as AccountId;
const folder = mkdtempSync(join(tmpdir(), 'gantry-credentials-'));
after(() => rmSync(folder, { recursive: true }));

interface File {
  readonly administrator: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly agent: { readonly accessKeyId: string };
}
const read = (path: string): File => JSON.parse(readFileSync(path, 'utf8')) as File;

describe('the credentials file', () => {
  it('is made once, for its owner alone, and read after that', () => {
    const path = join(folder, 'a.json');
    openCredentials({ path, account, random: randomBytes });
    const { administrator, agent } = read(path);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.match(administrator.accessKeyId, /^AKIA[A-Z2-7]{16}$/);
    assert.match(administrator.secretAccessKey, /^[A-Za-z0-9+/]{40}$/);
    const ring = openCredentials({ path, account, random: () => assert.fail('made again') });
    assert.deepEqual(ring.key(administrator.accessKeyId), {
      ...administrator,
      account,
      principalArn: 'arn:aws:iam::000000000000:user/administrator',
      principal: { kind: 'administrator' },
    });
    assert.equal(ring.key(agent.accessKeyId)?.principal.kind, 'agent');
    assert.equal(ring.key('AKIANOBODY'), undefined);
    assert.equal(ring.key('__proto__'), undefined);
  });

  it('is closed again when others could read it', () => {
    const path = join(folder, 'b.json');
    openCredentials({ path, account, random: randomBytes });
    chmodSync(path, 0o644);
    openCredentials({ path, account, random: randomBytes });
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it('is refused, not replaced, when it is not one', () => {
    const path = join(folder, 'c.json');
    for (const text of ['', '{', '{}', 'null', '{"administrator":{"accessKeyId":"a"},"agent":{}}']) {
      writeFileSync(path, text);
      assert.throws(
        () => openCredentials({ path, account, random: randomBytes }),
        /not a credentials file.*move it away/,
      );
      assert.equal(readFileSync(path, 'utf8'), text);
    }
  });

  it('belongs to one account', () => {
    const path = join(folder, 'd.json');
    openCredentials({ path, account, random: randomBytes });
    const other = '111111111111' as AccountId;
    assert.throws(
      () => openCredentials({ path, account: other, random: randomBytes }),
      /Start with --account 000000000000/,
    );
  });
});
