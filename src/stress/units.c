#include "stress/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"

/* Three digits, in the greatest unit of which there is one. */
static const char *
scaled(char buf[UNITS_TEXT], double value, const char *const *names, int n)
{
	int unit = 0, decimals;

	for (; unit + 1 < n && value >= 999.5; unit++)
		value /= 1000;
	decimals = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
	snprintf(buf, UNITS_TEXT, "%.*f %s", decimals, value, names[unit]);
	return buf;
}

static const char *const times[] = { "ns", "us", "ms", "s" };

const char *
units_time(char buf[UNITS_TEXT], double ns)
{
	return scaled(buf, ns, times, ARRAY_SIZE(times));
}

const char *
units_round_time(char buf[UNITS_TEXT], double ns)
{
	size_t unit = 0;

	for (; unit + 1 < ARRAY_SIZE(times) && ns >= 999.5; unit++)
		ns /= 1000;
	snprintf(buf, UNITS_TEXT, "%.3g %s", ns, times[unit]);
	return buf;
}

const char *
units_bytes(char buf[UNITS_TEXT], double bytes)
{
	static const char *const names[] = { "B", "kB", "MB", "GB", "TB", "PB" };

	return scaled(buf, bytes, names, ARRAY_SIZE(names));
}

const char *
units_count(char buf[UNITS_TEXT], uint64_t n)
{
	char digits[UNITS_TEXT];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);
	char *to = buf;

	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return buf;
}
