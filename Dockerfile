# 周知依頼トラッカー: one image; compose.yaml says which process it runs.
FROM python:3.12-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/pip install -r requirements.txt

FROM python:3.12-slim
# Not a name, so that Kubernetes and the like can see that it is not root.
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin outreach \
    && install -d -o 10001 -g 10001 /var/lib/outreach /srv/media
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    OUTREACH_VAR=/var/lib/outreach OUTREACH_MEDIA=/srv/media OUTREACH_STATIC=/app/static
WORKDIR /app
COPY --from=build /venv /venv
COPY manage.py ./
COPY outreach ./outreach
COPY followup ./followup
COPY templates ./templates
COPY fixtures ./fixtures
COPY deploy/container/healthcheck.py deploy/container/entrypoint.py ./deploy/container/
# The values only have to be well-formed: nothing of them stays in the image.
RUN SECRET_KEY=build-build-build-build-build-build-build-build-build-0123456789 \
    ALLOWED_HOSTS=localhost BASE_URL=https://localhost DATABASE_URL=postgresql://localhost/none \
    REDIS_URL=redis://localhost:6379/0 EMAIL_URL=submission://localhost:587 \
    python manage.py collectstatic --noinput \
    && rm -rf /var/lib/outreach/*
USER 10001:10001
EXPOSE 8000
ENTRYPOINT ["python", "deploy/container/entrypoint.py"]
CMD ["gunicorn", "outreach.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--threads", "8", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
