// Loaded with LD_PRELOAD: a process whose time skips what it would only wait for.
//
// The clocks come from a file that is mapped from $VIRTUAL_TIME and shared with the test (virtual_time.py has the same fields).
// Time runs `rate` times as fast as in reality. When every thread sleeps, a thread that waits with a time limit skips to the
// earliest of these limits, but never beyond `barrier_ns`, where the test has something to do, and not while a request is at the
// server (`held_since_ns`). So weeks pass in minutes, and an exchange still takes its true time.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

typedef long long ns_t;
#define SECOND 1000000000LL
#define NEVER (1LL << 62)
#define HOLD_MAX (3 * SECOND)  // real: a request that never reached the server must not stop the time for ever
#define SLICE_MIN 150000LL
#define SLICE_MAX 1000000LL
#define DISK_NS 15000000LL
#define SLOTS 256
#define LATE -2
#define REAL(name) ({ static typeof(&name) real; if (!real) real = dlsym(RTLD_NEXT, #name); real; })

static struct {
    _Atomic ns_t offset_ns, rate, barrier_ns, held_since_ns, boot_ns, wall_ahead_ns, is_synchronised, pid, start_ns;
} *shared;

static _Atomic ns_t limits[SLOTS];  // when each waiting thread wants to continue
static atomic_int slots;
static __thread int slot = -1;
static int alarm_fd = -1;  // an eventfd that reports to the test that the barrier has come
static atomic_int waiting_for_disk;  // threads that wait for the disk
static pthread_mutex_t skipping = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void map_time(void) {
    const char *path = getenv("VIRTUAL_TIME");
    int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC) : -1;
    void *page = fd < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0) close(fd);
    if (page != MAP_FAILED) shared = page;
    if (shared && getenv("VIRTUAL_ALARM")) alarm_fd = atoi(getenv("VIRTUAL_ALARM"));
}

static ns_t ns_of(const struct timespec *time) { return time->tv_sec * SECOND + time->tv_nsec; }

static struct timespec timespec_of(ns_t ns) { return (struct timespec){ns / SECOND, ns % SECOND}; }

static ns_t real_ns(void) {
    struct timespec now;
    REAL(clock_gettime)(CLOCK_MONOTONIC, &now);
    return ns_of(&now);
}

static ns_t true_ns(void) { return (real_ns() - shared->start_ns) * shared->rate + shared->offset_ns; }

// What a clock shows minus the true time; NEVER for clocks of processor time.
static ns_t ahead_ns(clockid_t clock) {
    switch (clock) {
    case CLOCK_REALTIME: case CLOCK_REALTIME_COARSE: case CLOCK_TAI: return shared->wall_ahead_ns;
    case CLOCK_MONOTONIC: case CLOCK_MONOTONIC_RAW: case CLOCK_MONOTONIC_COARSE: case CLOCK_BOOTTIME: return -shared->boot_ns;
    default: return NEVER;
    }
}

// -- clocks -------------------------------------------------------------------------------------------------------

int clock_gettime(clockid_t clock, struct timespec *time) {
    if (!shared || ahead_ns(clock) == NEVER) return REAL(clock_gettime)(clock, time);
    *time = timespec_of(true_ns() + ahead_ns(clock));
    return 0;
}

int gettimeofday(struct timeval *time, void *zone) {
    struct timespec now;
    if (!shared) return REAL(gettimeofday)(time, zone);
    clock_gettime(CLOCK_REALTIME, &now);
    *time = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}

int adjtimex(struct timex *state) {
    if (!shared) return REAL(adjtimex)(state);
    memset(state, 0, sizeof *state);
    state->status = shared->is_synchronised ? 0 : STA_UNSYNC;
    return shared->is_synchronised ? TIME_OK : TIME_ERROR;
}

// -- signals: they must end a wait even if they arrive while a thread looks whether it may skip ---------------------

static atomic_int signals;
static void (*handlers[65])(int);

static void on_signal(int number) {
    signals++;
    handlers[number](number);
}

int sigaction(int number, const struct sigaction *action, struct sigaction *before) {
    struct sigaction wrapped;
    void (*old_handler)(int) = handlers[number];
    int is_plain = action && !(action->sa_flags & SA_SIGINFO) && action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN;
    if (is_plain) {
        wrapped = *action;
        handlers[number] = action->sa_handler;
        wrapped.sa_handler = on_signal;
    }
    int result = REAL(sigaction)(number, is_plain ? &wrapped : action, before);
    if (before && before->sa_handler == on_signal) before->sa_handler = old_handler;
    return result;
}

// -- waiting ------------------------------------------------------------------------------------------------------

static int is_asleep(const char *thread) {
    char path[64], text[256];
    snprintf(path, sizeof path, "/proc/self/task/%s/stat", thread);
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 1;  // it has ended
    ssize_t length = syscall(SYS_read, fd, text, sizeof text - 1);
    close(fd);
    text[length > 0 ? length : 0] = 0;
    const char *name_end = strrchr(text, ')');
    return name_end && (name_end[2] == 'S' || name_end[2] == 'Z' || name_end[2] == 'X');
}

static int others_sleep(void) {
    DIR *threads = opendir("/proc/self/task");
    struct dirent *entry;
    int result = threads != NULL;
    while (result && (entry = readdir(threads)))
        if (entry->d_name[0] != '.' && atoi(entry->d_name) != gettid()) result = is_asleep(entry->d_name);
    if (threads) closedir(threads);
    return result;
}

static int is_held(void) {
    ns_t since = shared->held_since_ns;
    if (since && real_ns() - since < HOLD_MAX) return 1;
    if (since) shared->held_since_ns = 0;
    return 0;
}

// Return the instant to skip to if the whole process sleeps, else 0. The caller then owns the lock.
static ns_t begin_skip(void) {
    if (shared->pid != getpid() || waiting_for_disk || is_held() || pthread_mutex_trylock(&skipping)) return 0;
    ns_t target = shared->barrier_ns;
    for (int other = 0; other < slots && other < SLOTS; other++)
        if (limits[other] && limits[other] < target) target = limits[other];
    if (target > true_ns() && others_sleep() && !is_held()) return target;
    pthread_mutex_unlock(&skipping);
    return 0;
}

static void end_skip(ns_t target) {
    ns_t now = true_ns();
    if (target > now) {
        shared->offset_ns += target - now;
        if (target == shared->barrier_ns) eventfd_write(alarm_fd, 1);
    }
    pthread_mutex_unlock(&skipping);
}

static ns_t start_wait(ns_t limit) {
    if (slot < 0) slot = atomic_fetch_add(&slots, 1) % SLOTS;
    limits[slot] = limit;
    return SLICE_MIN;
}

static void end_wait(void) { limits[slot] = 0; }

// Return how long to wait really before looking again, 0 if `limit` has come.
static ns_t next_slice(ns_t limit, ns_t slice) {
    ns_t left = (limit - true_ns()) / shared->rate;
    return left <= 0 ? 0 : left < slice ? left : slice;
}

// Repeat `call`, which waits for `part`, until `is_over`; return `at_limit` when the limit has come, and `interrupted` after
// a signal, which may have arrived between two calls.
#define WAIT(limit, call, is_over, at_limit, interrupted)                       \
    ({                                                                          \
        int signals_before = signals;                                           \
        ns_t slice = start_wait(limit), part;                                   \
        typeof(call) result = at_limit;                                         \
        for (;;) {                                                              \
            part = next_slice(limit, slice);                                    \
            ns_t is_last = part == 0;                                           \
            part = part ? part : 1000;                                          \
            result = call;                                                      \
            if (is_over) break;                                                 \
            result = interrupted;                                               \
            errno = EINTR;                                                      \
            if (signals != signals_before) break;                               \
            result = at_limit;                                                  \
            if (is_last) break;                                                 \
            slice = slice * 2 < SLICE_MAX ? slice * 2 : SLICE_MAX;              \
            ns_t target = begin_skip();                                         \
            if (!target) continue;                                              \
            part = 1000; /* what came since the last look must not be skipped */\
            result = call;                                                      \
            int came = is_over;                                                 \
            end_skip(came ? 0 : target);                                        \
            if (came) break;                                                    \
            result = at_limit;                                                  \
        }                                                                       \
        int error = errno;                                                      \
        end_wait();                                                             \
        errno = error;                                                          \
        result;                                                                 \
    })

static int wait_slice(sem_t *semaphore, ns_t part) {
    struct timespec until = timespec_of(real_ns() + part);
    return REAL(sem_clockwait)(semaphore, CLOCK_MONOTONIC, &until);
}

int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until) {
    if (!shared) return REAL(sem_clockwait)(semaphore, clock, until);
    if (sem_trywait(semaphore) == 0) return 0;
    ns_t limit = ns_of(until) - ahead_ns(clock);
    int result = WAIT(limit, wait_slice(semaphore, part), result == 0 || errno != ETIMEDOUT, LATE, -1);
    if (result == LATE) errno = ETIMEDOUT;
    return result == 0 ? 0 : -1;
}

int sem_timedwait(sem_t *semaphore, const struct timespec *until) {
    return sem_clockwait(semaphore, CLOCK_REALTIME, until);
}

static int sleep_slice(ns_t part) {
    struct timespec time = timespec_of(part);
    return REAL(clock_nanosleep)(CLOCK_MONOTONIC, 0, &time, NULL);
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time, struct timespec *rest) {
    if (!shared) return REAL(clock_nanosleep)(clock, flags, time, rest);
    ns_t limit = flags & TIMER_ABSTIME ? ns_of(time) - ahead_ns(clock) : true_ns() + ns_of(time);
    int result = WAIT(limit, sleep_slice(part), result != 0, 0, EINTR);
    if (result == EINTR && rest) *rest = timespec_of(limit > true_ns() ? limit - true_ns() : 0);
    return result;
}

int nanosleep(const struct timespec *time, struct timespec *rest) {
    int result = clock_nanosleep(CLOCK_MONOTONIC, 0, time, rest);
    errno = result ? result : errno;
    return result ? -1 : 0;
}

int usleep(useconds_t us) {
    struct timespec time = timespec_of(us * 1000LL);
    return nanosleep(&time, NULL);
}

static int poll_slice(struct pollfd *fds, nfds_t count, ns_t part, const sigset_t *mask) {
    struct timespec time = timespec_of(part);
    return REAL(ppoll)(fds, count, &time, mask);
}

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *time, const sigset_t *mask) {
    if (!shared || !time || ns_of(time) == 0) return REAL(ppoll)(fds, count, time, mask);
    ns_t limit = true_ns() + ns_of(time);
    return WAIT(limit, poll_slice(fds, count, part, mask), result != 0, 0, -1);
}

int poll(struct pollfd *fds, nfds_t count, int timeout_ms) {
    struct timespec time = timespec_of(timeout_ms * 1000000LL);
    return ppoll(fds, count, timeout_ms < 0 ? NULL : &time, NULL);
}

static int select_slice(int count, fd_set *sets[3], fd_set wanted[3], ns_t part) {
    struct timespec time = timespec_of(part);
    for (int kind = 0; kind < 3; kind++)
        if (sets[kind]) *sets[kind] = wanted[kind];
    return REAL(pselect)(count, sets[0], sets[1], sets[2], &time, NULL);
}

int select(int count, fd_set *reading, fd_set *writing, fd_set *failing, struct timeval *time) {
    if (!shared || !time || (time->tv_sec == 0 && time->tv_usec == 0)) return REAL(select)(count, reading, writing, failing, time);
    fd_set *sets[3] = {reading, writing, failing}, wanted[3];
    for (int kind = 0; kind < 3; kind++)
        if (sets[kind]) wanted[kind] = *sets[kind];
    ns_t limit = true_ns() + time->tv_sec * SECOND + time->tv_usec * 1000LL;
    return WAIT(limit, select_slice(count, sets, wanted, part), result != 0, 0, -1);
}

int epoll_wait(int epoll, struct epoll_event *events, int count, int timeout_ms) {
    if (!shared || timeout_ms <= 0) return REAL(epoll_wait)(epoll, events, count, timeout_ms);
    ns_t limit = true_ns() + timeout_ms * 1000000LL;
    return WAIT(limit, REAL(epoll_wait)(epoll, events, count, part / 1000000 + 1), result != 0, 0, -1);
}

// CPython waits on condition variables only for its interpreter lock, for milliseconds: these waits skip nothing.
int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until) {
    if (!shared) return REAL(pthread_cond_timedwait)(condition, mutex, until);
    ns_t left = (ns_of(until) + shared->boot_ns - true_ns()) / shared->rate;
    struct timespec end = timespec_of(real_ns() + (left > 0 ? left : 0));
    return REAL(pthread_cond_timedwait)(condition, mutex, &end);
}

// -- what else depends on time ------------------------------------------------------------------------------------

// A disk that is slower than the network, as SD cards are: a request that leaves before its debit was written overtakes it.
static __thread int has_waited;  // in the present transaction

static void wait_for_network(int fd) {
    struct timespec time = timespec_of(DISK_NS);
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path);
    if (length < 4 || memcmp(path + length - 4, "-wal", 4) != 0) return;
    has_waited = 1;
    waiting_for_disk++;
    // On a busy machine the thread that sends may not have run yet: wait until it sleeps, too.
    for (int turn = 0; turn == 0 || (turn < 40 && (is_held() || !others_sleep())); turn++)
        REAL(clock_nanosleep)(CLOCK_MONOTONIC, 0, &time, NULL);
    waiting_for_disk--;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
    if (shared && shared->pid == getpid() && !has_waited) wait_for_network(fd);
    return REAL(pwrite)(fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
    if (shared && shared->pid == getpid() && !has_waited) wait_for_network(fd);
    return REAL(pwrite64)(fd, bytes, count, offset);
}

int fdatasync(int fd) {
    has_waited = 0;
    return REAL(fdatasync)(fd);
}

// A request leaves: time must not be skipped before the server has dealt with it.
ssize_t send(int fd, const void *bytes, size_t length, int flags) {
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    int is_inet = shared && getsockname(fd, (struct sockaddr *)&address, &size) == 0 && address.ss_family == AF_INET;
    if (is_inet) shared->held_since_ns = real_ns();
    ssize_t sent = REAL(send)(fd, bytes, length, flags);
    if (is_inet && sent < 0) shared->held_since_ns = 0;
    return sent;
}

static const char *redirected(const char *path) {
    if (shared && strcmp(path, "/proc/sys/kernel/random/boot_id") == 0) return getenv("VIRTUAL_BOOT_ID");
    return path;
}

#define OPEN(name)                                                              \
    int name(const char *path, int flags, ...) {                                \
        va_list arguments;                                                      \
        va_start(arguments, flags);                                             \
        mode_t mode = va_arg(arguments, mode_t);                                \
        va_end(arguments);                                                      \
        return REAL(name)(redirected(path), flags, mode);                       \
    }
OPEN(open)
OPEN(open64)

// The mark of systemd-timesyncd follows the simulated synchronisation, too.
#define STAT(name, type)                                                        \
    int name(const char *path, struct type *status) {                           \
        if (shared && !shared->is_synchronised && strcmp(path, "/run/systemd/timesync/synchronized") == 0) { \
            errno = ENOENT;                                                     \
            return -1;                                                          \
        }                                                                       \
        return REAL(name)(path, status);                                        \
    }
STAT(stat, stat)
STAT(stat64, stat64)
