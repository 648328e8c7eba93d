/** A client's request as a line for a shell, from what its span says of it. */
import type { FoundSpan } from '../api/types';
import { valueText } from './attributes';

type Sent = Pick<FoundSpan, 'kind' | 'attributes'>;

/** Null where the span is no HTTP client's, or does not say where it sent its request. */
export function curlOf({ kind, attributes }: Sent): string | null {
  const said = (...keys: string[]): string => {
    const key = keys.find((each) => attributes[each] !== undefined);
    return key === undefined ? '' : valueText(attributes[key]!);
  };
  const url = said('url.full', 'http.url');
  const method = said('http.request.method', 'http.method') || 'GET';
  if (kind !== 'client' || !/^https?:\/\//.test(url)) return null;
  const headers = Object.keys(attributes)
    .filter((key) => key.startsWith('http.request.header.'))
    .sort()
    .map((key) => [key.slice('http.request.header.'.length), attributes[key]!] as const)
    .flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((one) => `${name}: ${valueText(one)}`));
  return [
    'curl',
    ...(method === 'GET' ? [] : ['-X', quoted(method)]),
    ...headers.flatMap((each) => ['-H', quoted(each)]),
    quoted(url),
  ].join(' ');
}

/** As one word of a POSIX shell, whatever it holds: it came from telemetry. */
const quoted = (text: string): string => (/^[\w.:/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
