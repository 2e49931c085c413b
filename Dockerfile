# Zhiwen in a container: built with a compiler, run without one, as a user without rights.
#
# The `gpu` profile of docker-compose.yml names CUDA images and CMAKE_ARGS; the defaults are for a CPU.
# llama.cpp is built for the processor that builds the image: build it where it runs.
ARG BUILD_BASE=python:3.11-slim
ARG RUN_BASE=python:3.11-slim

FROM ${BUILD_BASE} AS build
ARG CMAKE_ARGS=""
ARG TORCH_INDEX=""
ARG PIP_INDEX_URL
RUN apt-get update \
    && apt-get install -y --no-install-recommends build-essential \
    && { command -v python3 >/dev/null || apt-get install -y --no-install-recommends python3 python3-venv; } \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY requirements.txt requirements-cuda.txt requirements-build.txt requirements-test.txt pyproject.toml ./
COPY README.md LICENSE ./
COPY tools tools
COPY app app
COPY ingest ingest
COPY models models
RUN --mount=type=cache,target=/root/.cache/pip --mount=type=cache,target=/app/.make \
    GPU=off python3 -m tools.install

FROM ${RUN_BASE}
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 \
    && { command -v python3 >/dev/null || apt-get install -y --no-install-recommends python3; } \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home zhiwen \
    && mkdir -p /app/data /app/models/weights \
    && chown -R zhiwen /app/data /app/models/weights
WORKDIR /app
# All of the source: the AGPL gives everyone who uses this server a right to it.
COPY . .
COPY --from=build /app/.venv .venv
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ZHIWEN_HOST=0.0.0.0 \
    ZHIWEN_PORT=8000
USER zhiwen
VOLUME ["/app/data", "/app/models/weights"]
EXPOSE 8000
# The first start fetches 1.2 GB of weights before it answers.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60m --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["sh", "-c", "zhiwen models pull --defaults && exec zhiwen serve"]
