/** What a group of errors is called: by its exception, else by the operation that failed. */
import type { ErrorSummary } from '../api/errors';
import { visible } from './attributes';

export const titleOf = (error: Pick<ErrorSummary, 'type' | 'operation'>): string =>
  visible(error.type || error.operation) || 'failed without an exception';
