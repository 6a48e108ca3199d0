// Loaded with LD_PRELOAD: after each fsync and fdatasync, copy the file to the folder $DURABLE. What a process wrote but
// never synced is missing there, as after a power cut. A deleted file goes, and a renamed one gets its new name, when its
// directory is synced.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void copy_file(int fd, const char *target) {
    char block[65536];
    int out = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    off_t offset = 0;
    ssize_t count;
    while (out >= 0 && (count = pread(fd, block, sizeof block, offset)) > 0) {
        if (write(out, block, count) != count) abort();
        offset += count;
    }
    if (out >= 0) close(out);
}

static void remove_deleted(int directory, const char *durable) {
    DIR *files = opendir(durable);
    struct dirent *entry;
    char path[8192];
    while (files && (entry = readdir(files))) {
        if (entry->d_type == DT_REG && faccessat(directory, entry->d_name, F_OK, 0) != 0) {
            snprintf(path, sizeof path, "%s/%s", durable, entry->d_name);
            unlink(path);
        }
    }
    if (files) closedir(files);
}

static char renamed[64][2][4096];  // since the last sync of a directory: old and new names
static int rename_count;

static void rename_again(const char *durable) {
    char from[8192], to[8192];
    for (int i = 0; i < rename_count; i++) {
        snprintf(from, sizeof from, "%s/%s", durable, strrchr(renamed[i][0], '/') + 1);
        snprintf(to, sizeof to, "%s/%s", durable, strrchr(renamed[i][1], '/') + 1);
        syscall(SYS_rename, from, to);
    }
    rename_count = 0;
}

int rename(const char *from, const char *to) {
    int result = syscall(SYS_rename, from, to);
    if (result == 0 && rename_count < 64) {
        snprintf(renamed[rename_count][0], 4096, "%s", from);
        snprintf(renamed[rename_count++][1], 4096, "%s", to);
    }
    return result;
}

static void on_sync(int fd) {
    struct stat status;
    const char *durable = getenv("DURABLE");
    char link[64], path[4096], target[8192];
    if (!durable || fstat(fd, &status) != 0) return;
    if (S_ISDIR(status.st_mode)) {
        rename_again(durable);
        remove_deleted(fd, durable);
        return;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return;
    path[length] = 0;
    snprintf(target, sizeof target, "%s/%s", durable, strrchr(path, '/') + 1);
    copy_file(fd, target);
}

int fsync(int fd) {
    int result = syscall(SYS_fsync, fd);
    on_sync(fd);
    return result;
}

int fdatasync(int fd) {
    int result = syscall(SYS_fdatasync, fd);
    on_sync(fd);
    return result;
}
