import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SERVICE_NAMES, SERVICES, ServiceError, typeOf, type Service } from '@gantry/protocol';
import { auditEvent } from './event.ts';
import { Parameters } from './parameters.ts';
import { HIDDEN, SECRET_MEMBERS } from './secrets.ts';
import { call } from './testing/calls.ts';

const PLANTED = 'planted-secret-4711';
const DEEPEST = 7;

/** A value of a shape with every member there; below a secret member every text is the planted one. */
function full(service: Service, expression: string, secret: boolean, depth = 0): unknown {
  const type = typeOf(service.model, expression);
  switch (type.kind) {
    case 'structure':
      return Object.fromEntries(
        Object.entries(type.structure.members).flatMap(([member, each]) => {
          const hidden = secret || SECRET_MEMBERS[service.name].includes(`${type.name}.${member}`);
          return depth < DEEPEST || hidden ? [[member, full(service, each, hidden, depth + 1)]] : [];
        }),
      );
    case 'list':
      return depth < DEEPEST || secret ? [full(service, type.member, secret, depth + 1)] : [];
    case 'map':
      return { key: full(service, type.value, secret, depth + 1) };
    case 'timestamp':
      return new Date(0);
    case 'blob':
      return Buffer.from(secret ? PLANTED : 'open');
    case 'boolean':
      return true;
    case 'string':
    case 'document':
      return secret ? PLANTED : 'open';
    default:
      return 7;
  }
}

describe('secrets in the trail', () => {
  const operations = SERVICE_NAMES.flatMap((name) =>
    SERVICES[name].operationNames().map((operation) => [SERVICES[name], operation] as const),
  );
  const parameters = new Parameters();

  it('are in no event of any operation, whatever it was answered', () => {
    let hidden = 0;
    for (const [service, name] of operations) {
      const operation = service.operation(name);
      const input = operation?.input === undefined ? {} : full(service, operation.input, false);
      const output = operation?.output === undefined ? {} : full(service, operation.output, false);
      const error = new ServiceError('ValidationException', `Value '${PLANTED}' is no good, '${PLANTED}' again`);
      const events = [
        auditEvent(call(service.name, name, { input, output }), parameters, 'e', 0),
        auditEvent(call(service.name, name, { input, error }), parameters, 'e', 0),
        auditEvent(call(service.name, name, { input: undefined, error }), parameters, 'e', 0),
      ];
      const planted = JSON.stringify([input, output]).includes(PLANTED);
      // An error that repeats what was no secret of this call is the client's own text.
      const told = planted && JSON.stringify(input).includes(PLANTED) ? events : [events[0], events[2]];
      for (const event of told)
        assert.doesNotMatch(JSON.stringify(event), new RegExp(PLANTED), `${service.name} ${name}`);
      if (JSON.stringify(events[0]).includes(HIDDEN)) hidden += 1;
    }
    assert.ok(operations.length > 200 && hidden > 15, `${operations.length} operations, ${hidden} with secrets`);
  });

  it('are all the members that AWS marks as sensitive, and members there are', async () => {
    const packages = {
      ecs: import('@aws-sdk/client-ecs'),
      iam: import('@aws-sdk/client-iam'),
      sts: import('@aws-sdk/client-sts'),
      ssm: import('@aws-sdk/client-ssm'),
      secretsmanager: import('@aws-sdk/client-secrets-manager'),
      logs: import('@aws-sdk/client-cloudwatch-logs'),
      scheduler: import('@aws-sdk/client-scheduler'),
      cloudtrail: import('@aws-sdk/client-cloudtrail'),
    };
    let seen = 0;
    for (const [name, loading] of Object.entries(packages)) {
      const service = SERVICES[name as keyof typeof packages];
      const { shapes } = service.model;
      for (const exported of Object.values((await loading) as object)) {
        if (!Array.isArray(exported) || exported[0] !== 3) continue;
        const [, , shape, , members, schemas] = exported as [3, string, string, unknown, string[], unknown[]];
        if (!Object.hasOwn(shapes, shape)) continue;
        members.forEach((member, index) => {
          if (!isSensitive(schemas[index])) return;
          seen += 1;
          assert.ok(SECRET_MEMBERS[service.name].includes(`${shape}.${member}`), `${name} ${shape}.${member}`);
        });
      }
    }
    assert.ok(seen > 15, `only ${seen} sensitive members seen: the check would pass vacuously`);
    for (const name of SERVICE_NAMES)
      for (const path of SECRET_MEMBERS[name]) {
        const [shape = '', member = ''] = path.split('.');
        const found = SERVICES[name].model.shapes[shape];
        assert.ok(found !== undefined && 'members' in found && Object.hasOwn(found.members, member), `${name} ${path}`);
      }
  });
});

/** The SDK's schemas: a simple type's, list's or map's traits have bit 8; a pair is a schema with traits of its own. */
function isSensitive(given: unknown): boolean {
  const schema: unknown = typeof given === 'function' ? (given as () => unknown)() : given;
  if (!Array.isArray(schema)) return false;
  const marked = (traits: unknown): boolean => typeof traits === 'number' && (traits & 8) !== 0;
  if (schema.length === 2) return marked(schema[1]) || isSensitive(schema[0]);
  const [kind, , , traits] = schema as unknown[];
  if (kind === 0) return marked(traits);
  if (kind === 1) return marked(traits) || isSensitive(schema[4]);
  return kind === 2 && (marked(traits) || isSensitive(schema[5]));
}
