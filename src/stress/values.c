#include "stress/values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

#define MOST_NS 1e15 /* a million seconds */

/* *end: behind the last digit. */
static int
digits(int64_t *ret, const char *text, char **end)
{
	int64_t value;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	value = strtoll(text, end, 10);
	if (errno != 0)
		return -EINVAL;
	*ret = value;
	return 0;
}

int
value_number(int64_t *ret, const char *text)
{
	int64_t value;
	char *end;

	if (digits(&value, text, &end) < 0 || *end != '\0')
		return -EINVAL;
	*ret = value;
	return 0;
}

int
value_range(int64_t *min, int64_t *max, const char *text)
{
	int64_t low, high;
	char *end;

	if (digits(&low, text, &end) < 0)
		return -EINVAL;
	high = low;
	if (*end == '-' && digits(&high, end + 1, &end) < 0)
		return -EINVAL;
	if (*end != '\0' || high < low)
		return -EINVAL;
	*min = low;
	*max = high;
	return 0;
}

/* A decimal number, and behind it exactly this unit. */
static int
decimal(int64_t *ret_ns, const char *text, const char *unit, double unit_ns)
{
	size_t len = strspn(text, "0123456789.");
	double value;
	char *end;

	if (len == 0 || strcmp(text + len, unit) != 0)
		return -EINVAL;
	value = strtod(text, &end) * unit_ns;
	if (end != text + len || value > MOST_NS)
		return -EINVAL;
	*ret_ns = (int64_t)value;
	return 0;
}

int
value_seconds(int64_t *ret_ns, const char *text)
{
	return decimal(ret_ns, text, "", 1e9);
}

int
value_duration(int64_t *ret_ns, const char *text)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (decimal(ret_ns, text, units[i].name, units[i].ns) == 0)
			return 0;
	return -EINVAL;
}
