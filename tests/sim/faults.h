/* faults.h - which calls go wrong, how, and how often. */
#ifndef ECHOD_TESTS_SIM_FAULTS_H
#define ECHOD_TESTS_SIM_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum call {
	CALL_ACCEPT,
	CALL_RECV,
	CALL_SEND,
	CALL_RECVMMSG,
	CALL_SENDMMSG,
	CALL_WAIT,  /* epoll_wait(2), pselect(2) */
	CALL_WATCH, /* epoll_ctl(2), EPOLL_CTL_ADD */
	CALL_OPEN,  /* whatever makes a descriptor of the server's own */
	CALL_SETUP, /* what makes a socket a listening one */
	CALL_FILE,  /* what makes a socket file, or removes it */
	CALL_READ,  /* of the signals */
	CALL_ALLOCATE,
};

/* Let the dice say how often each kind will happen in this run. */
void faults_plan(void);

/* The errno that this call is to fail with now; 0: it may go on. */
int fault_errno(enum call call);

/* How much of n bytes this call is to move. */
size_t fault_short(enum call call, size_t n);

/* Has any kind happened in this run? */
bool faults_any(void);

/* How often each kind happened, in all runs: for the table of counts.h. */
void faults_report(void);

/* Has every kind happened in some run?  Says which has not. */
bool faults_complete(void);

#endif
