# Easel on a machine of your own: docs/deploying.md.
FROM python:3.11-slim-bookworm
RUN apt-get update && apt-get install --yes --no-install-recommends make && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home easel && mkdir /easel /data && chown easel: /easel /data
USER easel
WORKDIR /easel
COPY --chown=easel . .
RUN make build
ENV PATH=/easel/.venv/bin:$PATH PYTHONPATH=src PYTHONDONTWRITEBYTECODE=1
VOLUME /data
EXPOSE 8787
HEALTHCHECK --start-period=60s CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8787/health')"]
CMD ["python", "-m", "tools.serve", "--host", "0.0.0.0", "--port", "8787", "--data", "/data"]
