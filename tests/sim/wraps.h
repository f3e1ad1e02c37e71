/*
 * wraps.h - what takes the place of a function at link time: with the linker's
 * --wrap=f, a call of f comes to __wrap_f, and f itself is __real_f.
 */
#ifndef ECHOD_TESTS_SIM_WRAPS_H
#define ECHOD_TESTS_SIM_WRAPS_H

#include <errno.h>
#include <netinet/in.h>
#include <search.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log_sink.h"
#include "echod/config.h"
#include "echod/options.h"
#include "echod/server.h"

/* These names are the linker's. */
#pragma GCC diagnostic ignored "-Wpedantic"

/* host.c */
int __wrap_startup_config(struct config *ret, struct options *options,
    config_complaint *complain, void *arg);
int __wrap_server_reconfigure(struct server *s, struct config *fresh);
int __real_server_reconfigure(struct server *s, struct config *fresh);
void __wrap_server_stop(struct server *s);
void __real_server_stop(struct server *s);
void __wrap_startup_log(const struct config *config);
void __wrap_startup_descriptors(const struct config *config);
int __wrap_log_sink_open(enum log_target target);
size_t __wrap_log_sink_prefix(char *line, size_t size, enum log_level level);
bool __wrap_log_sink_put(const char *line, size_t len);
void __wrap_notify_ready(const char *status);
void __wrap_notify_reloading(void);
void __wrap_notify_stopping(int64_t ns);
void __wrap_notify_status(const char *status);
void __wrap_notify_alive(void);
int64_t __wrap_notify_watchdog_ns(void);

/* files.c */
mode_t __wrap_umask(mode_t fresh);
int __wrap_lstat(const char *path, struct stat *ret);
int __wrap_unlink(const char *path);
int __wrap_connect(int fd, const struct sockaddr *to, socklen_t len);

/* calls_stream.c */
int __wrap_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags);
ssize_t __wrap_recv(int fd, void *buf, size_t size, int flags);
ssize_t __wrap_send(int fd, const void *buf, size_t size, int flags);
int __wrap_shutdown(int fd, int how);
int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_close(int fd);

/* calls_udp.c */
int __wrap_recvmmsg(int fd, struct mmsghdr *messages, unsigned room, int flags,
    struct timespec *timeout);
int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags);

/* calls_setup.c */
int __wrap_socket(int domain, int type, int protocol);
int __wrap_bind(int fd, const struct sockaddr *addr, socklen_t len);
int __wrap_listen(int fd, int backlog);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int __wrap_getsockname(int fd, struct sockaddr *addr, socklen_t *len);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_signalfd(int fd, const sigset_t *mask, int flags);
ssize_t __wrap_read(int fd, void *buf, size_t size);
ssize_t __wrap_getrandom(void *buf, size_t size, unsigned flags);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);

/* calls_poll.c */
int __wrap_epoll_create1(int flags);
int __wrap_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event);
int __wrap_epoll_wait(int epfd, struct epoll_event *events, int max, int timeout_ms);
int __wrap_epoll_pwait2(int epfd, struct epoll_event *events, int max,
    const struct timespec *timeout, const sigset_t *mask);
int __wrap_pselect(int n, fd_set *readable, fd_set *writable, fd_set *failed,
    const struct timespec *timeout, const sigset_t *mask);

/* memory.c */
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t n, size_t size);
void __wrap_free(void *p);
char *__wrap_strdup(const char *text);
int __wrap_asprintf(char **ret, const char *format, ...) PRINTF_LIKE(2, 3);
int __wrap___asprintf_chk(char **ret, int flag, const char *format, ...)
    PRINTF_LIKE(3, 4);
FILE *__wrap_fmemopen(void *buf, size_t size, const char *mode);
void *__wrap_tsearch(const void *key, void **root,
    int (*compare)(const void *, const void *));
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void __real_free(void *p);
FILE *__real_fmemopen(void *buf, size_t size, const char *mode);
void *__real_tsearch(const void *key, void **root,
    int (*compare)(const void *, const void *));

#endif
