# systemd.py: systemd's part of a service, for specs: sd_notify(3)'s socket, the
# file descriptor store, and sd_listen_fds(3) for the next process.
#
#   python3 systemd.py PATH|@NAME COMMAND ARGUMENT…
#
# Reads `restart`, `kill` (and start again), `reload` and `stop` from standard
# input; prints each message of the service as a line of JSON, and
# {"exit": status} when it ends.
import json
import os
import select
import signal
import socket
import sys

address, command = sys.argv[1], sys.argv[2:]
inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
inbox.bind("\0" + address[1:] if address[0] == "@" else address)
kept = []


def start():
    pid = os.fork()
    if pid:
        return pid
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    env = dict(os.environ, NOTIFY_SOCKET=address, FDSTORE="1")
    if kept:
        for number, fd in enumerate(kept, 3):
            os.dup2(fd, number)  # inheritable
        env.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(kept)), LISTEN_FDNAMES="http")
    os.execvpe(command[0], command, env)


def say(what):
    print(json.dumps(what), flush=True)


def hear():
    text, fds, _, _ = socket.recv_fds(inbox, 4096, 4)
    lines = text.decode().split("\n")
    if "FDSTOREREMOVE=1" in lines:
        while kept:
            os.close(kept.pop())
    kept.extend(os.dup2(fd, 200 + len(kept), inheritable=False) for fd in fds)
    for fd in fds:
        os.close(fd)
    say({"got": lines, "kept": len(kept)})


def end(pid, how):
    os.kill(pid, how)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    while select.select([inbox], [], [], 0)[0]:
        hear()
    say({"exit": status})


orders = b""


# Whole lines, however they come: what a file object has read ahead, select() doesn't see.
def read_orders():
    global orders
    part = os.read(0, 4096)
    orders += part if part else b"stop\n"
    *lines, orders = orders.split(b"\n")
    return [line.decode().strip() for line in lines]


def obey(order):
    global child
    if order == "reload":
        os.kill(child, signal.SIGHUP)
    elif order in ("restart", "kill"):
        end(child, signal.SIGTERM if order == "restart" else signal.SIGKILL)
        child = start()
    else:
        end(child, signal.SIGTERM)
        sys.exit()


# Descriptors from 3 on are the child's, so ours lie higher.
os.dup2(inbox.fileno(), 100)
inbox = socket.socket(fileno=100)
os.closerange(3, 100)
child = start()
while True:
    ready, _, _ = select.select([inbox, 0], [], [])
    if inbox in ready:
        hear()
        continue
    for order in read_orders():
        obey(order)
