// One suite for every network: what core relies on when agents talk to each other. Questions and answers between two
// agents arrive in order, each at most once; what is lost is told; a life that ended is told before the next one speaks.
// (Raft's own messages need less and are promised less: the simulated network repeats and overtakes them on purpose.)
// What only sockets can get wrong (framing, foreign protocols, limits) is in test/adapters/net.

import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CLIENT, type Fabric, type Heard, openSimulated, openSockets, SERVERS } from "./fabrics.ts";

/** Every TCP connection that this process opens. */
const dialled = vi.hoisted((): Socket[] => []);

vi.mock("node:net", async (importOriginal) => {
  const real = await importOriginal<typeof import("node:net")>();
  const connect = (...args: Parameters<typeof real.connect>): Socket => {
    const socket = real.connect(...args);
    dialled.push(socket);
    return socket;
  };
  return { ...real, connect };
});

const isQuestion = (each: Heard): boolean => each.type === "message" && each.message.type === "request";

describe.each<[string, () => Promise<Fabric>]>([
  ["the simulated network", openSimulated],
  ["sockets", () => openSockets(dialled)],
])("%s", (_name, open) => {
  let fabric: Fabric;
  beforeEach(async () => {
    fabric = await open();
    const ids: number[] = [];
    await fabric.until("a leader answers the client agent", () => {
      ids.push(fabric.ask(CLIENT, "GET", "/v1/catalog/nodes"));
      return [...fabric.answers.values()].includes(200);
    });
    await fabric.until("nothing is under way", () => allAnswered(ids));
  });
  afterEach(async () => {
    await fabric.close();
    dialled.length = 0;
  });

  /** Asks what any server answers at once, many times in one go. */
  const askMany = (count: number): number[] =>
    Array.from({ length: count }, () => fabric.ask(CLIENT, "GET", "/v1/status/peers"));
  const allAnswered = (ids: readonly number[]): boolean => ids.every((id) => fabric.answers.has(id));

  /** Numbers of the questions (or answers) that `name` heard from `peer`, in order. */
  const numbers = (name: string, peer: string, type: "request" | "response"): number[] =>
    fabric
      .heard(name)
      .flatMap((each) =>
        each.type === "message" && each.from === fabric.idOf(peer) && each.message.type === type
          ? [each.message.seq]
          : [],
      );

  const losses = (name: string, peer: string): boolean[] =>
    fabric
      .heard(name)
      .flatMap((each) =>
        each.type === "peer-lost" && each.peer === fabric.idOf(peer) ? [each.refused] : [],
      );

  /** The server that the client agent asks. */
  const asked = async (): Promise<string> => {
    const counts = (): number[] => SERVERS.map((server) => numbers(server, CLIENT, "request").length);
    const before = counts();
    const ids = askMany(1);
    await fabric.until("one question is answered", () => allAnswered(ids));
    return SERVERS[counts().findIndex((count, at) => count > (before[at] ?? 0))] ?? "";
  };

  const increasing = (values: readonly number[]): boolean =>
    values.every((value, at) => at === 0 || value > (values[at - 1] ?? 0));

  test("brings questions and their answers in order, each once", async () => {
    const server = await asked();
    const ids = askMany(300);
    await fabric.until("all are answered", () => allAnswered(ids));
    const questions = numbers(server, CLIENT, "request").slice(-300);
    expect(increasing(questions)).toBe(true);
    expect(numbers(CLIENT, server, "response").slice(-300)).toEqual(questions);
    expect(ids.map((id) => fabric.answers.get(id))).toEqual(ids.map(() => 200));
  });

  test("tells both ends that a connection broke, that nobody died, and works again", async () => {
    const server = await asked();
    const ids = askMany(50);
    fabric.breakConnections(server);
    await fabric.until(
      "both are told",
      () => losses(CLIENT, server).length > 0 && losses(server, CLIENT).length > 0,
    );
    expect([...losses(CLIENT, server), ...losses(server, CLIENT)]).not.toContain(true);
    await fabric.until("every question has its answer all the same", () => allAnswered(ids));
    const later = askMany(1);
    await fabric.until("the next is answered", () => allAnswered(later));
    expect(fabric.answers.get(later[0] ?? 0)).toBe(200);
  });

  test("leaves no write without an answer when its connection breaks, and repeats none", async () => {
    const server = await asked();
    const ids = Array.from({ length: 50 }, (_, at) => fabric.ask(CLIENT, "PUT", `/v1/kv/k${at}`));
    fabric.breakConnections(server);
    await fabric.until("all are answered", () => allAnswered(ids));
    const written = SERVERS.flatMap((each) =>
      fabric
        .heard(each)
        .flatMap((input) =>
          input.type === "message" &&
          input.from === fabric.idOf(CLIENT) &&
          input.message.type === "request" &&
          input.message.request.kind === "kv.write"
            ? [input.message.request.key]
            : [],
        ),
    );
    expect(new Set(written).size).toBe(written.length);
  });

  test("tells those who had to do with a process that it died", async () => {
    const server = await asked();
    const others = SERVERS.filter((name) => name !== server);
    fabric.kill(server);
    await fabric.until("all are told that it is certain", () =>
      [CLIENT, ...others].every((name) => losses(name, server).includes(true)),
    );
    const before = fabric.heard(CLIENT).length;
    const ids = askMany(20);
    await fabric.until("the client agent asks another", () => allAnswered(ids));
    expect(ids.map((id) => fabric.answers.get(id))).toEqual(ids.map(() => 200));
    const late = fabric.heard(CLIENT).slice(before);
    expect(late.filter((each) => each.type === "message" && each.from === fabric.idOf(server))).toEqual([]);
  });

  test("tells that a life ended before the next one speaks", async () => {
    const server = await asked();
    const withTheirs = numbers(server, CLIENT, "request").length + 5;
    const ids = Array.from({ length: 5 }, () => fabric.ask(CLIENT, "GET", "/v1/kv/x?index=1000000&wait=9m"));
    await fabric.until("they wait", () => numbers(server, CLIENT, "request").length >= withTheirs);
    const before = fabric.heard(server).length;
    fabric.kill(CLIENT);
    await fabric.restart(CLIENT);
    const heardAgain = (): Heard[] =>
      SERVERS.flatMap((name) => fabric.heard(name)).filter(
        (each) => isQuestion(each) && each.type === "message" && each.from === fabric.idOf(CLIENT),
      );
    const count = heardAgain().length;
    await fabric.until("its next life asks", () => {
      askMany(1);
      return heardAgain().length > count;
    });
    const since = fabric.heard(server).slice(before);
    const lost = since.findIndex((each) => each.type === "peer-lost" && each.peer === fabric.idOf(CLIENT));
    const speaks = since.findIndex((each) => each.type === "message" && each.from === fabric.idOf(CLIENT));
    expect(lost).toBeGreaterThanOrEqual(0);
    if (speaks >= 0) expect(lost).toBeLessThan(speaks);
    expect(ids.some((id) => fabric.answers.has(id))).toBe(false);
  });
});
