import { invalidParameter } from '@gantry/protocol';
import { QueryError, type Expression } from '../../../controllers/scheduler/query/ast.ts';
import { parseQuery } from '../../../controllers/scheduler/query/parse.ts';

/** Parses the cluster query language (ecs-semantics 4.7). Pure; throws InvalidParameterException that says where. */
export function parseExpression(member: string, text: string): Expression {
  try {
    return parseQuery(text);
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    throw invalidParameter(`Invalid ${member} '${text.slice(0, 200)}': ${error.message}`);
  }
}
