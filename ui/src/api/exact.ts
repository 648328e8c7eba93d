/** What JSON.parse tells of a value besides; browsers of before 2025 and Node 20 tell nothing. */
interface Context {
  readonly source?: string;
}

/**
 * Spans and log records out of JSON. Whole numbers that a number of JavaScript does not hold come as their digits, as
 * RFC 7493, 2.2, has it: of an id every digit counts. Times (`…_nano`) stay numbers, since they are compared.
 */
export function readExactly<T>(text: string): T {
  return JSON.parse(text, exact) as T;
}

export function exact(key: string, value: unknown, context?: Context): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || key.endsWith('_nano')) return value;
  const digits = context?.source ?? '';
  return /^-?\d+$/.test(digits) ? digits : value;
}
