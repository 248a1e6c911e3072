"""Which worker holds a run, until when, and the process that it started."""

from __future__ import annotations

from django.db import models

from registry.messages.fields import PackedField


class RunClaim(models.Model):
    """Written by the worker whose claim is in force, by the dispatcher, and by recovery after a loss."""

    claim_token = models.UUIDField(null=True, blank=True, editable=False)
    worker_name = models.CharField(max_length=255, blank=True)
    worker_host = models.CharField(max_length=255, blank=True)
    """Where the run's child processes are: `engine.processes.host` says what tells two hosts apart."""
    attempt = models.PositiveSmallIntegerField(default=0)
    """How often a worker has taken the run; more than once after a loss."""
    claimed_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    """When the workers were told of the run as it is queued now; a queued run without it waits for its turn."""
    sent_for_wait = models.BooleanField(default=False)
    """It got one of the places that are set apart for runs that have waited long."""
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    force_stop_requested_at = models.DateTimeField(null=True, blank=True)

    process = models.JSONField(default=dict, blank=True)
    """The supervised Terraform at work, or the last one: host, process ids with start times, command, lock id."""
    event_offset = models.PositiveBigIntegerField(default=0)
    """How many bytes of its event file have become events here."""
    apply_begun_at = models.DateTimeField(null=True, blank=True)
    """When the run began to change what is in AWS, contents of buckets included; empty while it has changed nothing."""
    apply_open = models.BooleanField(default=False)
    """An apply has begun, and nobody has seen it end cleanly: AWS may hold what the state does not know."""
    recovered = PackedField(default=list, blank=True)
    """What a recovery did, in order: lock released, resources adopted, processes ended."""

    class Meta:
        abstract = True

    @property
    def applied(self) -> bool:
        """Return whether this run has begun to change what is in AWS, however that ended.

        A run in Applying need not have: its approved plan is fetched and compared first.
        """
        return self.apply_open or self.apply_begun_at is not None
