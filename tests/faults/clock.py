"""A wall clock that can be set for the portal's processes alone: a library that adds to what libc tells of it.

What counts since boot is left as it is, as on a machine whose clock is set. Terraform asks the kernel and not libc;
PostgreSQL and the embedded AWS are started without the library: they are other hosts.
"""

from __future__ import annotations

import mmap
import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile long long *told;

static long long step(void) {
  if (!told) {
    const char *path = getenv("FAULTS_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *seen = file < 0 ? MAP_FAILED : mmap(0, 8, PROT_READ, MAP_SHARED, file, 0);
    if (file >= 0) close(file);
    if (seen == MAP_FAILED) return 0;
    told = seen;
  }
  return *told;
}

int clock_gettime(clockid_t clock, struct timespec *at) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
  int failed = real(clock, at);
  if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) at->tv_sec += step();
  return failed;
}

int gettimeofday(struct timeval *at, void *zone) {
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now)) return -1;
  at->tv_sec = now.tv_sec;
  at->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at) *at = now.tv_sec;
  return now.tv_sec;
}
"""
STEP_SECONDS = 150
"""Longer than any lease or wait of these worlds, and within what AWS lets a signature's time differ by."""


def can_step() -> bool:
    """Return whether there is a C compiler, which the library needs."""
    return shutil.which("cc") is not None


class SteppedClock:
    """The library with its step, in seconds, which every process that has it sees at once."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        source, library, step = folder / "clock.c", folder / "clock.so", folder / "step"
        source.write_text(SOURCE)
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
        step.write_bytes(struct.pack("q", 0))
        self.variables = {"LD_PRELOAD": str(library), "FAULTS_CLOCK": str(step)}
        with step.open("r+b") as file:
            self.seen = mmap.mmap(file.fileno(), 8)

    def set(self, seconds: int) -> None:
        """Have the clock be so many seconds ahead of the machine's, or behind it."""
        self.seen[:8] = struct.pack("q", seconds)
