/** A server as HAProxy's `show stat` tells of it. */
export interface ServerStat {
  readonly backend: string;
  readonly server: string;
  readonly isUp: boolean;
  /** Taken out by us. */
  readonly inMaintenance: boolean;
  readonly sessions: number;
  /** How its last check went; `undefined` before the first. */
  readonly check?: { readonly passed: boolean; readonly status: string; readonly code: string } | undefined;
}

/** Servers alone, of the CSV of `show stat`. Pure. @throws Error for another text */
export function parseStats(csv: string): readonly ServerStat[] {
  const [header = '', ...rows] = csv.trim().split('\n');
  if (!header.startsWith('# ')) throw new Error(`HAProxy's statistics cannot be read: ${csv.slice(0, 200)}`);
  const names = header.slice(2).split(',');
  const column = (name: string): number => names.indexOf(name);
  const [backend, server, status, scur, checkStatus, checkCode] = [
    column('pxname'),
    column('svname'),
    column('status'),
    column('scur'),
    column('check_status'),
    column('check_code'),
  ];
  const stats: ServerStat[] = [];
  for (const row of rows) {
    const cells = row.split(',');
    const cell = (at: number): string => cells[at] ?? '';
    if (!/^[tp]-/.test(cell(server))) continue;
    // A check that is under way has a star before the last one's status.
    const check = cell(checkStatus).replace(/^\* /, '');
    stats.push({
      backend: cell(backend),
      server: cell(server),
      isUp: cell(status).startsWith('UP'),
      inMaintenance: cell(status).startsWith('MAINT'),
      sessions: Number(cell(scur)),
      check: ['', 'INI', 'UNK'].includes(check)
        ? undefined
        : { passed: /^L[467]OKC?$/.test(check), status: check, code: cell(checkCode) },
    });
  }
  return stats;
}
