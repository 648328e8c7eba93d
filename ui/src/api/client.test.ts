import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ApiError, closeSession, fetchStatus, onLocked, openSession, sendOtlp } from './client';

let server: Server | undefined;

/** A collector that answers every request as it is told; what it was asked is in the list. */
async function answering(status: number, body: unknown, headers: Record<string, string> = {}): Promise<string[]> {
  const asked: string[] = [];
  server = createServer((request: IncomingMessage, response: ServerResponse) => {
    let text = '';
    request.on('data', (part) => {
      text += part;
    });
    request.on('end', () => {
      asked.push(`${request.method} ${request.url} ${text}`.trim());
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((ready) => server?.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  Object.assign(globalThis, { document: { baseURI: `http://127.0.0.1:${port}/prefix/` } });
  return asked;
}

afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

const NO_KEY = { error: { code: 'unauthenticated', message: 'This needs a key with the scope read.' } };

describe('a key', () => {
  it('is asked for by an answer that names this collector, and by no proxy with the same status', async () => {
    let locked = 0;
    const forget = onLocked(() => locked++);
    await answering(401, NO_KEY, { 'www-authenticate': 'Bearer realm="spanwise"' });
    await expect(fetchStatus()).rejects.toThrow('This needs a key with the scope read.');
    expect(locked).toBe(1);
    server?.close();
    await answering(401, {}, { 'www-authenticate': 'Basic realm="proxy"' });
    await expect(fetchStatus()).rejects.toThrow(ApiError);
    forget();
    expect(locked).toBe(1);
  });

  it('is shown in a body, never in an address, and given back with the session', async () => {
    const asked = await answering(200, { required: true, open: true, project: 'shop', scopes: ['read'] });
    expect(await openSession('spw_1')).toEqual({ required: true, open: true, project: 'shop', scopes: ['read'] });
    await closeSession();
    expect(asked).toEqual(['POST /prefix/api/v1/session {"key":"spw_1"}', 'DELETE /prefix/api/v1/session']);
  });

  it('that does not send is refused in the words of OTLP', async () => {
    await answering(403, { code: 7, message: 'The key does not allow this: it lacks the scope ingest.' });
    await expect(sendOtlp('traces', {})).rejects.toThrow('it lacks the scope ingest.');
  });
});
