export type Env = Readonly<Record<string, string | undefined>>;
export type Json = Readonly<Record<string, unknown>>;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Reads members and gathers what is wrong with them. */
export class ConfigReader {
  readonly problems: string[] = [];

  problem(text: string): void {
    this.problems.push(text);
  }

  object(value: unknown, what: string): Json {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
    this.problem(`${what} must be an object`);
    return {};
  }

  text(from: Json, name: string): string | undefined {
    const value = from[name];
    if (value === undefined || value === null || typeof value === 'string') return value ?? undefined;
    this.problem(`${name} must be a text`);
    return undefined;
  }

  texts(from: Json, name: string): readonly string[] | undefined {
    const value = from[name];
    if (value === undefined || value === null) return undefined;
    if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
    this.problem(`${name} must be a list of texts`);
    return undefined;
  }

  required(from: Json, name: string, label = name): string {
    const value = this.text(from, name) ?? '';
    if (value === '') this.problem(`${label} is missing`);
    return value;
  }

  number(from: Json, name: string): number | undefined {
    const value = from[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return Math.floor(value);
    this.problem(`${name} must be a number of at least 0`);
    return undefined;
  }

  numberText(env: Env, name: string): number | undefined {
    const text = env[name];
    if (text === undefined || text === '') return undefined;
    if (/^[0-9]+$/.test(text)) return Number(text);
    this.problem(`${name} must be a whole number, not "${text}"`);
    return undefined;
  }

  /** `3h`, `1m30s`, `500ms`. */
  duration(env: Env, name: string): number | undefined {
    const text = env[name];
    if (text === undefined || text === '') return undefined;
    const parts = [...text.matchAll(/([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)/g)];
    if (parts.map(([whole]) => whole).join('') === text) {
      return parts.reduce((sum, [, amount = '0', unit = 's']) => sum + Number(amount) * (UNIT_MS[unit] ?? 0), 0);
    }
    this.problem(`${name} must be a duration such as 30s or 3h, not "${text}"`);
    return undefined;
  }

  flag(env: Env, name: string): boolean | undefined {
    const text = env[name] ?? '';
    if (text === '') return undefined;
    if (text !== 'true' && text !== 'false') this.problem(`${name} must be true or false, not "${text}"`);
    return text === 'true';
  }

  json(env: Env, name: string): unknown {
    const text = env[name];
    if (text === undefined || text === '') return undefined;
    try {
      return JSON.parse(text);
    } catch {
      this.problem(`${name} must be JSON, not "${text}"`);
      return undefined;
    }
  }

  ports(env: Env, name: string): readonly number[] | undefined {
    const value = this.json(env, name);
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((port) => Number.isInteger(port) && port > 0 && port < 65_536))
      return value as number[];
    this.problem(`${name} must be a JSON list of ports`);
    return undefined;
  }
}
