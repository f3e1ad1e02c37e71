/* inherited.h - what a service manager has bound for the server. */
#ifndef ECHOD_TESTS_SIM_INHERITED_H
#define ECHOD_TESTS_SIM_INHERITED_H

/* Let the dice say what: descriptors from 3 on, as host.inherited counts them. */
void inherited_bind(void);

#endif
