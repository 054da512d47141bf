import type { Ids } from '@gantry/domain';

/** `sg-0123456789abcdef0` */
export const newId = (ids: Ids, prefix: string): string => `${prefix}-${ids.hex32().slice(-17)}`;
