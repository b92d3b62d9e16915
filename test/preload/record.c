/*
 * Preloaded into a program, it writes down every change of files below RECORD_ROOT, in order, with the
 * data, to RECORD_TRACE; a write to RECORD_MARK is a mark in that order, and changes nothing.
 *
 * One record: a header, the path, the second path (rename, link), the data. It is written under a lock
 * that is held over the call itself, across threads and processes, so the trace is the order of events.
 * What it can't follow (a shared writable mapping, stdio, O_TMPFILE) becomes a record `untraced`: the
 * reader refuses such a trace rather than be blind.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CREATE = 1, MKDIR, WRITE, TRUNCATE, SYNC, RENAME, UNLINK, RMDIR, LINK, MARK, UNTRACED };

struct header {
  uint32_t op, path_bytes, second_bytes, pad;
  uint64_t inode;
  int64_t offset;
  uint64_t data_bytes;
};

static const char *root, *mark;
static size_t root_bytes;
static int trace = -1;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("RECORD_TRACE");
  root = getenv("RECORD_ROOT");
  mark = getenv("RECORD_MARK");
  if (root == NULL || path == NULL) { root = NULL; return; }
  root_bytes = strlen(root);
  trace = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (trace < 0) { fprintf(stderr, "record.c: can't open %s\n", path); _exit(97); }
  /* Out of the way of programs that close or number their own. */
  int high = (int)syscall(SYS_fcntl, trace, F_DUPFD_CLOEXEC, 900);
  if (high >= 0) { syscall(SYS_close, trace); trace = high; }
}

static int is_below(const char *path) {
  return root != NULL && strncmp(path, root, root_bytes) == 0 &&
         (path[root_bytes] == '/' || path[root_bytes] == '\0');
}

static int path_of(int fd, char *out) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t bytes = syscall(SYS_readlinkat, AT_FDCWD, link, out, PATH_MAX - 1);
  if (bytes < 0) return 0;
  out[bytes] = '\0';
  return is_below(out) || (mark != NULL && strcmp(out, mark) == 0);
}

/* The absolute path, or 0 where it does not lie below the root. */
static int resolve(int folder, const char *path, char *out) {
  if (root == NULL || path == NULL) return 0;
  if (path[0] == '/') {
    if (strlen(path) >= PATH_MAX) return 0;
    strcpy(out, path);
  } else {
    char base[PATH_MAX];
    if (folder == AT_FDCWD) {
      if (syscall(SYS_getcwd, base, sizeof base) < 0) return 0;
    } else if (!path_of(folder, base)) return 0;
    if (snprintf(out, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) return 0;
  }
  return is_below(out);
}

/* SQLite's shared memory is not meant to last; no disk is asked to keep it. */
static int is_fleeting(const char *path) {
  size_t bytes = strlen(path);
  return bytes > 4 && strcmp(path + bytes - 4, "-shm") == 0;
}

static void lock(void) { pthread_mutex_lock(&mutex); while (syscall(SYS_flock, trace, LOCK_EX) != 0 && errno == EINTR); }
static void unlock(void) { int kept = errno; syscall(SYS_flock, trace, LOCK_UN); pthread_mutex_unlock(&mutex); errno = kept; }

static void record(uint32_t op, uint64_t inode, int64_t offset, const char *path, const char *second,
                   const void *data, size_t bytes) {
  int kept = errno;
  struct header head = { op, (uint32_t)strlen(path), second ? (uint32_t)strlen(second) : 0, 0, inode, offset, bytes };
  struct iovec parts[4] = { { &head, sizeof head }, { (void *)path, head.path_bytes },
    { (void *)(second ? second : ""), head.second_bytes }, { (void *)data, bytes } };
  ssize_t all = (ssize_t)(sizeof head + head.path_bytes + head.second_bytes + bytes);
  if (syscall(SYS_writev, trace, parts, 4) != all) { static const char text[] = "record.c: the trace can't be written\n"; syscall(SYS_write, 2, text, sizeof text - 1); _exit(97); }
  errno = kept;
}

static uint64_t inode_of(int fd) {
  struct stat found;
  return fstat(fd, &found) == 0 ? found.st_ino : 0;
}

static void record_write(int fd, const char *path, int64_t offset, const void *data, size_t bytes) {
  if (mark != NULL && strcmp(path, mark) == 0) record(MARK, 0, 0, "", NULL, data, bytes);
  else record(WRITE, inode_of(fd), offset, path, NULL, data, bytes);
}

static int open_at(int folder, const char *name, int flags, mode_t mode) {
  char path[PATH_MAX];
  int is_change = flags & (O_CREAT | O_TRUNC);
  if ((flags & O_ACCMODE) == O_RDONLY && !(flags & O_CREAT)) is_change = 0;
  if (!is_change || !resolve(folder, name, path) || is_fleeting(path))
    return (int)syscall(SYS_openat, folder, name, flags, mode);
  lock();
  struct stat before;
  int was_there = lstat(path, &before) == 0;
  int fd = (int)syscall(SYS_openat, folder, name, flags, mode);
  if (fd >= 0) {
    if ((flags & O_TMPFILE) == O_TMPFILE) record(UNTRACED, 0, 0, path, NULL, "O_TMPFILE", 9);
    else if (!was_there) record(CREATE, inode_of(fd), 0, path, NULL, NULL, 0);
    else if ((flags & O_TRUNC) && before.st_size > 0) record(TRUNCATE, before.st_ino, 0, path, NULL, NULL, 0);
  }
  unlock();
  return fd;
}

#define MODE(flags) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }

int open(const char *path, int flags, ...) { MODE(flags) return open_at(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return open_at(AT_FDCWD, path, flags | O_LARGEFILE, mode); }
int openat(int folder, const char *path, int flags, ...) { MODE(flags) return open_at(folder, path, flags, mode); }
int openat64(int folder, const char *path, int flags, ...) { MODE(flags) return open_at(folder, path, flags | O_LARGEFILE, mode); }
int creat(const char *path, mode_t mode) { return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

static FILE *open_stream(const char *name, const char *how, FILE *(*real)(const char *, const char *)) {
  char path[PATH_MAX];
  if (how[0] != 'r' || strchr(how, '+') != NULL)
    if (resolve(AT_FDCWD, name, path)) { lock(); record(UNTRACED, 0, 0, path, NULL, "fopen", 5); unlock(); }
  return real(name, how);
}
FILE *fopen(const char *path, const char *how) { return open_stream(path, how, REAL(fopen)); }
FILE *fopen64(const char *path, const char *how) { return open_stream(path, how, REAL(fopen64)); }

ssize_t write(int fd, const void *data, size_t bytes) {
  char path[PATH_MAX];
  if (root == NULL || !path_of(fd, path) || is_fleeting(path)) return syscall(SYS_write, fd, data, bytes);
  lock();
  ssize_t done = syscall(SYS_write, fd, data, bytes);
  if (done > 0) record_write(fd, path, (int64_t)syscall(SYS_lseek, fd, 0, SEEK_CUR) - done, data, (size_t)done);
  unlock();
  return done;
}

static ssize_t write_at(int fd, const void *data, size_t bytes, off64_t offset) {
  char path[PATH_MAX];
  if (root == NULL || !path_of(fd, path) || is_fleeting(path)) return syscall(SYS_pwrite64, fd, data, bytes, offset);
  lock();
  ssize_t done = syscall(SYS_pwrite64, fd, data, bytes, offset);
  if (done > 0) record_write(fd, path, offset, data, (size_t)done);
  unlock();
  return done;
}
ssize_t pwrite(int fd, const void *data, size_t bytes, off_t offset) { return write_at(fd, data, bytes, offset); }
ssize_t pwrite64(int fd, const void *data, size_t bytes, off64_t offset) { return write_at(fd, data, bytes, offset); }

/* A gathered write may be cut short anywhere: one part a call is as good, and simple. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
  char path[PATH_MAX];
  if (root == NULL || !path_of(fd, path)) return syscall(SYS_writev, fd, parts, count);
  for (int part = 0; part < count; part++)
    if (parts[part].iov_len > 0) return write(fd, parts[part].iov_base, parts[part].iov_len);
  return 0;
}
static ssize_t gather_at(int fd, const struct iovec *parts, int count, off64_t offset) {
  for (int part = 0; part < count; part++)
    if (parts[part].iov_len > 0) return write_at(fd, parts[part].iov_base, parts[part].iov_len, offset);
  return 0;
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) { return gather_at(fd, parts, count, offset); }
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) { return gather_at(fd, parts, count, offset); }

static int truncate_to(int fd, off64_t length) {
  char path[PATH_MAX];
  if (root == NULL || !path_of(fd, path) || is_fleeting(path)) return (int)syscall(SYS_ftruncate, fd, length);
  lock();
  int code = (int)syscall(SYS_ftruncate, fd, length);
  if (code == 0) record(TRUNCATE, inode_of(fd), length, path, NULL, NULL, 0);
  unlock();
  return code;
}
int ftruncate(int fd, off_t length) { return truncate_to(fd, length); }
int ftruncate64(int fd, off64_t length) { return truncate_to(fd, length); }

/* The disk is asked nothing: the record is what counts, and the run is as fast as memory. */
static int sync_file(int fd) {
  char path[PATH_MAX];
  if (root == NULL || !path_of(fd, path)) return (int)syscall(SYS_fsync, fd);
  lock();
  record(SYNC, inode_of(fd), 0, path, NULL, NULL, 0);
  unlock();
  return 0;
}
int fsync(int fd) { return sync_file(fd); }
int fdatasync(int fd) { return sync_file(fd); }

void *mmap(void *where, size_t bytes, int access, int flags, int fd, off_t offset) {
  char path[PATH_MAX];
  if (fd >= 0 && (access & PROT_WRITE) && (flags & MAP_SHARED) && root != NULL && path_of(fd, path) && !is_fleeting(path)) {
    lock(); record(UNTRACED, 0, 0, path, NULL, "mmap", 4); unlock();
  }
  return (void *)syscall(SYS_mmap, where, bytes, access, flags, fd, offset);
}
void *mmap64(void *where, size_t bytes, int access, int flags, int fd, off64_t offset) { return mmap(where, bytes, access, flags, fd, offset); }

/* Calls on names: the record is made when they succeeded. */
#define NAMED(op, at, name, call) \
  char path[PATH_MAX]; \
  if (!resolve(at, name, path) || is_fleeting(path)) return (int)(call); \
  lock(); int code = (int)(call); \
  if (code == 0) { struct stat made; record(op, (op) == MKDIR && lstat(path, &made) == 0 ? made.st_ino : 0, 0, path, NULL, NULL, 0); } \
  unlock(); return code;

int unlink(const char *name) { NAMED(UNLINK, AT_FDCWD, name, syscall(SYS_unlinkat, AT_FDCWD, name, 0)) }
int unlinkat(int at, const char *name, int flags) { NAMED((flags & AT_REMOVEDIR) ? RMDIR : UNLINK, at, name, syscall(SYS_unlinkat, at, name, flags)) }
int rmdir(const char *name) { NAMED(RMDIR, AT_FDCWD, name, syscall(SYS_unlinkat, AT_FDCWD, name, AT_REMOVEDIR)) }
int mkdir(const char *name, mode_t mode) { NAMED(MKDIR, AT_FDCWD, name, syscall(SYS_mkdirat, AT_FDCWD, name, mode)) }
int mkdirat(int at, const char *name, mode_t mode) { NAMED(MKDIR, at, name, syscall(SYS_mkdirat, at, name, mode)) }

static int two_names(uint32_t op, int from_at, const char *from, int to_at, const char *to, unsigned flags) {
  char path[PATH_MAX], second[PATH_MAX];
  int is_inside = resolve(from_at, from, path), goes_inside = resolve(to_at, to, second);
  lock();
  int code = op == RENAME ? (int)syscall(SYS_renameat2, from_at, from, to_at, to, flags)
                          : (int)syscall(SYS_linkat, from_at, from, to_at, to, flags);
  if (code == 0 && is_inside && goes_inside && flags == 0) record(op, 0, 0, path, second, NULL, 0);
  else if (code == 0 && (is_inside || goes_inside)) record(UNTRACED, 0, 0, path, NULL, "rename", 6);
  unlock();
  return code;
}
int rename(const char *from, const char *to) { return two_names(RENAME, AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int at, const char *from, int to_at, const char *to) { return two_names(RENAME, at, from, to_at, to, 0); }
int renameat2(int at, const char *from, int to_at, const char *to, unsigned flags) { return two_names(RENAME, at, from, to_at, to, flags); }
int link(const char *from, const char *to) { return two_names(LINK, AT_FDCWD, from, AT_FDCWD, to, 0); }
int linkat(int at, const char *from, int to_at, const char *to, int flags) { return two_names(LINK, at, from, to_at, to, (unsigned)flags); }
