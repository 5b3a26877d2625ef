# Countersign: `serve` and the one-shot `migrate`, with PostgreSQL outside the container.
# The base is pinned to a release line; pin it to a digest with
# --build-arg NODE_IMAGE=docker.io/library/node:24-bookworm-slim@sha256:…
ARG NODE_IMAGE=docker.io/library/node:24-bookworm-slim

# Every dependency, optional ones too: the TypeScript compiler is a platform package.
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
# A private registry comes in as the build secrets `npmrc` and `ca`; a secret mount leaves no layer.
RUN --mount=type=secret,id=npmrc,target=/run/secrets/npmrc \
    --mount=type=secret,id=ca,target=/run/secrets/ca.pem \
    --mount=type=cache,target=/var/cache/npm,sharing=locked \
    npm ci --ignore-scripts --no-audit --no-fund \
      --userconfig /run/secrets/npmrc --cache /var/cache/npm
COPY tsconfig.json tsconfig.build.json vite.config.ts ./
COPY src ./src
RUN npm run build

# What runs, and nothing else. The embedded database is an optional dependency: it stays out.
FROM ${NODE_IMAGE} AS assembly
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=secret,id=npmrc,target=/run/secrets/npmrc \
    --mount=type=secret,id=ca,target=/run/secrets/ca.pem \
    --mount=type=cache,target=/var/cache/npm,sharing=locked \
    npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund \
      --userconfig /run/secrets/npmrc --cache /var/cache/npm
COPY LICENSE ./
COPY migrations ./migrations
COPY --from=build /app/dist ./dist
# Modes must not depend on the umask of whoever checked the sources out.
RUN chmod -R u=rwX,go=rX /app \
 && printf '%s\n' '#!/bin/sh' 'exec node /app/dist/cli/main.js "$@"' > /countersign \
 && chmod 0755 /countersign

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="Countersign" \
      org.opencontainers.image.description="Credential broker for AI agents" \
      org.opencontainers.image.licenses="Apache-2.0"
# A broker installs nothing at run time: package managers are only something to attack.
RUN rm -rf /usr/local/lib/node_modules /opt/yarn-* \
      /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
      /usr/local/bin/yarn /usr/local/bin/yarnpkg \
 && mkdir -p /etc/countersign/policies /var/lib/countersign \
 && chown 1000:1000 /var/lib/countersign \
 && chmod 0700 /var/lib/countersign
COPY --from=assembly /app /app
COPY --from=assembly /countersign /usr/local/bin/countersign
WORKDIR /app
ENV NODE_ENV=production \
    MALLOC_ARENA_MAX=1 \
    COUNTERSIGN_HOST=0.0.0.0 \
    COUNTERSIGN_PORT=7300 \
    COUNTERSIGN_DATA_DIR=/var/lib/countersign \
    COUNTERSIGN_POLICIES=/etc/countersign/policies
# `node` of the base image, by number: an orchestrator can then check that it isn't root.
USER 1000:1000
VOLUME ["/var/lib/countersign"]
EXPOSE 7300
STOPSIGNAL SIGTERM
# Alive, not ready: a store that is away for a minute must not get the broker killed.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.COUNTERSIGN_PORT + '/healthz', { signal: AbortSignal.timeout(2500) }).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=8", "--heap-growing-percent=30", "--single-threaded-gc", "/app/dist/cli/main.js"]
CMD ["serve"]
