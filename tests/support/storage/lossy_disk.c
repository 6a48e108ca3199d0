// Loaded with LD_PRELOAD: after each fsync and fdatasync of a file in the folder $DISK (any folder if it is not set), copy
// it to the folder $DURABLE. What a process wrote but never synced is missing there, as after a power cut. A deleted file
// goes, and a renamed one gets its new name, when its directory is synced.
// With $INODES each durable file also gets a hard link in that folder, so that its inode lives on if a rename replaces it.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATH 8192
#define PARTIAL ".partial~"

// The copy appears as a whole or not at all, also if the process is killed meanwhile.
static void copy_file(int fd, const char *target) {
    char block[65536], partial[PATH + 16];
    snprintf(partial, sizeof partial, "%s" PARTIAL, target);
    int out = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    off_t offset = 0;
    ssize_t count;
    while (out >= 0 && (count = pread(fd, block, sizeof block, offset)) > 0) {
        if (write(out, block, count) != count) abort();
        offset += count;
    }
    if (out < 0) return;
    close(out);
    syscall(SYS_rename, partial, target);
}

static void link_inode(int fd, const char *name) {
    char link[64], target[PATH];
    if (!getenv("INODES")) return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    snprintf(target, sizeof target, "%s/%s", getenv("INODES"), name);
    unlink(target);
    linkat(AT_FDCWD, link, AT_FDCWD, target, AT_SYMLINK_FOLLOW);
}

static void remove_deleted(int directory, const char *durable) {
    DIR *files = opendir(durable);
    struct dirent *entry;
    char path[PATH];
    while (files && (entry = readdir(files))) {
        if (entry->d_type == DT_REG && !strstr(entry->d_name, PARTIAL) && faccessat(directory, entry->d_name, F_OK, 0) != 0) {
            snprintf(path, sizeof path, "%s/%s", durable, entry->d_name);
            unlink(path);
        }
    }
    if (files) closedir(files);
}

static char renamed[64][2][4096];  // since the last sync of a directory: old and new names
static int rename_count;

static void rename_again(const char *durable) {
    char from[PATH], to[PATH];
    for (int i = 0; i < rename_count; i++) {
        snprintf(from, sizeof from, "%s/%s", durable, strrchr(renamed[i][0], '/') + 1);
        snprintf(to, sizeof to, "%s/%s", durable, strrchr(renamed[i][1], '/') + 1);
        syscall(SYS_rename, from, to);
    }
}

static int is_on_disk(const char *path, const char *name_end) {
    const char *disk = getenv("DISK");
    return !disk || (strlen(disk) == (size_t)(name_end - path) && strncmp(disk, path, name_end - path) == 0);
}

int rename(const char *from, const char *to) {
    int result = syscall(SYS_rename, from, to);
    if (result == 0 && rename_count < 64 && is_on_disk(to, strrchr(to, '/'))) {
        snprintf(renamed[rename_count][0], 4096, "%s", from);
        snprintf(renamed[rename_count++][1], 4096, "%s", to);
    }
    return result;
}

static void on_sync(int fd) {
    struct stat status;
    const char *durable = getenv("DURABLE");
    char link[64], path[4096], target[PATH];
    if (!durable || fstat(fd, &status) != 0) return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return;
    path[length] = 0;
    if (S_ISDIR(status.st_mode)) {
        if (!is_on_disk(path, path + length)) return;
        rename_again(durable);
        remove_deleted(fd, durable);
        if (getenv("INODES")) {
            rename_again(getenv("INODES"));
            remove_deleted(fd, getenv("INODES"));
        }
        rename_count = 0;
        return;
    }
    const char *name = strrchr(path, '/');
    if (!is_on_disk(path, name)) return;
    snprintf(target, sizeof target, "%s%s", durable, name);
    copy_file(fd, target);
    link_inode(fd, name + 1);
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
