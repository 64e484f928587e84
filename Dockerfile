# One image for the API, the worker and the commands: `docker run opendoors api`, `... worker`, `... migrate`.
FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /source
RUN python -m venv /opt/opendoors
ENV PATH="/opt/opendoors/bin:$PATH"
# The libraries are a layer of their own, which a change to the code leaves as it is.
COPY requirements-runtime.lock .
RUN pip install --require-hashes -r requirements-runtime.lock
COPY . .
RUN pip install --no-deps --no-build-isolation .

FROM python:3.13-slim
# Zones come from the pinned tzdata, never from the image's files.
ENV PATH="/opt/opendoors/bin:$PATH" PYTHONTZPATH="" PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin opendoors
COPY --from=build /opt/opendoors /opt/opendoors
# The empty folder where `.env` would be looked for.
WORKDIR /home/opendoors
USER 10001
EXPOSE 8000
ENTRYPOINT ["opendoors"]
CMD ["--help"]
