# syntax=docker/dockerfile:1
# nginx in front of the services, with the page at /. Its configuration is made from the same routes as the Fastify gateway:
#   docker build -t authdb/gateway-nginx -f gateway/nginx.Dockerfile --build-arg AUTH_UPSTREAMS=http://… --build-arg TASK_UPSTREAMS=http://…,… .

FROM node:24-bookworm-slim AS page
WORKDIR /checkout
COPY web/package.json web/package-lock.json web/
RUN --mount=type=cache,target=/root/.npm cd web && npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY web/build.ts web/recorded-run.ts web/
COPY web/src web/src
COPY e2e/results/scale-20261124-1709.json e2e/results/
RUN node web/build.ts

FROM node:24-bookworm-slim AS configuration
ARG AUTH_UPSTREAMS TASK_UPSTREAMS CORS_ORIGINS=""
COPY gateway /gateway
# Only root's configuration names a user.
USER node
RUN HOST=0.0.0.0 PORT=8080 PAGE_DIRECTORY=/page node /gateway/src/commands/nginx.ts > /tmp/nginx.conf

FROM nginx:1.29-alpine
COPY --from=configuration /tmp/nginx.conf /etc/nginx/nginx.conf
COPY --from=page /checkout/web/dist /page
USER nginx
CMD ["nginx"]
