// Loaded with LD_PRELOAD: kill the process (SIGKILL) at its n-th call that changes a file, counted from kill_at_call(n),
// which the process calls with ctypes.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <sys/types.h>
#include <unistd.h>

static long calls_left = -1;  // never

void kill_at_call(long n) { calls_left = n; }

static void step(void) {
    if (calls_left >= 0 && calls_left-- == 0) kill(getpid(), SIGKILL);
}

#define WRAP(result, name, parameters, arguments) \
    result name parameters { \
        static result(*real) parameters; \
        if (!real) real = dlsym(RTLD_NEXT, #name); \
        step(); \
        return real arguments; \
    }

WRAP(ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size))
WRAP(ssize_t, pwrite, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at))
WRAP(ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at))
WRAP(int, fsync, (int fd), (fd))
WRAP(int, fdatasync, (int fd), (fd))
WRAP(int, rename, (const char *from, const char *to), (from, to))
WRAP(int, unlink, (const char *path), (path))
WRAP(int, ftruncate, (int fd, off_t size), (fd, size))
WRAP(int, ftruncate64, (int fd, off64_t size), (fd, size))
