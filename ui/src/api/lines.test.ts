import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { fetchLines } from './lines';

let server: Server | undefined;

/** A collector that answers as it is told; what it was asked to accept is in the list. */
async function answering(write: (response: ServerResponse) => void): Promise<string[]> {
  const accepted: string[] = [];
  server = createServer((request, response) => {
    accepted.push(`${request.url} ${request.headers.accept}`);
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'x-request-id': 'r1' });
    write(response);
  });
  await new Promise<void>((ready) => server?.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  Object.assign(globalThis, { document: { baseURI: `http://127.0.0.1:${port}/` } });
  return accepted;
}

afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

const COVERAGE = { returned: 3, total: 3, total_relation: 'eq', reason: 'end', next_cursor: null };
const END = `${JSON.stringify({ coverage: COVERAGE })}\n`;

it('tells what was found before the rest has come, whole lines at a time', async () => {
  let goOn: () => void = () => undefined;
  const accepted = await answering((response) => {
    response.write('{"body":"größte"}\n{"body":"se');
    goOn = () => {
      const progress = { rows_scanned: 70, time: 5 };
      response.end(`cond"}\n${JSON.stringify({ progress })}\n{"body":12345678901234567890}\n${END}`);
    };
  });
  const told: unknown[] = [];
  const found = await fetchLines<{ body: unknown }>('logs', { q: 'a' }, (items, progress) => {
    told.push(items, progress);
    goOn();
  });
  expect(told.slice(0, 2)).toEqual([[{ body: 'größte' }], null]);
  expect(found.coverage).toEqual(COVERAGE);
  expect(found.items.slice(0, 2)).toEqual([{ body: 'größte' }, { body: 'second' }]);
  expect(accepted).toEqual(['/api/v1/logs?q=a application/x-ndjson;progress=on']);
});

it('fails with what the last line says, also behind what was found', async () => {
  await answering((response) => {
    response.end(
      '{"body":"first"}\n{"error":{"code":"query_limit","message":"It took too long.","setting":"query_timeout"},"status":422}\n',
    );
  });
  const failed = { name: 'ApiError', status: 422, message: 'It took too long.', requestId: 'r1' };
  await expect(fetchLines('logs', {})).rejects.toMatchObject({ ...failed, detail: { setting: 'query_timeout' } });
});

it('fails where the answer ends before it is whole', async () => {
  await answering((response) => response.end('{"body":"first"}\n'));
  await expect(fetchLines('logs', {})).rejects.toMatchObject({ code: 'unexpected' });
});

it('fails where the collector is gone in the middle of it', async () => {
  await answering((response) => response.write('{"body":"first"}\n', () => setImmediate(() => response.destroy())));
  await expect(fetchLines('logs', {})).rejects.toMatchObject({ name: 'Unreachable' });
});
