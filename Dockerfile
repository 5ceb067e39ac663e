# The image of api-resize: one program, libvips with its codecs, an unprivileged
# user. Runs with a read-only root; all it writes is below /data and /tmp.

# ---- build -----------------------------------------------------------------
FROM golang:1.26-trixie AS build

RUN apt-get update \
 && apt-get install -y --no-install-recommends libpango1.0-dev libvips-dev pkg-config \
 && rm -rf /var/lib/apt/lists/*

# Where modules come from, for builds behind a proxy; empty is Go's own default.
ARG GOPROXY=
ARG GOSUMDB=
ARG GOFLAGS=

WORKDIR /src
COPY go.mod go.sum ./
# The binding to libvips is most of the compiling. Made before the sources are
# there, it stays in a layer of its own until a module changes. Its flags have
# to be those of the build below.
RUN go mod download \
 && CGO_ENABLED=1 go build -trimpath github.com/davidbyttow/govips/v2/vips

COPY . .
ARG VERSION=unknown
RUN CGO_ENABLED=1 go build -trimpath -ldflags "-s -w -X api-resize/server.version=$VERSION" \
      -o /out/api-resize ./cmd/api-resize

# ---- run -------------------------------------------------------------------
FROM debian:trixie-slim

# libheif writes AVIF by a plugin which is only recommended there; all other
# codecs come with libvips. Its bridges to ImageMagick, Poppler and OpenSlide are
# never used: without them the program starts in half the time, and three large
# decoders are out of reach. Pango, which draws text, comes with libvips; its
# fonts are for Latin, Greek, Cyrillic and more, but not for East Asia: add
# fonts-noto-cjk for that.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates fonts-dejavu-core libheif-plugin-aomenc libvips42t64 \
 && rm /usr/lib/*/vips-modules-*/vips-magick.so \
       /usr/lib/*/vips-modules-*/vips-openslide.so \
       /usr/lib/*/vips-modules-*/vips-poppler.so \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*

# A fixed number, so that a mounted folder can be given to this user from
# outside. A named volume takes over the owner of /data.
RUN groupadd --gid 10001 api-resize \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin api-resize \
 && mkdir --mode 0750 /data \
 && chown 10001:10001 /data

# The program reads the config.yaml beside it: mount another one over it.
WORKDIR /app
COPY config.yaml ./
COPY --from=build /out/api-resize ./
RUN ln -s /app/api-resize /usr/local/bin/api-resize

# glibc's malloc makes up to eight arenas per CPU and keeps what it freed in each
# of them; pictures come and go in megabytes. Two arenas, and thresholds that do
# not grow by themselves, give memory back after a burst at the same speed.
ENV API_RESIZE_DATA_DIR=/data \
    MALLOC_ARENA_MAX=2 \
    MALLOC_MMAP_THRESHOLD_=131072 \
    MALLOC_TRIM_THRESHOLD_=131072 \
    TMPDIR=/tmp

ARG VERSION=unknown
LABEL org.opencontainers.image.title="api-resize" \
      org.opencontainers.image.description="On-the-fly image proxy: GET /resize/300x200/{id}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION"

VOLUME /data
USER 10001:10001
# Pictures and uploads. The operator's listener stays on the container's own
# loopback unless API_RESIZE_OPS_ADDRESS says otherwise.
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s --retries=3 \
  CMD ["/app/api-resize", "healthcheck"]
ENTRYPOINT ["/app/api-resize"]
CMD ["serve"]
