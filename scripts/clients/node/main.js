// The npm package consul, as a program that uses all of it that services usually use: see ../README.md for what it demands
// and prints.

import assert from "node:assert/strict";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import Consul from "consul";

let broken = false;

/** Says whether a promise was kept. */
async function hold(title, promise) {
  try {
    await promise();
    console.log(`held ${title}`);
  } catch (error) {
    broken = true;
    console.log(`BROKEN ${title}: ${error.message}`);
  }
}

async function calm(client, load) {
  await hold("keys and values: put, get, flags, compare-and-set, list, delete", () => keyValue(client.kv));
  await hold("a transaction is all or nothing", () => transaction(client));
  await hold("a service is registered, found healthy, ill when its check fails, and gone", () =>
    service(client),
  );
  await hold("a watch of a service sees every change under load", () => watchService(client, load));
  await hold("a watch of a key sees every change under load", () => watchKey(client, load));
  await hold("a session lives by renewal and takes its keys along when it ends", () => session(client));
  await hold("a prepared query finds a service", () => preparedQuery(client));
}

async function keyValue(kv) {
  const key = "node/kv/motd";
  assert(await kv.set({ key, value: "hello \u0000 world", flags: 42 }));
  const got = await kv.get(key);
  assert.deepEqual([got.Value, got.Flags], ["hello \u0000 world", 42]);
  assert(await kv.set({ key, value: "second", cas: got.ModifyIndex }), "compare-and-set of the newest");
  assert(!(await kv.set({ key, value: "third", cas: got.ModifyIndex })), "compare-and-set of an old one");
  assert(await kv.set(`${key}/below`, ""));
  assert.deepEqual(
    (await kv.get({ key: "node/kv/", recurse: true })).map(({ Key }) => Key),
    [key, `${key}/below`],
  );
  assert.deepEqual(await kv.keys({ key: "node/kv/", separator: "/" }), [key, `${key}/`]);
  await kv.del({ key: "node/kv/", recurse: true });
  assert.equal(await kv.get({ key, consistent: true }), undefined);
}

async function transaction(client) {
  const set = (Key) => ({ KV: { Verb: "set", Key, Value: "eA==" } });
  await client.kv.del({ key: "node/txn/", recurse: true });
  const absent = { KV: { Verb: "check-not-exists", Key: "node/txn/a" } };
  const done = await client.transaction.create([absent, set("node/txn/a"), set("node/txn/b")]);
  assert.equal(done.Results.length, 2);
  await assert.rejects(
    client.transaction.create([set("node/txn/c"), absent]),
    ({ response }) => response.statusCode === 409 && response.body.Errors[0].OpIndex === 1,
  );
  assert.equal(await client.kv.get("node/txn/c"), undefined);
}

function register(client, name, status) {
  return client.agent.service.register({
    name,
    id: `${name}-1`,
    port: 8080,
    tags: ["v1", "node"],
    meta: { made: "by node" },
    check: { ttl: "60s", ...(status === undefined ? {} : { status }) },
  });
}

/** Waits, by the package's own watch, until so many instances of the service pass. */
async function untilPassing(client, service, count) {
  const watch = client.watch({ method: client.health.service, options: { service, passing: true } });
  try {
    const signal = AbortSignal.timeout(20_000);
    for (;;) {
      const [entries] = await once(watch, "change", { signal });
      if (entries.length === count) return;
    }
  } finally {
    watch.end();
  }
}

async function service(client) {
  const name = "node-web";
  const { agent } = client;
  await register(client, name);
  await untilPassing(client, name, 0);
  await agent.check.pass({ id: `service:${name}-1`, note: "feeling well" });
  await untilPassing(client, name, 1);
  const [entry] = await client.health.service({ service: name, passing: true, tag: "v1" });
  assert.deepEqual([entry.Service.Port, entry.Service.Meta.made], [8080, "by node"]);
  assert((await agent.service.list())[`${name}-1`] !== undefined);
  await agent.service.maintenance({ id: `${name}-1`, enable: true, reason: "a new disk" });
  await untilPassing(client, name, 0);
  await agent.service.maintenance({ id: `${name}-1`, enable: false });
  await untilPassing(client, name, 1);
  await agent.check.fail(`service:${name}-1`);
  await untilPassing(client, name, 0);
  await agent.service.deregister(`${name}-1`);
}

/** While the body runs, others write other keys. */
async function underLoad(client, seconds, change) {
  const end = Date.now() + seconds * 1000;
  async function write(writer) {
    for (let number = 0; Date.now() < end; number++)
      await client.kv.set(`node/noise/${writer}/${number % 100}`, "");
  }
  const writers = [0, 1, 2, 3].map(write);
  for (let number = 1; Date.now() < end; number++) await change(number);
  await Promise.all(writers);
}

/** The changes that a watch reports, to be waited for one after the other. */
function changes(watch) {
  const seen = [];
  let wake = () => {};
  watch.on("change", (data) => {
    seen.push(data);
    wake();
  });
  watch.on("error", (error) => {
    broken = true;
    console.log(`BROKEN a watch: ${error.message}`);
  });
  return async function next() {
    const signal = AbortSignal.timeout(20_000);
    while (seen.length === 0) {
      signal.throwIfAborted();
      await Promise.race([
        new Promise((resolve) => {
          wake = resolve;
        }),
        sleep(1000),
      ]);
    }
    return seen.shift();
  };
}

async function watchKey(client, seconds) {
  const key = "node/watched";
  await client.kv.set(key, "0");
  const watch = client.watch({ method: client.kv.get, options: { key } });
  const next = changes(watch);
  try {
    assert.equal((await next()).Value, "0");
    await underLoad(client, seconds, async (number) => {
      await client.kv.set(key, `${number}`);
      assert.equal((await next()).Value, `${number}`);
    });
  } finally {
    watch.end();
  }
}

async function watchService(client, seconds) {
  const name = "node-watched";
  await register(client, name, "passing");
  await untilPassing(client, name, 1);
  const watch = client.watch({ method: client.health.service, options: { service: name, passing: true } });
  const next = changes(watch);
  try {
    while ((await next()).length !== 1);
    await underLoad(client, seconds, async (number) => {
      const { check } = client.agent;
      await (number % 2 === 1 ? check.fail(`service:${name}-1`) : check.pass(`service:${name}-1`));
      while ((await next()).length !== (number + 1) % 2);
    });
  } finally {
    watch.end();
  }
  await client.agent.service.deregister(`${name}-1`);
}

async function session(client) {
  const { ID } = await client.session.create({
    name: "node",
    ttl: "10s",
    behavior: "delete",
    lockdelay: "1s",
  });
  assert(await client.kv.set({ key: "node/ephemeral", value: "alive", acquire: ID }));
  const [renewed] = await client.session.renew(ID);
  assert.deepEqual([renewed.TTL, renewed.Behavior], ["10s", "delete"]);
  await client.session.destroy(ID);
  assert.equal(await client.kv.get("node/ephemeral"), undefined);
  assert.equal(await client.session.get(ID), undefined);
}

async function preparedQuery(client) {
  await register(client, "node-asked", "passing");
  await untilPassing(client, "node-asked", 1);
  const { ID } = await client.query.create({
    name: "node-query",
    service: { service: "node-asked", onlypassing: true },
  });
  const { Nodes } = await client.query.execute("node-query");
  assert.deepEqual(
    Nodes.map(({ Service }) => Service.ID),
    ["node-asked-1"],
  );
  await client.query.destroy(ID);
  await client.agent.service.deregister("node-asked-1");
}

async function contend(client, seconds) {
  await hold("a lock is held by one at a time, and there is always a next one", () => lock(client, seconds));
}

/** The recipe of the documentation: a session, acquire, and watch the key where somebody else has it. */
async function lock(client, seconds) {
  const key = "node/lock";
  const end = Date.now() + seconds * 1000;
  const entered = new Map();
  let inside = 0;
  let crowds = 0;
  async function holdOnce(name) {
    const { ID: session } = await client.session.create({ name, ttl: "15s", lockdelay: "0s" });
    try {
      while (Date.now() < end) {
        if (await client.kv.set({ key, value: name, acquire: session })) {
          if (++inside > 1) crowds++;
          await sleep(20);
          inside--;
          entered.set(name, (entered.get(name) ?? 0) + 1);
          await client.kv.set({ key, value: name, release: session });
          return;
        }
        const [holder, response] = await client.kv.get({ key, includeResponse: true });
        if (holder?.Session === undefined) continue;
        await client.kv.get({ key, index: response.headers["x-consul-index"], wait: "2s" });
      }
    } finally {
      await client.session.destroy(session);
    }
  }
  async function compete(name) {
    // An error is not a lie: servers die meanwhile.
    while (Date.now() < end) await holdOnce(name).catch(() => sleep(100));
  }
  await Promise.all([0, 1, 2, 3].map((number) => compete(`contender-${number}`)));
  assert.equal(crowds, 0, `${crowds} times there were two inside`);
  const total = [...entered.values()].reduce((sum, count) => sum + count, 0);
  assert(total >= 3 && entered.size >= 2, `came in: ${JSON.stringify([...entered])}`);
}

const [, , play, address, seconds] = process.argv;
if (seconds === undefined || !["calm", "contend"].includes(play)) {
  console.error("usage: main.js calm|contend HOST:PORT SECONDS");
  process.exit(2);
}
const [host, port] = address.split(":");
await (play === "calm" ? calm : contend)(new Consul({ host, port }), Number(seconds));
process.exit(broken ? 1 : 0);
