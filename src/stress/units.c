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

const char *
units_time(char buf[UNITS_TEXT], double ns)
{
	static const char *const names[] = { "ns", "us", "ms", "s" };

	return scaled(buf, ns, names, ARRAY_SIZE(names));
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
