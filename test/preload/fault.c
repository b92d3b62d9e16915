/*
 * Preloaded into a program, it makes the k-th call of one kind fail, once or from then on. The program
 * itself says which, by reading the link `/fault!KIND!K!HOW!once|forever!ROOT`. K 0: calls are only counted.
 * HOW is an errno, or 0 for a write that takes half of what it is given; with `forever` the disk is full
 * after that, as a disk fills up. Reading `/fault!` gives `CALLS HITS` since.
 *
 * Kinds: open write fsync truncate rename unlink mkdir link spawn, of names below ROOT (spawn: all). The
 * ledger's own files, which SQLite opens, have kinds of their own: `ledger-open`, … and `ledger-map`.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char kind[32], root[PATH_MAX];
static long wanted, calls, hits;
static int how, is_forever;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* Whether this call is to fail; sets errno. */
static int strikes(const char *name, const char *path) {
  if (kind[0] == '\0') return 0;
  if (path != NULL) {
    size_t bytes = strlen(root);
    if (strncmp(path, root, bytes) != 0) return 0;
  }
  char whole[64];
  int is_ledger = path != NULL && strstr(path, "/ledger.sqlite") != NULL;
  snprintf(whole, sizeof whole, "%s%s", is_ledger ? "ledger-" : "", name);
  pthread_mutex_lock(&mutex);
  int is_hit = 0;
  if (strcmp(whole, kind) == 0) {
    calls += 1;
    is_hit = wanted > 0 && (calls == wanted || (is_forever && calls > wanted));
    if (is_hit) hits += 1;
  }
  pthread_mutex_unlock(&mutex);
  if (is_hit) errno = how != 0 ? how : ENOSPC;
  return is_hit;
}

/* Of a call that was struck: it takes half, and says so. */
static int is_half(void) { return how == 0 && !(is_forever && hits > 1); }

static int strikes_fd(const char *name, int fd) {
  if (kind[0] == '\0') return 0;
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t bytes = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
  if (bytes < 0) return 0;
  path[bytes] = '\0';
  return path[0] == '/' && strikes(name, path);
}

static ssize_t control(const char *path, char *out, size_t room) {
  char text[64], mode[16] = "";
  pthread_mutex_lock(&mutex);
  if (strcmp(path, "/fault!") == 0) snprintf(text, sizeof text, "%ld %ld", calls, hits);
  else {
    kind[0] = root[0] = '\0';
    calls = hits = wanted = 0;
    int fields = sscanf(path, "/fault!%31[^!]!%ld!%d!%15[^!]!%4095s", kind, &wanted, &how, mode, root);
    is_forever = strcmp(mode, "forever") == 0;
    if (fields != 5) kind[0] = '\0';
    snprintf(text, sizeof text, fields == 5 || strcmp(path, "/fault!off") == 0 ? "ok" : "not understood");
  }
  pthread_mutex_unlock(&mutex);
  size_t bytes = strlen(text) < room ? strlen(text) : room;
  memcpy(out, text, bytes);
  return (ssize_t)bytes;
}

ssize_t readlink(const char *path, char *out, size_t room) {
  if (strncmp(path, "/fault!", 7) == 0) return control(path, out, room);
  return syscall(SYS_readlinkat, AT_FDCWD, path, out, room);
}

#define MODE(flags) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }

static int open_path(const char *path, int flags, mode_t mode) {
  if (strikes("open", path)) return -1;
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
int open(const char *path, int flags, ...) { MODE(flags) return open_path(path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return open_path(path, flags | O_LARGEFILE, mode); }

ssize_t write(int fd, const void *data, size_t bytes) {
  if (strikes_fd("write", fd)) { if (!is_half()) return -1; bytes = (bytes + 1) / 2; }
  return syscall(SYS_write, fd, data, bytes);
}
static ssize_t write_at(int fd, const void *data, size_t bytes, off64_t offset) {
  if (strikes_fd("write", fd)) { if (!is_half()) return -1; bytes = (bytes + 1) / 2; }
  return syscall(SYS_pwrite64, fd, data, bytes, offset);
}
ssize_t pwrite(int fd, const void *data, size_t bytes, off_t offset) { return write_at(fd, data, bytes, offset); }
ssize_t pwrite64(int fd, const void *data, size_t bytes, off64_t offset) { return write_at(fd, data, bytes, offset); }
ssize_t writev(int fd, const struct iovec *parts, int count) {
  if (strikes_fd("write", fd)) {
    if (!is_half()) return -1;
    return syscall(SYS_write, fd, parts[0].iov_base, (parts[0].iov_len + 1) / 2);
  }
  return syscall(SYS_writev, fd, parts, count);
}

int fsync(int fd) { return strikes_fd("fsync", fd) ? -1 : (int)syscall(SYS_fsync, fd); }
int fdatasync(int fd) { return strikes_fd("fsync", fd) ? -1 : (int)syscall(SYS_fdatasync, fd); }
int ftruncate(int fd, off_t length) { return strikes_fd("truncate", fd) ? -1 : (int)syscall(SYS_ftruncate, fd, length); }
int ftruncate64(int fd, off64_t length) { return strikes_fd("truncate", fd) ? -1 : (int)syscall(SYS_ftruncate, fd, length); }

int rename(const char *from, const char *to) { return strikes("rename", from) ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0); }
int link(const char *from, const char *to) { return strikes("link", from) ? -1 : (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0); }
int unlink(const char *path) { return strikes("unlink", path) ? -1 : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0); }
int mkdir(const char *path, mode_t mode) { return strikes("mkdir", path) ? -1 : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode); }

void *mmap(void *where, size_t bytes, int access, int flags, int fd, off_t offset) {
  if (fd >= 0 && strikes_fd("map", fd)) return MAP_FAILED;
  return (void *)syscall(SYS_mmap, where, bytes, access, flags, fd, offset);
}
void *mmap64(void *where, size_t bytes, int access, int flags, int fd, off64_t offset) { return mmap(where, bytes, access, flags, fd, offset); }

pid_t fork(void) { return strikes("spawn", NULL) ? -1 : REAL(fork)(); }
