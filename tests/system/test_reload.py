"""HUP: all of the new configuration, or nothing of it."""

import socket
import time

from harness import Echod, check_echo, free_port, main, wait_until, was_refused

SUCCESS = "reloaded"
FAILURE = "reload failed"


def check_reload(echod, outcome):
    """HUP; returns the text logged."""
    text = "\n".join(echod.reload())
    assert outcome in text
    return text


def test_new_settings_for_new_connections(backend):
    """Open ones live on as they began."""
    with Echod(backend) as echod:
        old = echod.connect()
        check_echo(old)
        echod.write_config(timeouts={"idle": 0.2}, limits={"max_connections": 2})
        check_reload(echod, SUCCESS)

        start = time.monotonic()
        new = echod.connect()
        check_echo(new)
        assert was_refused(echod.connect())
        assert new.recv(1) == b""
        assert 0.2 <= time.monotonic() - start
        check_echo(old)


def test_lower_limit_than_there_are(backend):
    """Nobody is thrown out; nobody comes in."""
    with Echod(backend) as echod:
        clients = [echod.connect() for _ in range(5)]
        for client in clients:
            check_echo(client)
        echod.write_config(limits={"max_connections": 2})
        check_reload(echod, SUCCESS)
        assert was_refused(echod.connect())
        for client in clients:
            check_echo(client)


def test_port_0_keeps_its_sockets(backend):
    """The same port, and who is in the backlog stays in it."""
    with Echod(backend) as echod:
        echod.pause()
        waiting = echod.connect()
        echod.write_config(timeouts={"idle": 7})
        lines = len(echod.lines)
        echod.resume()
        check_reload(echod, SUCCESS)
        assert not echod.find_log("listening on", lines)
        check_echo(waiting)
        check_echo(echod.connect())


def test_the_same_address_written_otherwise(backend):
    """It keeps its socket, and so the port that the kernel picked."""
    with Echod(backend, listen=["127.0.0.1:0", "udp:127.0.0.1:0"]) as echod:
        echod.write_config(listen=["[::ffff:127.0.0.1]:0", "udp:127.0.0.1:00"])
        text = check_reload(echod, SUCCESS)
        assert "listening" not in text, text
        check_echo(echod.connect())


def test_listeners_by_difference(backend):
    """One goes, one stays, one comes; connections to all of them live on."""
    listen = ["127.0.0.1:0", "127.0.0.2:0"]
    with Echod(backend, listen=listen) as echod:
        ports = dict(echod.addresses)
        clients = {host: echod.connect(host, ports[host]) for host in ports}
        for client in clients.values():
            check_echo(client)

        echod.write_config(listen=["127.0.0.2:0", "127.0.0.3:0"])
        lines = len(echod.lines)
        check_reload(echod, SUCCESS)
        [(host, port)] = echod.wait_addresses(lines, 1)
        assert host == "127.0.0.3"
        check_echo(echod.connect(host, port))
        check_echo(echod.connect("127.0.0.2", ports["127.0.0.2"]))
        old = ("127.0.0.1", ports["127.0.0.1"])
        wait_until(lambda: echod.try_connect(*old) is None, "it no longer listens")
        for client in clients.values():
            check_echo(client)


def test_all_listeners_replaced(backend):
    """Old ones go only when new ones are there: the service goes on."""
    with Echod(backend, listen=["127.0.0.1:0"]) as echod:
        for host in ["127.0.0.2", "127.0.0.3"]:
            echod.write_config(listen=[f"{host}:0"])
            lines = len(echod.lines)
            check_reload(echod, SUCCESS)
            [address] = echod.wait_addresses(lines, 1)
            assert address[0] == host
            check_echo(echod.connect(*address))


def test_address_that_is_taken(backend):
    """Then all stays as it was, the other new settings too."""
    with Echod(backend) as echod, socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        echod.write_config(
            listen=["127.0.0.2:0", taken], limits={"max_connections": 1}
        )
        fds = echod.fds()
        text = check_reload(echod, FAILURE)
        assert taken in text
        assert echod.fds() == fds
        check_echo(echod.connect())
        check_echo(echod.connect())


def test_errors_are_all_told(backend):
    """With FILE:LINE, each of them; and it goes on serving as before."""
    with Echod(backend) as echod:
        client = echod.connect()
        echod.write_config_text(
            "port = 0;\n"
            "colour = 1;\n"
            'timeouts: { idle = "long"; };\n'
            "limits: {\n"
            "    max_connections = 0;\n"
            "};\n"
        )
        text = check_reload(echod, FAILURE)
        for line in (2, 3, 5):
            assert f"{echod.config}:{line}: " in text
        assert f"{echod.config}:1: " not in text
        check_echo(client)
        check_echo(echod.connect())

        echod.write_config_text("port = \n")
        assert f"{echod.config}:" in check_reload(echod, FAILURE)
        echod.write_config(limits={"max_connections": 1})
        check_reload(echod, SUCCESS)
        assert was_refused(echod.connect())


def test_file_that_is_gone(backend):
    with Echod(backend) as echod:
        echod.folder.cleanup()
        assert echod.config in check_reload(echod, FAILURE)
        check_echo(echod.connect())


def test_keys_that_need_a_restart(backend):
    with Echod(backend) as echod:
        echod.write_config(limits={"buffer_size": 4096}, loop={"spin_us": 7})
        text = check_reload(echod, SUCCESS)
        assert "limits.buffer_size" in text
        assert "loop.spin_us" in text
        assert "loop.backend" not in text


def test_command_line_survives(backend):
    """-p over `listen`, and -v over log.level."""
    port = free_port()
    with Echod(backend, ["-v", "-p", port]) as echod:
        echod.write_config(listen=["127.0.0.2:0"], log={"level": "error"})
        lines = len(echod.lines)
        check_reload(echod, SUCCESS)
        assert not echod.find_log("listening on", lines)
        check_echo(echod.connect("127.0.0.1", port))
        echod.connect().close()
        echod.wait_log("debug", lines)


def test_log_level(backend):
    with Echod(backend) as echod:
        echod.write_config(log={"level": "debug"})
        check_reload(echod, SUCCESS)
        client = echod.connect()
        client.close()
        echod.wait_log("debug.*eof")


if __name__ == "__main__":
    main()
