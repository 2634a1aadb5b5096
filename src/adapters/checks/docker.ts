// Docker checks: a program run in a container, through the engine's API: an exec is created, started and looked at. Consul's
// DockerCheck and DockerClient (agent/checks), 1.8. Without a time-out of its own such a check takes as long as it takes.

import type { Socket } from "node:net";
import { utf8Bytes } from "../../core/lib/bytes.ts";
import { quoteText } from "../../core/lib/go-quote.ts";
import { reasonText } from "../net/errors.ts";
import { type Dialled, dial, dialUnix } from "./dial.ts";
import { Exchange, ExchangeFault, type Head } from "./http-exchange.ts";
import { critical, isOverdue, type MakeCheck, onAbort, passing, type Surroundings, warning } from "./run.ts";
import { timedOut } from "./script.ts";
import { Tail } from "./tail.ts";

const SOCKET = "unix:///var/run/docker.sock";

export const makeDocker: MakeCheck = async (run, { env }) => {
  const { signal, spec, outputBytes } = run;
  const { dockerContainerId: container, scriptArgs } = spec;
  const engine = engineAt(env);
  if (typeof engine === "string") return critical(engine);
  const ask = (method: string, path: string, body: object | undefined, tail: Tail): Promise<Answer> =>
    request(engine, method, path, body, tail, signal);
  const fail = (what: string, answer: Answer): ReturnType<typeof critical> =>
    isOverdue(signal) ? critical(timedOut(run, "")) : critical(faultText(what, container, answer));

  const created = new Tail(MOST_JSON_BYTES);
  const wish = { AttachStdin: false, AttachStdout: true, AttachStderr: true, Tty: false, Cmd: scriptArgs };
  const creating = await ask("POST", `/containers/${encodeURIComponent(container)}/exec`, wish, created);
  if (!creating.ok || creating.head.status !== 201)
    return fail("create", { ...creating, said: created.text() });
  const id = fieldOf(created.text(), "Id");
  const exec = typeof id === "string" ? id : "";

  const output = new Tail(outputBytes);
  const starting = await ask(
    "POST",
    `/exec/${encodeURIComponent(exec)}/start`,
    { Detach: false, Tty: true },
    output,
  );
  if (!starting.ok || starting.head.status !== 200)
    return fail("start", { ...starting, said: output.text(), exec });

  const looked = new Tail(MOST_JSON_BYTES);
  const looking = await ask("GET", `/exec/${encodeURIComponent(exec)}/json`, undefined, looked);
  if (!looking.ok || looking.head.status !== 200)
    return fail("inspect", { ...looking, said: looked.text(), exec });
  const code = fieldOf(looked.text(), "ExitCode") ?? 0;
  const said = output.toldText();
  if (code === 0) return passing(said);
  return code === 1 ? warning(said) : critical(said);
};

/** Of answers that are JSON. */
const MOST_JSON_BYTES = 1 << 16;

interface Engine {
  readonly connect: (signal: AbortSignal) => Promise<Dialled>;
  /** As errors show it. */
  readonly base: string;
  readonly host: string;
}

/** @returns It, or what is wrong with its address. */
function engineAt({ DOCKER_HOST }: Surroundings["env"]): Engine | string {
  const address = DOCKER_HOST || SOCKET;
  const [, scheme = "", rest = ""] = /^([^:]*):\/\/(.*)$/.exec(address) ?? [];
  if (scheme === "unix")
    return {
      connect: (signal) => dialUnix(rest, signal),
      base: `http://${encodeURIComponent(rest)}`,
      host: "docker",
    };
  const host = rest.replace(/\/.*$/, "");
  if (scheme === "tcp" || scheme === "http")
    return { connect: (signal) => dial(host, signal), base: `http://${host}`, host };
  return `invalid docker host: ${address}`;
}

type Answer = (
  | { readonly ok: true; readonly head: Head }
  /** No answer came. */
  | { readonly ok: false; readonly error: string }
) & { readonly said?: string; readonly exec?: string };

async function request(
  engine: Engine,
  method: string,
  path: string,
  body: object | undefined,
  tail: Tail,
  signal: AbortSignal,
): Promise<Answer> {
  const failed = (error: string): Answer => {
    const verb = method === "GET" ? "Get" : "Post";
    return { ok: false, error: `${verb} ${quoteText(engine.base + path)}: ${error}` };
  };
  const dialled = await engine.connect(signal);
  if (!dialled.ok) return failed(dialled.error);
  const { socket } = dialled;
  socket.on("error", () => {});
  const forget = onAbort(signal, () => socket.destroy());
  try {
    return { ok: true, head: await exchange(socket, engine.host, method, path, body, tail) };
  } catch (error) {
    return failed(error instanceof ExchangeFault ? error.message : reasonText(error));
  } finally {
    forget();
    socket.destroy();
  }
}

async function exchange(
  socket: Socket,
  host: string,
  method: string,
  path: string,
  body: object | undefined,
  tail: Tail,
): Promise<Head> {
  const bytes = utf8Bytes(body === undefined ? "" : `${JSON.stringify(body)}\n`);
  const describing =
    body === undefined ? "" : `Content-Length: ${bytes.length}\r\nContent-Type: application/json\r\n`;
  const head = `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: quorate\r\n${describing}Connection: close\r\n\r\n`;
  const talk = new Exchange(socket);
  talk.send(Buffer.concat([Buffer.from(head), bytes]));
  const answer = await talk.head();
  await talk.body(method, answer, false, (part) => tail.write(part));
  return answer;
}

function faultText(what: string, container: string, answer: Answer): string {
  const failed = `${what} exec failed`;
  if (!answer.ok) return `${failed} for container ${container}: ${answer.error}`;
  const { status } = answer.head;
  if (status === 404)
    return what === "create"
      ? `${failed} for unknown container ${container}`
      : `${failed} for container ${container}: invalid exec id ${answer.exec ?? ""}`;
  if (status === 409) return `${failed} since container ${container} is paused or stopped`;
  return `${failed} for container ${container} with status ${status}: ${answer.said ?? ""}`;
}

function fieldOf(json: string, name: string): unknown {
  try {
    return (JSON.parse(json) as Readonly<Record<string, unknown>> | null)?.[name];
  } catch {
    return undefined;
  }
}
