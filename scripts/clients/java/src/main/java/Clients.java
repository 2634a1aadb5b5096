import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.kiwiproject.consul.Consul;
import org.kiwiproject.consul.KeyValueClient;
import org.kiwiproject.consul.cache.KVCache;
import org.kiwiproject.consul.cache.ServiceHealthCache;
import org.kiwiproject.consul.model.agent.ImmutableRegCheck;
import org.kiwiproject.consul.model.agent.ImmutableRegistration;
import org.kiwiproject.consul.model.kv.Operation;
import org.kiwiproject.consul.model.kv.Verb;
import org.kiwiproject.consul.model.query.ImmutablePreparedQuery;
import org.kiwiproject.consul.model.query.ImmutableServiceQuery;
import org.kiwiproject.consul.model.session.ImmutableSession;
import org.kiwiproject.consul.option.ConsistencyMode;
import org.kiwiproject.consul.option.ImmutableDeleteOptions;
import org.kiwiproject.consul.option.ImmutablePutOptions;
import org.kiwiproject.consul.option.ImmutableQueryOptions;
import org.kiwiproject.consul.option.Options;
import org.kiwiproject.consul.util.LeaderElectionUtil;

/** Kiwi's Java client, as a program that uses all of it that services usually use: see ../README.md for what it demands and prints. */
public final class Clients {
    private static volatile boolean broken = false;

    private interface Promise {
        void keep() throws Exception;
    }

    /** Says whether a promise was kept. */
    private static void hold(String title, Promise promise) {
        try {
            promise.keep();
            System.out.println("held " + title);
        } catch (Exception | AssertionError error) {
            broken = true;
            System.out.println("BROKEN " + title + ": " + error);
        }
    }

    private static void demand(boolean right, Object what) {
        if (!right) throw new AssertionError(what);
    }

    public static void main(String[] args) {
        if (args.length != 3) {
            System.err.println("usage: Clients calm|contend HOST:PORT SECONDS");
            System.exit(2);
        }
        String[] address = args[1].split(":");
        Consul client = Consul.builder()
                .withUrl("http://" + address[0] + ":" + address[1])
                .withReadTimeoutMillis(30_000)
                .build();
        int seconds = Integer.parseInt(args[2]);
        if (args[0].equals("calm")) calm(client, seconds);
        else hold("a lock is held by one at a time, and there is always a next one", () -> lock(client, seconds));
        System.exit(broken ? 1 : 0);
    }

    private static void calm(Consul client, int load) {
        hold("keys and values: put, get, flags, compare-and-set, list, delete", () -> keyValue(client.keyValueClient()));
        hold("a transaction is all or nothing", () -> transaction(client.keyValueClient()));
        hold("a service is registered, found healthy, ill when its check fails, and gone", () -> service(client));
        hold("a watch of a service sees every change under load", () -> watchService(client, load));
        hold("a watch of a key sees every change under load", () -> watchKey(client, load));
        hold("a session lives by renewal and takes its keys along when it ends", () -> session(client));
        hold("the client's own election has one leader, and the next one when that one lets go", () -> election(client));
        hold("a prepared query finds a service", () -> preparedQuery(client));
    }

    private static void keyValue(KeyValueClient kv) {
        String key = "java/kv/motd";
        demand(kv.putValue(key, "hello \u0000 world", 42L), "put");
        var got = kv.getValue(key).orElseThrow();
        demand(got.getValueAsString().orElseThrow().equals("hello \u0000 world") && got.getFlags() == 42L, got);
        BigInteger index = BigInteger.valueOf(got.getModifyIndex());
        var newest = ImmutablePutOptions.builder().cas(index.longValue()).build();
        demand(kv.putValue(key, "second", 0L, newest), "compare-and-set of the newest");
        demand(!kv.putValue(key, "third", 0L, newest), "compare-and-set of an old one");
        demand(kv.putValue(key + "/below", ""), "put");
        demand(kv.getValues("java/kv/").size() == 2, "list");
        demand(kv.getKeys("java/kv/", "/").equals(List.of(key, key + "/")), kv.getKeys("java/kv/", "/"));
        kv.deleteKey("java/kv", ImmutableDeleteOptions.builder().recurse(true).build());
        var consistent = ImmutableQueryOptions.builder().consistencyMode(ConsistencyMode.CONSISTENT).build();
        demand(kv.getValue(key, consistent).isEmpty(), "it is still there");
    }

    private static void transaction(KeyValueClient kv) {
        kv.deleteKeys("java/txn");
        Operation absent = Operation.builder(Verb.CHECK_AND_SET)
                .key("java/txn/a").value("x").index(BigInteger.ZERO).build();
        var done = kv.performTransaction(absent, set("java/txn/b")).getResponse();
        demand(done.results().size() == 2, done);
        try {
            kv.performTransaction(set("java/txn/c"), absent);
            demand(false, "the second was done");
        } catch (org.kiwiproject.consul.ConsulException refused) {
            demand(refused.getCode() == 409, refused);
        }
        demand(kv.getValue("java/txn/c").isEmpty(), "half of it was done");
    }

    private static Operation set(String key) {
        return Operation.builder(Verb.SET).key(key).value("x").build();
    }

    private static void register(Consul client, String name, String status) {
        var check = ImmutableRegCheck.builder().ttl("60s");
        if (status != null) check.status(status);
        client.agentClient().register(ImmutableRegistration.builder()
                .name(name).id(name + "-1").port(8080).addTags("v1", "java").putMeta("made", "by java")
                .check(check.build()).build());
    }

    /** Waits, by blocking queries, until so many instances of the service pass. */
    private static void untilPassing(Consul client, String name, int count) {
        BigInteger index = null;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (true) {
            var options = ImmutableQueryOptions.builder();
            if (index != null) options.index(index).wait("10s");
            var answer = client.healthClient().getHealthyServiceInstances(name, options.build());
            if (answer.getResponse().size() == count) return;
            demand(System.nanoTime() < end, answer.getResponse().size() + " instances pass, not " + count);
            index = answer.getIndex();
        }
    }

    private static void service(Consul client) throws Exception {
        String name = "java-web";
        var agent = client.agentClient();
        register(client, name, null);
        untilPassing(client, name, 0);
        agent.pass(name + "-1", "feeling well");
        untilPassing(client, name, 1);
        var found = client.healthClient().getHealthyServiceInstances(name).getResponse().get(0).getService();
        demand(found.getPort() == 8080 && found.getMeta().get("made").equals("by java"), found);
        demand(agent.getServices().containsKey(name + "-1") && agent.isRegistered(name + "-1"), agent.getServices());
        agent.toggleMaintenanceMode(name + "-1", true, "a new disk");
        untilPassing(client, name, 0);
        agent.toggleMaintenanceMode(name + "-1", false);
        untilPassing(client, name, 1);
        agent.fail(name + "-1", "not well");
        untilPassing(client, name, 0);
        agent.deregister(name + "-1");
        untilPassing(client, name, 0);
    }

    private interface Change {
        void make(int number) throws Exception;
    }

    /** Makes changes until the time is over, while others write other keys. */
    private static void underLoad(Consul client, int seconds, Change change) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        List<Thread> writers = new ArrayList<>();
        for (int writer = 0; writer < 4; writer++) {
            String prefix = "java/noise/" + writer + "/";
            Thread thread = new Thread(() -> {
                for (int number = 0; System.nanoTime() < end; number++)
                    client.keyValueClient().putValue(prefix + number % 100, "");
            });
            thread.start();
            writers.add(thread);
        }
        for (int number = 1; System.nanoTime() < end; number++) change.make(number);
        for (Thread writer : writers) writer.join();
    }

    private static void watchKey(Consul client, int load) throws Exception {
        BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        KeyValueClient kv = client.keyValueClient();
        kv.putValue("java/watched", "0");
        try (KVCache cache = KVCache.newCache(kv, "java/watched", 9)) {
            cache.addListener(values -> values.values().forEach(value -> seen.add(value.getValueAsString().orElse(""))));
            cache.start();
            demand("0".equals(seen.poll(20, TimeUnit.SECONDS)), "the first");
            underLoad(client, load, number -> {
                kv.putValue("java/watched", "" + number);
                String next = seen.poll(20, TimeUnit.SECONDS);
                demand(("" + number).equals(next), number + " is told as " + next);
            });
        }
    }

    private static void watchService(Consul client, int load) throws Exception {
        String name = "java-watched";
        BlockingQueue<Integer> seen = new LinkedBlockingQueue<>();
        register(client, name, "passing");
        untilPassing(client, name, 1);
        try (ServiceHealthCache cache = ServiceHealthCache.newCache(client.healthClient(), name)) {
            cache.addListener(instances -> seen.add(instances.size()));
            cache.start();
            untilTold(seen, 1);
            underLoad(client, load, number -> {
                if (number % 2 == 1) client.agentClient().fail(name + "-1");
                else client.agentClient().pass(name + "-1");
                untilTold(seen, (number + 1) % 2);
            });
        }
        client.agentClient().deregister(name + "-1");
    }

    private static void untilTold(BlockingQueue<Integer> seen, int count) throws Exception {
        Integer next;
        do {
            next = seen.poll(20, TimeUnit.SECONDS);
            demand(next != null, count + " instances are never told of");
        } while (next != count);
    }

    private static void session(Consul client) {
        var sessions = client.sessionClient();
        String id = sessions.createSession(
                ImmutableSession.builder().name("java").ttl("10s").behavior("delete").lockDelay("1s").build()).getId();
        demand(client.keyValueClient().acquireLock("java/ephemeral", "alive", id), "acquire");
        var renewed = sessions.renewSession(id).orElseThrow();
        demand(renewed.getTtl().orElse("").equals("10s"), renewed);
        sessions.destroySession(id);
        demand(client.keyValueClient().getValue("java/ephemeral").isEmpty(), "its key is still there");
        demand(sessions.getSessionInfo(id).isEmpty(), "the session is still there");
    }

    private static void election(Consul client) {
        LeaderElectionUtil elections = new LeaderElectionUtil(client);
        demand(elections.electNewLeaderForService("java-elected", "one").orElse("").equals("one"), "the first");
        demand(elections.electNewLeaderForService("java-elected", "two").orElse("").equals("one"), "the second");
        demand(elections.releaseLockForService("java-elected"), "release");
        demand(elections.electNewLeaderForService("java-elected", "two").orElse("").equals("two"), "the next");
        elections.releaseLockForService("java-elected");
    }

    private static void preparedQuery(Consul client) {
        register(client, "java-asked", "passing");
        untilPassing(client, "java-asked", 1);
        var queries = client.preparedQueryClient();
        String id = queries.createPreparedQuery(ImmutablePreparedQuery.builder().name("java-query")
                .service(ImmutableServiceQuery.builder().service("java-asked").onlyPassing(true).build()).build());
        var nodes = queries.execute("java-query").nodes();
        demand(nodes.size() == 1 && nodes.get(0).getService().getId().equals("java-asked-1"), nodes);
        queries.deletePreparedQuery(id);
        client.agentClient().deregister("java-asked-1");
    }

    /** The recipe of the documentation: a session, acquire, and wait for the key where somebody else has it. */
    private static void lock(Consul client, int seconds) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger crowds = new AtomicInteger();
        Map<String, Integer> entered = new ConcurrentHashMap<>();
        List<Thread> contenders = new ArrayList<>();
        for (int number = 0; number < 4; number++) {
            String name = "contender-" + number;
            Thread thread = new Thread(() -> {
                while (System.nanoTime() < end) {
                    try {
                        holdOnce(client, name, end, () -> {
                            if (inside.incrementAndGet() > 1) crowds.incrementAndGet();
                            Thread.sleep(20);
                            inside.decrementAndGet();
                            entered.merge(name, 1, Integer::sum);
                        });
                    } catch (Exception serversDieMeanwhile) {
                        pause(100);
                    }
                }
            });
            thread.start();
            contenders.add(thread);
        }
        for (Thread contender : contenders) contender.join();
        demand(crowds.get() == 0, crowds + " times there were two inside");
        int total = entered.values().stream().mapToInt(Integer::intValue).sum();
        demand(total >= 3 && entered.size() >= 2, "came in: " + entered);
    }

    private static void holdOnce(Consul client, String name, long end, Promise visit) throws Exception {
        KeyValueClient kv = client.keyValueClient();
        String key = "java/lock";
        String id = client.sessionClient().createSession(
                ImmutableSession.builder().name(name).ttl("15s").lockDelay("0s").build()).getId();
        try {
            BigInteger index = null;
            while (System.nanoTime() < end) {
                if (kv.acquireLock(key, name, id)) {
                    visit.keep();
                    kv.releaseLock(key, id);
                    return;
                }
                var options = index == null ? Options.BLANK_QUERY_OPTIONS
                        : ImmutableQueryOptions.builder().index(index).wait("2s").build();
                var holder = kv.getConsulResponseWithValue(key, options);
                boolean held = holder.isPresent() && holder.get().getResponse().getSession().isPresent();
                index = held ? holder.get().getIndex() : null;
            }
        } finally {
            client.sessionClient().destroySession(id);
        }
    }

    private static void pause(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
