# The image of eda-fn: one static binary and the user that it runs as; nothing
# to pull, no shell, no network, no writable file.
#
# `make image` puts what it copies into build/image first, and builds from this
# one file $(REGISTRY)/eda-fn and one tag per function. A function's tag gets
# its CMD appended (CMD takes no build argument), so all share these layers:
# they differ in the argument that names the function. kustomize and kpt run an
# image without arguments; eda-fn without one picks by functionConfig's kind.
#
# A stage that compiles would have to pull a Go image, so there is none.
FROM scratch

# /etc/passwd has nobody: kustomize and kpt run functions with `--user nobody`.
COPY build/image/ /

# nobody by its number, which Kubernetes' runAsNonRoot can check.
USER 65534:65534
ENTRYPOINT ["/eda-fn"]

ARG FUNCTION=eda-fn
ARG VERSION=dev
LABEL org.opencontainers.image.title="${FUNCTION}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.description="KRM functions that render event-driven solutions on OpenShift" \
      org.opencontainers.image.source="https://github.com/eda-gitops/functions" \
      org.opencontainers.image.licenses="Apache-2.0"
