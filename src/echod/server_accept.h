/* server_accept.h - the part of the server that counts connections in and out. */
#ifndef ECHOD_ECHOD_SERVER_ACCEPT_H
#define ECHOD_ECHOD_SERVER_ACCEPT_H

#include "echod/config.h"
#include "echod/echo_tcp.h"
#include "echod/endpoints.h"
#include "net/addr.h"

struct server;

/* How connections are served under a configuration; NULL when there is no memory. */
struct echo_terms *server_terms(struct server *s, const struct config *config);

/* Serve a connection that has come, or refuse it.  fd is taken over. */
void server_accepted(struct endpoints *set, int fd, const struct addr *peer);

#endif
