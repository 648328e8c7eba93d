# The collector (the default), and with `--target shop` the services of examples/shop.
ARG NODE_IMAGE=docker.io/library/node:22-bookworm-slim
ARG PYTHON_IMAGE=docker.io/library/python:3.13-slim-bookworm

FROM ${NODE_IMAGE} AS web
WORKDIR /src/ui
COPY ui/package.json ui/package-lock.json ./
# As in requirements/setup.sh: `npm ci` refuses a lock file that lacks other platforms' binaries.
RUN npm install --no-save --no-audit --no-fund
COPY ui ./
RUN npm run build

FROM ${PYTHON_IMAGE} AS wheels
ENV PATH=/opt/build/bin:$PATH
WORKDIR /src
RUN python3 -m venv /opt/build
COPY requirements/dev.txt requirements/
# The build backend alone, with its hashes, out of the lock file.
RUN awk '/^uv-build==/ {found = 1} found {print} found && !/\\$/ {exit}' requirements/dev.txt > build.txt \
    && pip install --no-cache-dir --require-hashes -r build.txt
COPY tracer tracer
COPY collector collector
COPY --from=web /src/collector/spanwise_collector/static collector/spanwise_collector/static
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels ./tracer ./collector

FROM ${PYTHON_IMAGE} AS base
ENV PATH=/opt/spanwise/bin:$PATH PYTHONUNBUFFERED=1
RUN python3 -m venv /opt/spanwise \
    && useradd --system --uid 10001 --home-dir /data --create-home spanwise

FROM base AS shop
COPY examples/shop/requirements.txt /tmp/requirements.txt
RUN pip install --no-cache-dir --require-hashes -r /tmp/requirements.txt
COPY --from=wheels /wheels/spanwise-0*.whl /tmp/
RUN pip install --no-cache-dir --no-deps --no-index /tmp/spanwise-0*.whl
COPY examples /app/examples
WORKDIR /app
USER spanwise
VOLUME /data
ENTRYPOINT ["python", "-m", "examples.shop"]

FROM base AS collector
COPY requirements/collector.txt /tmp/requirements.txt
RUN pip install --no-cache-dir --require-hashes -r /tmp/requirements.txt
COPY --from=wheels /wheels /tmp/wheels
RUN pip install --no-cache-dir --no-deps --no-index /tmp/wheels/*.whl
# Inside a container it must listen on all addresses, so it wants a key: `docker run --rm -v spanwise:/data spanwise keys create --scope admin`.
ENV SPANWISE_DATA=/data SPANWISE_HTTP=0.0.0.0:4318 SPANWISE_GRPC=0.0.0.0:4317
WORKDIR /data
USER spanwise
VOLUME /data
EXPOSE 4317 4318
# Asks where it listens, also where SPANWISE_HTTP names another port.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['SPANWISE_HTTP'].rpartition(':')[2] + '/readyz', timeout=4)"]
ENTRYPOINT ["spanwise"]
CMD ["up"]
