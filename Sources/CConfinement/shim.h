// Calls and macros that Swift cannot import: variadic functions, macros over structures, syscalls
// without a C function. No logic here: each function is one call, and `Confinement` is its only
// caller.
#ifndef RESGUARDO_CCONFINEMENT_SHIM_H
#define RESGUARDO_CCONFINEMENT_SHIM_H

#include <linux/capability.h>
#include <linux/filter.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// prctl(2) is variadic.
static inline int cconfinement_prctl(int option, unsigned long argument2, unsigned long argument3) {
    return prctl(option, argument2, argument3, 0UL, 0UL);
}

// unshare(2) is hidden without _GNU_SOURCE, which the C library's own module is built without.
static inline int cconfinement_unshare(int flags) { return (int)syscall(SYS_unshare, flags); }

// No C function. The numbers are the same on every architecture (kernel 5.13,
// include/uapi/asm-generic/unistd.h).
static inline int cconfinement_landlock_create_ruleset(
    const void *attributes, size_t size, uint32_t flags) {
    return (int)syscall(444, attributes, size, flags);
}
static inline int cconfinement_landlock_restrict_self(int ruleset, uint32_t flags) {
    return (int)syscall(446, ruleset, flags);
}

// No C function.
static inline int cconfinement_seccomp(unsigned operation, unsigned flags, const void *arguments) {
    return (int)syscall(SYS_seccomp, operation, flags, arguments);
}
static inline int cconfinement_capset(const void *header, const void *data) {
    return (int)syscall(SYS_capset, header, data);
}

// memfd_create(2) is hidden like unshare(2).
static inline int cconfinement_memfd_create(const char *name, unsigned flags) {
    return (int)syscall(SYS_memfd_create, name, flags);
}

// glibc 2.34; its declaration is hidden like unshare(2)'s.
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
static inline int cconfinement_spawn_closefrom(posix_spawn_file_actions_t *actions, int from) {
    return posix_spawn_file_actions_addclosefrom_np(actions, from);
}

// Hidden like unshare(2).
static inline int cconfinement_renameat2(
    int from, const char *old, int to, const char *name, unsigned flags) {
    return (int)syscall(SYS_renameat2, from, old, to, name, flags);
}

// Hidden like unshare(2).
static inline int cconfinement_syncfs(int descriptor) { return (int)syscall(SYS_syncfs, descriptor); }

// The CMSG_ family are macros over pointers.
static inline size_t cconfinement_cmsg_space(size_t length) { return CMSG_SPACE(length); }
static inline size_t cconfinement_cmsg_length(size_t length) { return CMSG_LEN(length); }
static inline struct cmsghdr *cconfinement_cmsg_first(struct msghdr *message) {
    return CMSG_FIRSTHDR(message);
}
static inline void *cconfinement_cmsg_data(struct cmsghdr *header) { return CMSG_DATA(header); }

// An enumerator in the C library, of another integer type there than the field that takes it.
static inline int cconfinement_scm_rights(void) { return SCM_RIGHTS; }

// Macros over enumerators, whose type differs with the C library's settings.
static inline int cconfinement_rlimit_memlock(void) { return RLIMIT_MEMLOCK; }
static inline int cconfinement_rlimit_core(void) { return RLIMIT_CORE; }
static inline int cconfinement_rlimit_nofile(void) { return RLIMIT_NOFILE; }

#endif
