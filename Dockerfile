# entente in a container: docker build -t entente . && docker run -p 127.0.0.1:8080:8080 -v entente:/data entente
# The first token: docker exec CONTAINER entente token create --role admin --name "me"

FROM debian:trixie-slim AS build
WORKDIR /src
COPY . .
# `make` installs missing libraries, as on any Debian machine.
RUN apt-get update && apt-get install --yes --no-install-recommends make \
 && make OPTIMIZE=-O2 install PREFIX=/usr DESTDIR=/image

FROM debian:trixie-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libmicrohttpd12t64 libgnutls30t64 libsqlite3-0 libjansson4 libyaml-0-2 libsodium23 \
      libutf8proc3 zlib1g libtalloc2 libcurl4t64 libical3t64 libsystemd0 tzdata ca-certificates \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/apt /var/log/dpkg.log \
 && groupadd --system --gid 10001 entente \
 && useradd --system --no-create-home --home-dir /data --shell /usr/sbin/nologin --uid 10001 --gid 10001 entente \
 && install --directory --owner=10001 --group=10001 --mode=0700 /data
COPY --from=build /image/usr/bin/entente /usr/bin/entente
USER 10001:10001
WORKDIR /data
VOLUME /data
ENV ENTENTE_DB=/data/entente.db ENTENTE_LISTEN=0.0.0.0:8080
EXPOSE 8080
# Asks the program itself, not only whether its port is open. (0.0.0.0 reaches it from inside the container.)
HEALTHCHECK --interval=30s --timeout=6s --start-period=10s CMD ["entente", "healthcheck"]
ENTRYPOINT ["entente"]
CMD ["serve"]
