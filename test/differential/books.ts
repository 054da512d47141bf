import type { Book } from './book.ts';
import { ECS } from './ecs-calls.ts';
import { EXPLAINED_SECRETS_MANAGER } from './explained-secretsmanager.ts';
import { EXPLAINED_SSM } from './explained-ssm.ts';
import { EXPLAINED } from './explained.ts';
import type { Explanation } from './explanation.ts';
import { SECRETS_MANAGER } from './secretsmanager-calls.ts';
import { SSM } from './ssm-calls.ts';

/** What is played, how much of it by the test, and which differences stay. */
export const BOOKS: readonly {
  readonly book: Book;
  readonly seeds: number;
  readonly explained: readonly Explanation[];
}[] = [
  { book: ECS, seeds: 32, explained: EXPLAINED },
  { book: SSM, seeds: 8, explained: EXPLAINED_SSM },
  { book: SECRETS_MANAGER, seeds: 8, explained: EXPLAINED_SECRETS_MANAGER },
];
