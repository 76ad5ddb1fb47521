import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** `fsync` sleeps; hard links are refused where NO_HARD_LINKS is set, as FAT does. */
const SOURCE = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static void pause_first(void) {
  const char *delay = getenv("FSYNC_DELAY_US");
  if (delay) usleep(atoi(delay));
}

int fsync(int fd) {
  int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
  pause_first();
  return real(fd);
}

int fdatasync(int fd) {
  int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
  pause_first();
  return real(fd);
}

int link(const char *from, const char *to) {
  int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "link");
  if (getenv("NO_HARD_LINKS")) {
    errno = EPERM;
    return -1;
  }
  return real(from, to);
}
`;

/** A library to preload. Undefined: there is no compiler for it here. */
export function slowFsync(folder: string): string | undefined {
  const [source, library] = [join(folder, 'slow-fsync.c'), join(folder, 'slow-fsync.so')];
  writeFileSync(source, SOURCE);
  const { status } = spawnSync('gcc', ['-shared', '-fPIC', '-o', library, source, '-ldl'], {
    stdio: 'ignore',
  });
  return status === 0 ? library : undefined;
}
