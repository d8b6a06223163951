# One image for every process of the fleet: `docker run … node workers/sending.ts` runs one of them,
# the default command all of them under the supervisor. No init is needed: signals are handled by the process itself.
FROM node:24-slim

ENV NODE_ENV=production
WORKDIR /app

# The optional packages are Node itself and the embedded PostgreSQL: the image has the one and needs DATABASE_URL for the other.
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional && npm cache clean --force

COPY . .
RUN install --directory --owner=node --group=node .rookery
USER node

# A fixed port, so that the health check and Prometheus find it. Under the supervisor it is the first process's;
# the others take the ports after it.
ENV ROOKERY_METRICS_HOST=0.0.0.0 ROOKERY_METRICS_PORT=9464
EXPOSE 9464

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.ROOKERY_METRICS_PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

CMD ["node", "src/cli/main.ts", "start"]
