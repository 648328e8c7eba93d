/** How to send the first trace, with this collector's address filled in. */

export interface Snippet {
  readonly id: string;
  readonly name: string;
  readonly file: string;
  readonly install: string;
  readonly code: string;
  readonly run: string;
}

export function snippets(endpoint: string): readonly Snippet[] {
  const elsewhere = endpoint === 'http://127.0.0.1:4318' ? '' : `, endpoint="${endpoint}"`;
  const variable = elsewhere === '' ? '' : `SPANWISE_ENDPOINT=${endpoint} `;
  const init = `spanwise.init("api"${elsewhere})`;
  return [
    {
      id: 'run',
      name: 'Any Python service',
      file: 'shell',
      install: 'pip install spanwise',
      code: `${variable}SPANWISE_SERVICE=api \\\n  spanwise run uvicorn main:app`,
      run: 'Nothing in the code changes. Then call the service once.',
    },
    {
      id: 'fastapi',
      name: 'FastAPI',
      file: 'main.py',
      install: 'pip install spanwise',
      code: `import spanwise\nfrom fastapi import FastAPI\n\n${init}\n\napp = FastAPI()\napp.add_middleware(spanwise.ASGIMiddleware)`,
      run: 'uvicorn main:app, then open one of its pages.',
    },
    {
      id: 'flask',
      name: 'Flask',
      file: 'app.py',
      install: 'pip install spanwise',
      code: `import spanwise\nfrom flask import Flask\n\n${init}\n\napp = Flask(__name__)\napp.wsgi_app = spanwise.WSGIMiddleware(app.wsgi_app)`,
      run: 'flask run, then open one of its pages.',
    },
    {
      id: 'django',
      name: 'Django',
      file: 'wsgi.py',
      install: 'pip install spanwise',
      code: `import spanwise\nfrom django.core.wsgi import get_wsgi_application\n\n${init}\n\napplication = spanwise.WSGIMiddleware(get_wsgi_application())`,
      run: 'Start it with your WSGI server, then open one of its pages.',
    },
    {
      id: 'script',
      name: 'Script or worker',
      file: 'job.py',
      install: 'pip install spanwise',
      code: `import spanwise\n\n${init}\n\n@spanwise.trace\ndef price(cart):\n    with spanwise.span("discount", items=len(cart)) as span:\n        span.set(total=sum(cart))\n    return sum(cart)\n\nprice([3, 4, 5])`,
      run: 'python job.py',
    },
    {
      id: 'otel',
      name: 'OpenTelemetry, any language',
      file: 'shell',
      install: 'The SDK of your language; it needs no plug-in.',
      code: `export OTEL_SERVICE_NAME=api\nexport OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`,
      run: 'Start the service. For gRPC, give the gRPC address below instead.',
    },
    {
      id: 'curl',
      name: 'curl',
      file: 'shell',
      install: 'Nothing',
      code: curl(endpoint),
      run: 'Sends one span with today’s time.',
    },
  ];
}

function curl(endpoint: string): string {
  const span =
    '{"traceId":"\'$(openssl rand -hex 16)\'","spanId":"\'$(openssl rand -hex 8)\'","name":"hello","kind":2,' +
    '"startTimeUnixNano":"\'$(date +%s)000000000\'","endTimeUnixNano":"\'$(date +%s)250000000\'"}';
  const resource = '{"attributes":[{"key":"service.name","value":{"stringValue":"curl"}}]}';
  return `curl ${endpoint}/v1/traces -H 'content-type: application/json' -d '
{"resourceSpans":[{"resource":${resource},
  "scopeSpans":[{"spans":[${span}]}]}]}'`;
}
