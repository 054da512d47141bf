import type { NfsExport } from './port.ts';

/** `fs-0123456789abcdef0=nas.example.com:/export/data`, as many as there are, with commas between them. Pure. */
export function readExports(text: string, problems: string[]): Readonly<Record<string, NfsExport>> {
  const exports: Record<string, NfsExport> = {};
  for (const each of text.split(',').filter((part) => part !== '')) {
    const [, id, server, path] = /^(fs-[0-9a-f]{8,40})=([A-Za-z0-9.-]+|\[[0-9a-f:]+\]):(\/[^,\s]*)$/.exec(each) ?? [];
    if (id === undefined || server === undefined || path === undefined)
      problems.push(`--efs ${each}: it looks like fs-0123456789abcdef0=nas.example.com:/export/data`);
    else if (Object.hasOwn(exports, id)) problems.push(`--efs ${each}: ${id} is named twice`);
    else exports[id] = { server: server.replace(/^\[(.*)\]$/, '$1'), path };
  }
  return exports;
}
