"""Settings, read from the environment by typed readers that refuse wrong values.

Without any environment the project serves nobody: DEBUG is off and SECRET_KEY is missing. With
DEBUG=1 everything runs on embedded defaults under var/ (SQLite, a queue of files, mail as files).
"""

import logging
from datetime import date
from ipaddress import ip_network
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import Env

from outreach.rules import task_table

env = Env()

BASE_DIR = Path(__file__).resolve().parent.parent
DEBUG = env.bool("DEBUG", False)
VAR_DIR = Path(env.str("OUTREACH_VAR", str(BASE_DIR / "var")))
for folder in ("queue/messages", "queue/control", "cache", "mail", "media", "static"):
    (VAR_DIR / folder).mkdir(parents=True, exist_ok=True)


def required(name: str, embedded: str) -> str:
    """Return a variable, or the embedded default, which only DEBUG may use."""
    value = env.str(name, "")
    if value or DEBUG:
        return value or embedded
    raise ImproperlyConfigured(f"環境変数 {name} を設定してください（開発時は DEBUG=1 で起動します）。")


# The site
SECRET_KEY = required("SECRET_KEY", "development-only-key-never-used-outside-debug-mode-0123456789")
ALLOWED_HOSTS = required("ALLOWED_HOSTS", "localhost,127.0.0.1,testserver").split(",")
BASE_URL = required("BASE_URL", "http://localhost:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = [BASE_URL]
ROOT_URLCONF = "outreach.urls"
WSGI_APPLICATION = "outreach.wsgi.application"
LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", "日本語")]
LOCALE_PATHS = [BASE_DIR / "outreach" / "locale"]
TIME_ZONE = "Asia/Tokyo"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The clock: a rehearsal day is refused in production unless rehearsal is asked for by name.
OUTREACH_REHEARSAL = env.bool("OUTREACH_REHEARSAL", False)
OUTREACH_TODAY: date | None = env.date("OUTREACH_TODAY", None)
if OUTREACH_TODAY and not (DEBUG or OUTREACH_REHEARSAL):
    raise ImproperlyConfigured(
        "OUTREACH_TODAY は本番では使えません。リハーサルの場合は OUTREACH_REHEARSAL=1 も設定してください。"
    )

INSTALLED_APPS = [
    "followup",
    "outreach",
    "followup.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "import_export",
    "simple_history",
]

MIDDLEWARE = [
    # Headers first: what a later one refuses carries them too.
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "outreach.middleware.RequestLogMiddleware",
    "outreach.middleware.NoStoreMiddleware",
    "outreach.middleware.ApiErrorMiddleware",
    "outreach.middleware.PlainNotFoundMiddleware",
    "outreach.middleware.RequestShapeMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "outreach.middleware.SessionLifetimeMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "outreach.middleware.LoginMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "outreach.middleware.TenantScopeMiddleware",
    "outreach.middleware.AudienceMiddleware",
    "outreach.middleware.SecondFactorMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "outreach.context_processors.rehearsal",
            ],
        },
    },
]

# Database: transactions begin IMMEDIATE on SQLite, so that two writers wait instead of failing.
DATABASES = {
    "default": env.dj_db_url("DATABASE_URL", required("DATABASE_URL", f"sqlite:///{VAR_DIR}/db.sqlite3"))
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
        "min_size": 1,
        "max_size": env.int("DATABASE_POOL", 8),
        "timeout": 10,
    }

# Queue and cache: Redis where there is one, else files under var/. The broker is never the truth. The
# cache may drop what is old, the queue may not: two servers are better than one (CACHE_URL).
REDIS_URL = env.str("REDIS_URL", "")
CACHE_URL = env.str("CACHE_URL", REDIS_URL)
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = str(task_table.Queue.PLANNING)
CELERY_TASK_QUEUES = {str(queue): {"exchange": str(queue)} for queue in task_table.Queue}
CELERY_TASK_ROUTES = task_table.routes()
CELERY_TASK_ANNOTATIONS = task_table.time_limits()
# Acknowledged when done: a task finds its rows, so that a second run of it finds nothing.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# For the same reason what runs while the broker goes away may go on: to end a worker in the middle
# of sending would leave mails of which nobody knows whether they left.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
TASK_MEMORY_MB = env.int("TASK_MEMORY_MB", 2048)
CELERY_WORKER_MAX_MEMORY_PER_CHILD = TASK_MEMORY_MB * 1024 // 4  # in KB: grown so far, it is replaced
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 2, "interval_start": 0, "interval_step": 0.2}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = task_table.beat_schedule(is_rehearsal=OUTREACH_TODAY is not None)
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
        "visibility_timeout": 4 * int(task_table.LONGEST.total_seconds()),
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_timeout": 10,
        "socket_connect_timeout": 3,
    }
    CACHES: dict[str, dict[str, object]] = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": CACHE_URL,
            "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 1},
        }
    }
elif DEBUG:
    CELERY_BROKER_URL = "filesystem://"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(VAR_DIR / "queue" / "messages"),
        "data_folder_out": str(VAR_DIR / "queue" / "messages"),
        "control_folder": str(VAR_DIR / "queue" / "control"),
        "polling_interval": 0.2,
    }
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": VAR_DIR / "cache",
        }
    }
else:
    required("REDIS_URL", "")

# Mail
if env.str("EMAIL_URL", "") or not DEBUG:
    mail = env.dj_email_url("EMAIL_URL", required("EMAIL_URL", ""))
    if "EMAIL_BACKEND" not in mail:
        raise ImproperlyConfigured(
            "EMAIL_URL は submission://利用者:パスワード@ホスト:587（STARTTLS）の形で設定してください。"
        )
    EMAIL_BACKEND = mail["EMAIL_BACKEND"]
    EMAIL_HOST = mail["EMAIL_HOST"]
    EMAIL_PORT = mail["EMAIL_PORT"]
    EMAIL_HOST_USER = mail["EMAIL_HOST_USER"]
    EMAIL_HOST_PASSWORD = mail["EMAIL_HOST_PASSWORD"]
    EMAIL_USE_TLS = mail["EMAIL_USE_TLS"]
    EMAIL_USE_SSL = mail["EMAIL_USE_SSL"]
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", 20)
MAIL_LEASE_SECONDS = env.int("MAIL_LEASE_SECONDS", 360)
if not 0 < EMAIL_TIMEOUT <= MAIL_LEASE_SECONDS / 2:
    # A worker gives a mail's text within the first half of its lease; the answer must fit into the rest.
    raise ImproperlyConfigured("MAIL_LEASE_SECONDS は EMAIL_TIMEOUT の2倍以上にしてください。")
MAIL_RELAY_LOG = env.str("MAIL_RELAY_LOG", "")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "周知依頼トラッカー <no-reply@outreach.example>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Files
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("OUTREACH_STATIC", str(VAR_DIR / "static")))
MEDIA_ROOT = Path(
    env.str("OUTREACH_MEDIA", str(VAR_DIR / "media"))
)  # never served by URL: views hand files out after asking visible_to
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG  # a file is looked for when it is asked for
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
FORM_RENDERER = "outreach.form_renderer.FormRenderer"

# Accounts
AUTH_USER_MODEL = "outreach.User"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "outreach.rules.passwords.ContextWordsValidator"},
]
STAFF_MFA_REQUIRED = env.bool("STAFF_MFA_REQUIRED", not DEBUG)
DEMO_PASSWORD = env.str("DEMO_PASSWORD", "")  # read by load_demo only, which DEBUG must allow
INVITATION_HOURS = 72
PASSWORD_RESET_TIMEOUT = 3 * 60 * 60
ACCOUNT_ADAPTER = "outreach.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "【周知依頼トラッカー】"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/login/"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False  # no "stay logged in": it would outlive the idle limit
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_RATE_LIMITS = {"login_failed": "10/15m/key,100/15m/ip"}  # key: account and address
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0)
MFA_ADAPTER = "outreach.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # the invitation has proved the address
MFA_TOTP_ISSUER = "周知依頼トラッカー"
USERSESSIONS_TRACK_ACTIVITY = False

# Sessions: 30 minutes idle, 12 hours at most
SESSION_COOKIE_AGE = 30 * 60
SESSION_SAVE_EVERY_REQUEST = True
SESSION_ABSOLUTE_HOURS = 12
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "outreach.views.errors.csrf_failure"
if not DEBUG:
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ALLAUTH_TRUSTED_PROXY_COUNT else None
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz)$"]

# Headers
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("camera", "geolocation", "microphone", "payment", "usb")
}

# Monitoring: closed unless a token or a network is named.
MONITOR_TOKEN = env.str("MONITOR_TOKEN", "")
if 0 < len(MONITOR_TOKEN) < 32:  # noqa: PLR2004
    raise ImproperlyConfigured("MONITOR_TOKEN は32文字以上にしてください（例：openssl rand -hex 32）。")
try:
    MONITOR_NETWORKS = [ip_network(network) for network in env.list("MONITOR_NETWORKS", [], subcast=str)]
except ValueError as error:
    raise ImproperlyConfigured(
        "MONITOR_NETWORKS は 10.0.0.0/24 のような形で、コンマで区切って設定してください。"
    ) from error

# Spreadsheets of the staff
IMPORT_EXPORT_USE_TRANSACTIONS = True
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "change"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "view"

# Logs: lines to read in development, JSON without anything personal in production.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "private": {"()": "outreach.logs.PrivateJsonFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line" if DEBUG else "private"}},
    "root": {"handlers": ["console"], "level": env.log_level("LOG_LEVEL", logging.INFO)},
    "loggers": {
        "django": {"handlers": []},  # no mail to administrators: it would carry what the request did
        "gunicorn.error": {"handlers": ["console"], "propagate": False},
        "celery": {"level": "WARNING"},  # each run has its row (TaskRun)
        "outreach.access": {"level": "WARNING" if DEBUG else "INFO"},
    },
}
