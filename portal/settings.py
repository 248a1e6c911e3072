"""Django's settings, all from ``HOMEROOM_*`` variables; the table of them stands in docs/operations.md."""

from datetime import timedelta
from pathlib import Path

from infra.durations import ENDING, LONGEST_RUN
from portal import environment as env
from portal import identity_providers
from registry.telemetry.logs import FORMATS, configuration

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.text("SECRET_KEY")
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS", "localhost,127.0.0.1")
CSRF_TRUSTED_ORIGINS = env.items("CSRF_TRUSTED_ORIGINS")
BEHIND_TLS = env.flag("BEHIND_TLS")
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")

INSTALLED_APPS = [
    "registry.accounts",
    "registry.audit",
    "registry.districts",
    "portal.admin",
    "portal.api",
    "portal.console",
    "provisioning",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.saml",
    "allauth.usersessions",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "registry.request_id.RequestIdMiddleware",
    "registry.telemetry.requests.TracingMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # It adds bytes at random, so that a length tells nothing of what is packed (BREACH).
    "portal.compression.PageCompression",
    "portal.security_headers.SecurityHeadersMiddleware",
    "portal.api.problems.ProblemMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.limits.LimitsMiddleware",
    "registry.accounts.sessions.SessionMiddleware",
    "registry.accounts.asking.AskingMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "portal.sign_in.refusals.RefusalMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.sign_in.factor_door.FactorMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.api.middleware.ApiMiddleware",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # A page's templates lie beside its view.
        "DIRS": [BASE_DIR / "portal" / "console" / "pages"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.console.context.inbox",
            ]
        },
    }
]

DATABASES = {"default": env.database(env.text("DATABASE_URL"), statement_seconds=env.number("STATEMENT_SECONDS", 60))}
# For `manage.py grant_portal` alone, which the owner of the tables calls.
PORTAL_DATABASE_URL = env.text("PORTAL_DATABASE_URL", "")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REAUTHENTICATE_MINUTES = env.number("REAUTHENTICATE_MINUTES", 15)
API_REQUESTS_PER_MINUTE = env.number("API_REQUESTS_PER_MINUTE", 600)
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "portal.sign_in.backends.PasswordBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "registry.accounts.passwords.LengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# What sign-in remembers for minutes, such as a code that was used, holds for all processes: it lies in the database.
CACHES = {
    # It counts tries and knows the codes that were used. Django's bound of 300 would let strangers push these out, who
    # try passkeys from as many networks.
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    "local": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=1).total_seconds())
PASSWORD_HASHERS = ["registry.accounts.hashing.GatedPBKDF2PasswordHasher"]
LOGIN_URL = "console:sign-in"
LOGIN_REDIRECT_URL = "console:fleet"
LOGOUT_REDIRECT_URL = "console:sign-in"

REQUIRE_SECOND_FACTOR = env.flag("REQUIRE_SECOND_FACTOR", default=True)
PROVIDER_HAS_FACTOR = env.flag("PROVIDER_HAS_FACTOR")
GROUP_ROLES = env.pairs("GROUP_ROLES")
OIDC_GROUPS_CLAIM = env.text("OIDC_GROUPS_CLAIM", "groups")
OIDC_ISSUER = env.text("OIDC_ISSUER", "")
SAML_ENTITY_ID = env.text("SAML_ENTITY_ID", "")
SAML_METADATA = env.file("SAML_METADATA")
SAML_OWN_KEY = env.file("SAML_OWN_KEY")
if SAML_METADATA:
    from portal import saml_metadata

    SAML_IDP = saml_metadata.read(SAML_METADATA)
else:
    SAML_IDP = identity_providers.saml_idp(
        entity_id=SAML_ENTITY_ID,
        sso_url=env.beside("SAML_SSO_URL", SAML_ENTITY_ID),
        slo_url=env.text("SAML_SLO_URL", ""),
        certificate=env.file("SAML_CERTIFICATE") if env.beside("SAML_CERTIFICATE", SAML_ENTITY_ID) else "",
    )
SOCIALACCOUNT_PROVIDERS = identity_providers.providers(
    oidc=identity_providers.OpenIdConnect(
        issuer=OIDC_ISSUER,
        name=env.text("OIDC_NAME", "your organization"),
        client_id=env.beside("OIDC_CLIENT_ID", OIDC_ISSUER),
        secret=env.beside("OIDC_CLIENT_SECRET", OIDC_ISSUER),
    ),
    saml=identity_providers.Saml(
        name=env.text("SAML_NAME", "your organization (SAML)"),
        idp=SAML_IDP,
        attributes={
            "uid": env.text("SAML_UID_ATTRIBUTE", ""),
            "username": env.text("SAML_USERNAME_ATTRIBUTE", "username"),
            "email": env.text("SAML_EMAIL_ATTRIBUTE", "email"),
            "groups": env.text("SAML_GROUPS_ATTRIBUTE", "groups"),
        },
        key=SAML_OWN_KEY,
        certificate=env.file("SAML_OWN_CERTIFICATE") if env.beside("SAML_OWN_CERTIFICATE", SAML_OWN_KEY) else "",
    ),
)
SIGN_IN_ORIGINS = identity_providers.origins(OIDC_ISSUER, *identity_providers.addresses(SAML_IDP))
SOCIALACCOUNT_ADAPTER = "portal.sign_in.admission.ProviderAdapter"
SOCIALACCOUNT_AUTO_SIGNUP = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_STORE_TOKENS = False
ACCOUNT_ADAPTER = "portal.sign_in.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = REAUTHENTICATE_MINUTES * 60
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
MFA_ADAPTER = "portal.sign_in.adapters.FactorAdapter"
MFA_FORMS = {
    "activate_totp": "portal.console.pages.sign_in.factor_forms.AddAppForm",
    "authenticate": "portal.console.pages.sign_in.factor_forms.CodeAtSignInForm",
    "add_webauthn": "portal.console.pages.sign_in.factor_forms.AddPasskeyForm",
    "authenticate_webauthn": "portal.console.pages.sign_in.factor_forms.PasskeyAtSignInForm",
    "login_webauthn": "portal.console.pages.sign_in.factor_forms.PasskeySignInForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
# Addresses are nobody's proof of anything here: accounts are made by administrators and by the provider.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Homeroom"
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_PASSKEY_LOGIN_ENABLED = True
# Browsers know passkeys over TLS and on this machine alone; the latter has no TLS.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not BEHIND_TLS
USERSESSIONS_TRACK_ACTIVITY = False

LANGUAGE_CODE = "en-us"
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "portal" / "locale"]
FORMAT_MODULE_PATH = ["portal.formats"]
LANGUAGE_COOKIE_AGE = int(timedelta(days=365).total_seconds())
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = BEHIND_TLS
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("STATIC_DIR", str(VAR_DIR / "static")))
WHITENOISE_USE_FINDERS = True
STORAGES = {"staticfiles": {"BACKEND": "portal.static_files.PackedFilesStorage"}}

# A name that browsers take from this very host over TLS alone: no neighbour in its domain plants a session. Source: RFC
# 6265bis, 4.1.3.2; ASVS 3.4.4.
COOKIE_PREFIX = "__Host-" if BEHIND_TLS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
SESSION_COOKIE_SECURE = BEHIND_TLS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_HOURS = env.number("SESSION_HOURS", 12)
SESSION_IDLE_MINUTES = env.number("SESSION_IDLE_MINUTES", 60)
SESSION_COOKIE_AGE = int(timedelta(hours=SESSION_HOURS).total_seconds())
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if BEHIND_TLS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
# In the session, so that there is no cookie of theirs.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
X_FRAME_OPTIONS = "DENY"

LEASE_SECONDS = env.number("LEASE_SECONDS", 45)
REAP_SECONDS = env.number("REAP_SECONDS", 10)
ORPHAN_SECONDS = env.number("ORPHAN_SECONDS", 600)
CANCEL_GRACE_SECONDS = env.number("CANCEL_GRACE_SECONDS", 300)
AWS_PATIENCE_SECONDS = env.number("AWS_PATIENCE_SECONDS", 60)
PREFLIGHT = env.flag("PREFLIGHT", default=True)
PLAN_EXPIRES_HOURS = env.number("PLAN_EXPIRES_HOURS", 24)
RUNS_AT_ONCE = env.number("RUNS_AT_ONCE", 20)
RUNS_PER_ACCOUNT = env.number("RUNS_PER_ACCOUNT", 5)
RUNS_PER_REGION = env.number("RUNS_PER_REGION", 10)
DRIFT_HOURS = env.number("DRIFT_HOURS", 24)
DRIFT_CONCURRENCY = env.number("DRIFT_CONCURRENCY", 3)
REMOVAL_SETTLE_SECONDS = env.number("REMOVAL_SETTLE_SECONDS", 60)
REMOVAL_QUIET_SECONDS = env.number("REMOVAL_QUIET_SECONDS", 900)
EVENTS_DAYS = env.number("EVENTS_DAYS", 90)
EVIDENCE_URL = env.webhook("EVIDENCE_URL")
EVIDENCE_TOKEN = env.beside("EVIDENCE_TOKEN", EVIDENCE_URL)
EVIDENCE_BUCKET = env.text("EVIDENCE_BUCKET", "")
EVIDENCE_DAYS = env.number("EVIDENCE_DAYS", 2555)
DRAFT_DAYS = env.number("DRAFT_DAYS", 30)
READ_COSTS = env.flag("READ_COSTS", default=True)
METRICS_TOKEN = env.text("METRICS_TOKEN", "")
SIGNING_KEY = Path(env.text("SIGNING_KEY", str(VAR_DIR / "signing-key.pem")))
SNAPSHOT_KEY = env.text("SNAPSHOT_KEY", "alias/aws/rds")

PUBLIC_URL = env.text("PUBLIC_URL", "")
RUNBOOKS_URL = env.text("RUNBOOKS_URL", "").rstrip("/#")
NOTIFY_WEBHOOK_URL = env.webhook("NOTIFY_WEBHOOK_URL")
NOTIFY_WEBHOOK_SECRET = env.beside("NOTIFY_WEBHOOK_SECRET", NOTIFY_WEBHOOK_URL)
NOTIFY_EMAILS = env.items("NOTIFY_EMAILS")
EMAIL_FROM = env.beside("EMAIL_FROM", NOTIFY_EMAILS or env.text("EMAIL_URL", ""))
OUTBOUND_NETWORKS = env.networks("OUTBOUND_NETWORKS")
if EMAIL_FROM:
    globals().update(env.mail("EMAIL_URL"))

CELERY_BROKER_URL = env.text("BROKER_URL")
BROKER_PASSWORD = env.password_in(CELERY_BROKER_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A task that outlives the visibility timeout is delivered a second time (Celery, "Using Redis": visibility timeout).
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": int((LONGEST_RUN + 3 * ENDING).total_seconds()),
    "socket_connect_timeout": 3,
    "socket_timeout": 10,
    # One list for each of a run's priorities (`states.runs.Priority`): workers empty the first before the next.
    "priority_steps": [0, 1, 2],
}
RUNS_QUEUE = "runs"
# What keeps runs alive has a queue and a worker of its own: it reads the database alone, and waits neither for a run
# nor for a chore that waits for AWS.
UPKEEP_QUEUE = "upkeep"
CHORES_QUEUE = "chores"
# What may wait for AWS for most of an hour, so that notices, drift checks and the audit record never wait behind it.
LONG_CHORES_QUEUE = "long-chores"
CELERY_TASK_DEFAULT_QUEUE = CHORES_QUEUE
CELERY_TASK_ROUTES = (
    {
        "provisioning.execute_run": {"queue": RUNS_QUEUE},
        "provisioning.reap_runs": {"queue": UPKEEP_QUEUE},
    },
    "provisioning.periodic.routing.route",
)
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
# The run ends itself first, then Celery asks, then it kills.
CELERY_TASK_SOFT_TIME_LIMIT = int((LONGEST_RUN + ENDING).total_seconds())
CELERY_TASK_TIME_LIMIT = int((LONGEST_RUN + 2 * ENDING).total_seconds())
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULER = "provisioning.periodic.steady_beat.SteadyScheduler"
# A turn that nobody took before the next one was sent is not taken at all, so that turns do not pile up. Beat's host
# dates it and the worker's looks at it: within a minute nothing is thrown away because their clocks differ, and turns
# of what is due more often may come late, since each asks the database what there is to do.
LEAST_EXPIRY_SECONDS = 60.0
CELERY_BEAT_SCHEDULE = {
    name: {
        "task": task,
        "schedule": float(seconds),
        "options": {"expires": max(float(seconds), LEAST_EXPIRY_SECONDS)},
    }
    for name, task, seconds in (
        ("reap-runs", "provisioning.reap_runs", REAP_SECONDS),
        ("send-notices", "provisioning.send_notices", 15),
        ("push-audit", "provisioning.push_audit", 5),
        ("anchor-audit", "provisioning.anchor_audit", 3600),
        ("sweep-drift", "provisioning.sweep_drift", 60),
        ("measure-pipelines", "provisioning.measure_pipelines", 60),
        ("fold-measurements", "provisioning.fold_measurements", 60),
        ("forget-plans", "provisioning.forget_plans", 60),
        ("forget-states", "provisioning.forget_states", 60),
        ("archive-events", "provisioning.archive_events", 600),
        ("read-quotas", "provisioning.read_quotas", 3600),
        ("check-access", "provisioning.check_access", 3600),
        ("read-costs", "provisioning.read_costs", 3600),
        ("expire-drafts", "provisioning.expire_drafts", 3600),
        ("mind-ends", "provisioning.mind_ends", 3600),
        ("keep-figures", "provisioning.keep_figures", 600),
        ("trim-events", "provisioning.trim_events", 3600),
        ("verify-audit", "audit.verify_chain", 86_400),
    )
}

AWS_ENDPOINT_URL = env.text("AWS_ENDPOINT_URL", "") or None
STATE_BUCKET = env.text("STATE_BUCKET", "homeroom-terraform-state")
STATE_REGION = env.text("STATE_REGION", "us-east-1")
WORK_DIR = Path(env.text("WORK_DIR", str(VAR_DIR / "work")))
LEAST_FREE_MIB = env.number("LEAST_FREE_MIB", 300)
STACK_MODULE = env.text("STACK_MODULE", "infra")
TERRAFORM = env.text("TERRAFORM", "") or None
TF_CLI_CONFIG = env.text("TF_CLI_CONFIG", "") or None
NODE = env.text("NODE", "") or None

LOG_FORMAT = env.choice("LOG_FORMAT", "json", FORMATS)
LOGGING = configuration(LOG_FORMAT)
