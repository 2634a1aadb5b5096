"""py-consul, as a program that uses all of it that services usually use: see ../README.md for what it demands and prints."""

import base64
import contextlib
import sys
import threading
import time
from collections import Counter

import consul
from consul.exceptions import ClientError

broken = False


def hold(title, promise):
    """Says whether a promise was kept."""
    global broken
    try:
        promise()
    except Exception as error:
        broken = True
        print(f"BROKEN {title}: {type(error).__name__}: {error}", flush=True)
    else:
        print(f"held {title}", flush=True)


def demand(right, *what):
    if not right:
        raise AssertionError(" ".join(map(str, what)))


def calm(client, load):
    hold("keys and values: put, get, flags, compare-and-set, list, delete", lambda: key_value(client.kv))
    hold("a transaction is all or nothing", lambda: transaction(client))
    hold("a service is registered, found healthy, ill when its check fails, and gone", lambda: service(client))
    hold("a watch of a service sees every change under load", lambda: watch_service(client, load))
    hold("a watch of a key sees every change under load", lambda: watch_key(client, load))
    hold("a session lives by renewal and takes its keys along when it ends", lambda: session(client))
    hold("a prepared query finds a service", lambda: prepared_query(client))


def key_value(kv):
    key, value = "python/kv/motd", b"hello \x00 world"
    demand(kv.put(key, value, flags=18446744073709551615), "put")
    index, got = kv.get(key)
    demand(got["Value"] == value and got["Flags"] == 18446744073709551615, "got", got)
    demand(int(index) == got["ModifyIndex"], "index", index, got)
    demand(kv.put(key, "second", cas=got["ModifyIndex"]), "compare-and-set of the newest")
    demand(not kv.put(key, "third", cas=got["ModifyIndex"]), "compare-and-set of an old one")
    demand(kv.put(key + "/below", ""), "put")
    _, pairs = kv.get("python/kv/", recurse=True)
    demand([pair["Key"] for pair in pairs] == [key, key + "/below"], "list", pairs)
    _, keys = kv.get("python/kv/", keys=True, separator="/")
    demand(keys == [key, key + "/"], "keys", keys)
    demand(kv.delete("python/kv/", recurse=True), "delete")
    demand(kv.get(key, consistency="consistent")[1] is None, "it is still there")


def transaction(client):
    def operation(verb, key):
        return {"KV": {"Verb": verb, "Key": key, "Value": base64.b64encode(b"x").decode()}}

    client.kv.delete("python/txn/", recurse=True)
    absent = {"KV": {"Verb": "check-not-exists", "Key": "python/txn/a"}}
    done = client.txn.put([absent, operation("set", "python/txn/a"), operation("set", "python/txn/b")])
    demand(len(done["Results"]) == 2, done)
    try:
        client.txn.put([operation("set", "python/txn/c"), absent])
    except ClientError as error:
        demand("409" in str(error), error)
    else:
        raise AssertionError("the second was done")
    demand(client.kv.get("python/txn/c")[1] is None, "half of it was done")


def register(client, name, status=None):
    check = consul.Check.ttl("60s")
    if status is not None:
        check["status"] = status
    client.agent.service.register(
        name, service_id=name + "-1", port=8080, tags=["v1", "python"], meta={"made": "by python"}, check=check
    )


def until_passing(client, name, count):
    """Waits, by blocking queries, until so many instances of the service pass. Returns the last index."""
    index, end = None, time.monotonic() + 20
    while True:
        index, entries = client.health.service(name, passing=True, index=index, wait="10s")
        if len(entries) == count:
            return index
        demand(time.monotonic() < end, len(entries), "instances of", name, "pass, not", count)


def service(client):
    name, check = "python-web", "service:python-web-1"
    register(client, name)
    until_passing(client, name, 0)
    client.agent.check.ttl_pass(check, "feeling well")
    until_passing(client, name, 1)
    _, entries = client.health.service(name, passing=True, tag="v1")
    demand(entries[0]["Service"]["Port"] == 8080 and entries[0]["Service"]["Meta"]["made"] == "by python", entries)
    demand(name + "-1" in client.agent.services(filter_expr=f'Service == "{name}"'), "filtered")
    client.agent.service.maintenance(name + "-1", True, "a new disk")
    until_passing(client, name, 0)
    client.agent.service.maintenance(name + "-1", False)
    until_passing(client, name, 1)
    client.agent.check.ttl_fail(check, "not well")
    until_passing(client, name, 0)
    client.agent.service.deregister(name + "-1")
    demand(client.health.service(name)[1] is not None, "health")
    until_passing(client, name, 0)


@contextlib.contextmanager
def load_of_others(client):
    """Others write other keys meanwhile."""
    stop = threading.Event()

    def write(writer):
        number = 0
        while not stop.is_set():
            client.kv.put(f"python/noise/{writer}/{number % 100}", "")
            number += 1

    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for writer in writers:
        writer.start()
    try:
        yield
    finally:
        stop.set()
        for writer in writers:
            writer.join()


def watch_key(client, load):
    key, index, number, end = "python/watched", None, 0, time.monotonic() + load
    with load_of_others(client):
        while time.monotonic() < end:
            number += 1
            client.kv.put(key, str(number))
            after, got = client.kv.get(key, index=index, wait="20s")
            demand(got is not None and got["Value"] == str(number).encode(), number, got)
            demand(index is None or int(after) > int(index), after, "after", index)
            index = after


def watch_service(client, load):
    name, check = "python-watched", "service:python-watched-1"
    register(client, name, "passing")
    index = until_passing(client, name, 1)
    healthy, end = True, time.monotonic() + load
    with load_of_others(client):
        while time.monotonic() < end:
            healthy = not healthy
            (client.agent.check.ttl_pass if healthy else client.agent.check.ttl_fail)(check)
            while True:
                after, entries = client.health.service(name, passing=True, index=index, wait="20s")
                demand(int(after) > int(index), after, "after", index)
                index = after
                if len(entries) == int(healthy):
                    break
    client.agent.service.deregister(name + "-1")


def session(client):
    identity = client.session.create("python", ttl=10, behavior="delete", lock_delay=1)
    demand(client.kv.put("python/ephemeral", "alive", acquire=identity), "acquire")
    renewed = client.session.renew(identity)
    demand(renewed["TTL"] == "10s" and renewed["Behavior"] == "delete", renewed)
    demand(client.session.destroy(identity), "destroy")
    demand(client.kv.get("python/ephemeral")[1] is None, "its key is still there")
    demand(client.session.info(identity)[1] is None, "the session is still there")


def prepared_query(client):
    register(client, "python-asked", "passing")
    until_passing(client, "python-asked", 1)
    query = client.query.create("python-asked", name="python-query", onlypassing=True)
    answer = client.query.execute("python-query")
    demand([node["Service"]["ID"] for node in answer["Nodes"]] == ["python-asked-1"], answer)
    client.query.delete(query["ID"])
    client.agent.service.deregister("python-asked-1")


class Room:
    """A room for so many; who comes in although it is full is remembered."""

    def __init__(self, capacity):
        self.capacity, self.inside, self.entered, self.crowds = capacity, 0, Counter(), 0
        self.guard = threading.Lock()

    def visit(self, who):
        with self.guard:
            self.inside += 1
            self.entered[who] += 1
            self.crowds += self.inside > self.capacity
        time.sleep(0.02)
        with self.guard:
            self.inside -= 1


def contend(client, length):
    hold("a lock is held by one at a time, and there is always a next one", lambda: lock(client, length))


def lock(client, length):
    """The recipe of the documentation: a session, acquire, and wait for the key where somebody else has it."""
    room, end = Room(1), time.monotonic() + length

    def compete(who):
        while time.monotonic() < end:
            try:
                hold_once(client, who, room, end)
            except Exception:  # An error is not a lie: servers die meanwhile.
                time.sleep(0.1)

    contenders = [threading.Thread(target=compete, args=(f"contender-{number}",)) for number in range(4)]
    for contender in contenders:
        contender.start()
    for contender in contenders:
        contender.join()
    demand(room.crowds == 0, room.crowds, "times there were two inside")
    demand(sum(room.entered.values()) >= 3 and len(room.entered) >= 2, "came in:", dict(room.entered))


def hold_once(client, who, room, end):
    key, index = "python/lock", None
    identity = client.session.create(who, ttl=15, lock_delay=0)
    try:
        while time.monotonic() < end:
            if client.kv.put(key, who, acquire=identity):
                room.visit(who)
                client.kv.put(key, who, release=identity)
                return
            index, holder = client.kv.get(key, index=index, wait="2s")
            if holder is None or "Session" not in holder:
                index = None
    finally:
        client.session.destroy(identity)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: main.py calm|contend HOST:PORT SECONDS")
    host, port = sys.argv[2].split(":")
    play = {"calm": calm, "contend": contend}[sys.argv[1]]
    play(consul.Consul(host=host, port=int(port)), int(sys.argv[3]))
    sys.exit(1 if broken else 0)
