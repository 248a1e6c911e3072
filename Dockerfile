# The portal's web server, worker and beat: one image, three commands.
# By its digest, which `docker buildx imagetools inspect` tells of a newer tag; the tag is for people.
FROM python:3.12.12-slim-bookworm@sha256:593bd06efe90efa80dc4eee3948be7c0fde4134606dd40d8dd8dbcade98e669c

ARG TERRAFORM_VERSION=1.13.5
ARG TARGETARCH=amd64
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1

# Terraform by the checksums that HashiCorp signed, and by nothing else.
COPY devtools/toolchain/hashicorp.asc /tmp/hashicorp.asc
RUN set -eu; apt-get update; apt-get install --yes --no-install-recommends curl gnupg unzip; cd /tmp; \
    base="https://releases.hashicorp.com/terraform/${TERRAFORM_VERSION}"; \
    archive="terraform_${TERRAFORM_VERSION}_linux_${TARGETARCH}.zip"; \
    sums="terraform_${TERRAFORM_VERSION}_SHA256SUMS"; \
    for file in "${archive}" "${sums}" "${sums}.sig"; do \
      curl --fail --silent --show-error --location --remote-name "${base}/${file}"; done; \
    gpg --dearmor --output hashicorp.gpg hashicorp.asc; \
    gpgv --keyring /tmp/hashicorp.gpg "${sums}.sig" "${sums}"; \
    grep " ${archive}\$" "${sums}" | sha256sum --check --strict -; \
    unzip -q "${archive}" terraform -d /usr/local/bin; rm -rf "${archive}" "${sums}" "${sums}.sig" hashicorp.* ~/.gnupg; \
    apt-get purge --yes --auto-remove curl gnupg unzip; rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY requirements/base.txt requirements/base.txt
RUN pip install --no-cache-dir --require-hashes --requirement requirements/base.txt
COPY manage.py ./
COPY portal portal
COPY registry registry
COPY engine engine
COPY provisioning provisioning
COPY messages messages
COPY infra infra
COPY processor processor

RUN useradd --system --uid 10001 --home-dir /var/lib/homeroom --create-home homeroom \
    && pybabel compile --directory portal/locale --domain django \
    && HOMEROOM_SECRET_KEY=build HOMEROOM_DATABASE_URL=postgresql://localhost/build \
       HOMEROOM_BROKER_URL=memory:// HOMEROOM_STATIC_DIR=/app/static \
       python manage.py collectstatic --no-input --verbosity 0
# Beside the code, where no volume hides them.
ENV HOMEROOM_STATIC_DIR=/app/static HOMEROOM_VAR_DIR=/var/lib/homeroom
USER homeroom
EXPOSE 8000
# Of the web server, which the image runs by itself; docker-compose.yml gives worker and beat their own.
HEALTHCHECK --interval=10s --timeout=5s --retries=6 CMD ["python", "-m", "portal.healthcheck"]
CMD ["gunicorn", "portal.wsgi", "--config", "python:portal.web_server", "--bind", "0.0.0.0:8000"]
