/* Listening UNIX sockets, in a folder of each test's own. */
#include "net/sock_unix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/sock.h"
#include "support/failing.h"
#include "support/run.h"
#include "support/tcp.h"

static char folder[] = "/tmp/echod-unix-XXXXXX", path[64];
static struct sock_file file;

static void
enter(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/sock", folder);
}

static void
leave(void)
{
	unlink(path);
	ck_assert_int_eq(rmdir(folder), 0);
}

static int
client(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(name.sun_path, path);
	return connect(fd, (struct sockaddr *)&name, sizeof(name)) < 0 ? -errno : fd;
}

static mode_t
mode_of_file(void)
{
	struct stat st;

	ck_assert_int_eq(lstat(path, &st), 0);
	return st.st_mode;
}

static int
listens(mode_t mode)
{
	int fd = sock_unix_listen(path, mode, 1, &file);

	ck_assert_int_ge(fd, 0);
	return fd;
}

START_TEST(listens_and_tells_who_connects)
{
	int listening = listens(0666), fd;
	char bound[SOCK_UNIX_PATH];
	struct addr peer;

	ck_assert(fcntl(listening, F_GETFL) & O_NONBLOCK);
	ck_assert(fcntl(listening, F_GETFD) & FD_CLOEXEC);
	ck_assert_int_eq(sock_accept(listening, &peer), -EAGAIN);
	ck_assert_int_ge(client(), 0);
	fd = sock_accept(listening, &peer);
	ck_assert_int_ge(fd, 0);
	ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
	ck_assert_int_eq(peer.sa.sa_family, AF_UNIX);
	ck_assert_int_eq(peer.process.pid, getpid());
	ck_assert_uint_eq(peer.process.uid, getuid());
	ck_assert_int_eq(sock_unix_path(listening, bound), 0);
	ck_assert_str_eq(bound, path);
}
END_TEST

START_TEST(a_peer_with_a_path_is_told_as_any_other)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int listening = listens(0666), fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct addr peer;

	memset(name.sun_path + 1, 'x', 100); /* in the abstract namespace */
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	strcpy(name.sun_path, path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	ck_assert_int_ge(sock_accept(listening, &peer), 0);
	ck_assert_int_eq(peer.process.pid, getpid());
}
END_TEST

START_TEST(the_mode_is_as_told_whatever_the_umask)
{
	mode_t before = umask(0077);

	listens(0666);
	ck_assert_uint_eq(mode_of_file(), S_IFSOCK | 0666);
	ck_assert_uint_eq(umask(0), 0077);
	unlink(path);
	listens(0600);
	ck_assert_uint_eq(mode_of_file(), S_IFSOCK | 0600);
	umask(before);
}
END_TEST

START_TEST(a_stale_file_is_replaced)
{
	close(listens(0600));
	ck_assert_int_eq(client(), -ECONNREFUSED);
	listens(0666);
	ck_assert_uint_eq(mode_of_file(), S_IFSOCK | 0666);
	ck_assert_int_ge(client(), 0);
}
END_TEST

START_TEST(to_replace_it_takes_one_descriptor)
{
	close(listens(0600));
	failing_nth("socket", 2, EMFILE);
	listens(0666);
	ck_assert(!failing_end());
}
END_TEST

START_TEST(a_file_in_use_is_left_alone)
{
	struct sock_file mine = { 1, 2 };

	listens(0666);
	ck_assert_int_eq(sock_unix_listen(path, 0600, 1, &mine), -EADDRINUSE);
	ck_assert_uint_eq(mode_of_file(), S_IFSOCK | 0666);
	ck_assert_int_ge(client(), 0);
	ck_assert_uint_eq(mine.inode, 2);
}
END_TEST

START_TEST(a_full_backlog_is_in_use)
{
	int fd = sock_unix_listen(path, 0666, 0, &file);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_ge(client(), 0);
	ck_assert_int_eq(sock_unix_listen(path, 0666, 0, &file), -EADDRINUSE);
}
END_TEST

START_TEST(a_socket_of_another_kind_is_left_alone)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	strcpy(name.sun_path, path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	ck_assert_int_eq(sock_unix_listen(path, 0666, 1, &file), -EADDRINUSE);
	mode_of_file();
}
END_TEST

START_TEST(what_is_no_socket_is_left_alone)
{
	ck_assert_int_ge(creat(path, 0600), 0);
	ck_assert_int_eq(sock_unix_listen(path, 0666, 1, &file), -EADDRINUSE);
	ck_assert_uint_eq(mode_of_file(), S_IFREG | 0600);
	unlink(path);

	ck_assert_int_eq(symlink("elsewhere", path), 0);
	ck_assert_int_eq(sock_unix_listen(path, 0666, 1, &file), -EADDRINUSE);
	ck_assert(S_ISLNK(mode_of_file()));
}
END_TEST

START_TEST(a_folder_that_is_not_there)
{
	ck_assert_int_eq(sock_unix_listen("/nonexistent/sock", 0666, 1, &file),
	    -ENOENT);
}
END_TEST

/* Let each call on the way fail, one after the other. */
START_TEST(what_fails_leaves_no_file)
{
	static const char *const calls[] = { "socket", "bind", "listen" };
	struct sock_file mine = { 1, 2 };
	int before = open_descriptors();

	failing_nth(calls[_i], 1, ENOBUFS);
	ck_assert_int_eq(sock_unix_listen(path, 0666, 1, &mine), -ENOBUFS);
	ck_assert(failing_end());
	ck_assert_int_eq(client(), -ENOENT);
	ck_assert_int_eq(open_descriptors(), before + 1); /* the client's */
}
END_TEST

/* Where it is gone meanwhile, or cannot be removed. */
START_TEST(a_stale_file_may_have_to_stay)
{
	static const struct {
		const char *call;
		int err, result;
	} cases[] = {
		{ "lstat", ENOENT, -EADDRINUSE },
		{ "unlink", EACCES, -EACCES },
	};
	int before;

	close(listens(0600));
	before = open_descriptors();
	failing_nth(cases[_i].call, 1, cases[_i].err);
	ck_assert_int_eq(sock_unix_listen(path, 0666, 1, &file), cases[_i].result);
	ck_assert(failing_end());
	ck_assert_int_eq(open_descriptors(), before);
	ck_assert_uint_eq(mode_of_file(), S_IFSOCK | 0600);
}
END_TEST

START_TEST(an_abstract_name_is_told)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char bound[SOCK_UNIX_PATH];

	ck_assert_int_eq(sock_unix_path(fd, bound), 0);
	ck_assert_str_eq(bound, "");
	snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "echod-%d", getpid());
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	ck_assert_int_eq(sock_unix_path(fd, bound), 0);
	ck_assert_int_eq(bound[0], '@');
	ck_assert_str_eq(bound + 1, name.sun_path + 1);
}
END_TEST

START_TEST(the_path_of_what_is_no_socket)
{
	char bound[SOCK_UNIX_PATH] = "as before";

	ck_assert_int_eq(sock_unix_path(STDIN_FILENO, bound), -ENOTSOCK);
	ck_assert_str_eq(bound, "as before");
}
END_TEST

START_TEST(its_file_is_removed)
{
	close(listens(0666));
	sock_unix_remove(path, &file);
	ck_assert_int_eq(client(), -ENOENT);
	sock_unix_remove(path, &file);
}
END_TEST

START_TEST(the_file_of_another_is_not_removed)
{
	listens(0666);
	file.inode++;
	sock_unix_remove(path, &file);
	ck_assert_int_ge(client(), 0);
	file.inode--;
	file.device++;
	sock_unix_remove(path, &file);
	ck_assert_int_ge(client(), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sock_unix");
	TCase *tc = tcase_create("sock_unix");

	tcase_add_checked_fixture(tc, enter, leave);
	tcase_add_test(tc, listens_and_tells_who_connects);
	tcase_add_test(tc, a_peer_with_a_path_is_told_as_any_other);
	tcase_add_test(tc, the_mode_is_as_told_whatever_the_umask);
	tcase_add_test(tc, a_stale_file_is_replaced);
	tcase_add_test(tc, to_replace_it_takes_one_descriptor);
	tcase_add_test(tc, a_file_in_use_is_left_alone);
	tcase_add_test(tc, a_full_backlog_is_in_use);
	tcase_add_test(tc, a_socket_of_another_kind_is_left_alone);
	tcase_add_test(tc, what_is_no_socket_is_left_alone);
	tcase_add_test(tc, a_folder_that_is_not_there);
	tcase_add_loop_test(tc, what_fails_leaves_no_file, 0, 3);
	tcase_add_loop_test(tc, a_stale_file_may_have_to_stay, 0, 2);
	tcase_add_test(tc, an_abstract_name_is_told);
	tcase_add_test(tc, the_path_of_what_is_no_socket);
	tcase_add_test(tc, its_file_is_removed);
	tcase_add_test(tc, the_file_of_another_is_not_removed);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
