/** What a request is about. `version` 2 is asked without an id: the address says who asks. */
export type Route =
  | { readonly kind: 'credentials'; readonly version: 1 | 2; readonly id: string }
  | { readonly kind: 'container'; readonly version: 2 | 3 | 4; readonly id: string }
  | { readonly kind: 'task'; readonly version: 2 | 3 | 4; readonly id: string; readonly withTags: boolean }
  | { readonly kind: 'container-stats'; readonly version: 2 | 3 | 4; readonly id: string }
  | { readonly kind: 'task-stats'; readonly version: 2 | 3 | 4; readonly id: string }
  | { readonly kind: 'associations'; readonly version: 3 | 4; readonly id: string; readonly type: string }
  | { readonly kind: 'protection'; readonly id: string };

/** `undefined`: nothing is served there. Pure. */
export function routeOf(url: string): Route | undefined {
  const [path = '', query = ''] = url.split('?', 2);
  const [, first = '', second = '', ...rest] = path.replace(/\/+$/, '').split('/');
  switch (first) {
    case 'v1':
      if (second !== 'credentials' || rest.length > 0) return undefined;
      return { kind: 'credentials', version: 1, id: new URLSearchParams(query).get('id') ?? '' };
    case 'v2':
      return secondVersion(second, rest);
    case 'v3':
    case 'v4':
      return second === '' ? undefined : byId(first === 'v3' ? 3 : 4, second, rest);
    case 'api':
      return rest.join('/') === 'task-protection/v1/state' ? { kind: 'protection', id: second } : undefined;
    default:
      return undefined;
  }
}

function secondVersion(what: string, rest: readonly string[]): Route | undefined {
  const [id = ''] = rest;
  if (rest.length > 1) return undefined;
  switch (what) {
    case 'credentials':
      return { kind: 'credentials', version: 2, id };
    case 'metadata':
      return id === '' ? { kind: 'task', version: 2, id: '', withTags: false } : { kind: 'container', version: 2, id };
    case 'metadataWithTags':
      return { kind: 'task', version: 2, id: '', withTags: true };
    case 'stats':
      return id === '' ? { kind: 'task-stats', version: 2, id: '' } : { kind: 'container-stats', version: 2, id };
    default:
      return undefined;
  }
}

function byId(version: 3 | 4, id: string, rest: readonly string[]): Route | undefined {
  switch (rest.join('/')) {
    case '':
      return { kind: 'container', version, id };
    case 'task':
      return { kind: 'task', version, id, withTags: false };
    case 'taskWithTags':
      return { kind: 'task', version, id, withTags: true };
    case 'stats':
      return { kind: 'container-stats', version, id };
    case 'task/stats':
      return { kind: 'task-stats', version, id };
    default:
      return associationsById(version, id, rest);
  }
}

function associationsById(
  version: 3 | 4,
  id: string,
  [first, type = '', ...more]: readonly string[],
): Route | undefined {
  if (first !== 'associations' || type === '' || more.length > 0) return undefined;
  return { kind: 'associations', version, id, type };
}
