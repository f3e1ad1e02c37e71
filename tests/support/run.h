/* run.h - the main() of every unit-test program. */
#ifndef ECHOD_TESTS_RUN_H
#define ECHOD_TESTS_RUN_H

#include <check.h>

/* Run the suite and print TAP to standard output; returns main()'s exit status. */
int run_suite(Suite *suite);

#endif
