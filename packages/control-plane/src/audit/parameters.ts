import { typeOf, type Service, type Structure } from '@gantry/protocol';
import { HIDDEN, SECRET_MEMBERS } from './secrets.ts';

/** `hidden` gathers the texts that were hidden. */
type Render = (value: unknown, hidden: string[]) => unknown;

/**
 * An input or output as an event shows it: members by CloudTrail's spelling (first letter small), moments as ISO 8601, blobs
 * as base64, secrets hidden. Compiled per shape at first use.
 */
export class Parameters {
  readonly #compiled = new Map<string, Render>();

  of(service: Service, shape: string | undefined, value: unknown, hidden: string[] = []): unknown {
    if (shape === undefined || value === undefined || value === null) return null;
    return this.#render(service, shape)(value, hidden);
  }

  #render(service: Service, expression: string): Render {
    const key = `${service.name} ${expression}`;
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    // Shapes may hold themselves: the name is taken before the shape is looked into.
    let made: Render | undefined;
    const render: Render = (value, hidden) => (made ??= this.#compile(service, expression))(value, hidden);
    this.#compiled.set(key, render);
    return render;
  }

  #compile(service: Service, expression: string): Render {
    const type = typeOf(service.model, expression);
    if (type.kind === 'structure') return this.#structure(service, type.name, type.structure);
    if (type.kind === 'list') {
      const item = this.#render(service, type.member);
      return (value, hidden) => (value as readonly unknown[]).map((each) => item(each, hidden));
    }
    if (type.kind === 'map') {
      const item = this.#render(service, type.value);
      return (value, hidden) =>
        Object.fromEntries(Object.entries(value as object).map(([key, each]) => [key, item(each, hidden)]));
    }
    return simple;
  }

  #structure(service: Service, name: string, { members }: Structure): Render {
    const secrets: readonly string[] = SECRET_MEMBERS[service.name];
    const known = new Map(
      Object.entries(members).map(([member, expression]): [string, readonly [string, Render]] => {
        const secret = secrets.includes(`${name}.${member}`);
        return [member, [spelling(member), secret ? hide : this.#render(service, expression)]];
      }),
    );
    // By what is there: most members of most shapes are absent.
    return (value, hidden) => {
      const shown: Record<string, unknown> = {};
      for (const member of Object.keys(value as object)) {
        const each = (value as Record<string, unknown>)[member];
        const found = each === undefined || each === null ? undefined : known.get(member);
        if (found !== undefined) shown[found[0]] = found[1](each, hidden);
      }
      return shown;
    };
  }
}

function hide(value: unknown, hidden: string[]): string {
  if (typeof value === 'string') hidden.push(value);
  else if (value instanceof Uint8Array) hidden.push(Buffer.from(value).toString('base64'));
  else if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) hide(each, hidden);
  return HIDDEN;
}

/** `RoleName` is `roleName`, `ARN` is `arn`. */
function spelling(member: string): string {
  return /^[A-Z]+$/.test(member) ? member.toLowerCase() : member.charAt(0).toLowerCase() + member.slice(1);
}

function simple(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}
