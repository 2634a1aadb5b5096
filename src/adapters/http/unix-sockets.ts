// The files of unix sockets: one that a dead agent left behind makes way, and a new one is given to whom the configuration
// says (Consul's unix_sockets). Errors are in Consul's words.

import { chmodSync, chownSync, lstatSync, readFileSync, unlinkSync } from "node:fs";
import { connect } from "node:net";
import { quoteText } from "../../core/lib/go-quote.ts";
import { errnoText } from "../config/go-text.ts";
import type { UnixSocketSettings } from "../config/settings.ts";

/** A setting of unix sockets that cannot be followed. */
export class SocketFault extends Error {}

/**
 * Removes a socket at this path on which nobody listens any more. What is no socket stays where it is, and is then in the
 * way of listening: a mistyped path is not to cost a file.
 * @returns Whether there was one.
 */
export async function clearSocketPath(path: string): Promise<boolean> {
  try {
    if (!lstatSync(path).isSocket()) return false;
  } catch {
    return false;
  }
  if (await isListenedOn(path)) return false;
  unlinkSync(path);
  return true;
}

function isListenedOn(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

/** @throws SocketFault */
export function setSocketOwner(path: string, { user, group, mode }: UnixSocketSettings): void {
  const uid = user === "" ? -1 : userId(user);
  const gid = group === "" ? -1 : groupId(group);
  if (uid >= 0 || gid >= 0)
    attempt(`setting ownership to ${uid}:${gid} on ${quoteText(path)}`, () =>
      chownSync(path, uid < 0 ? NOBODY_ELSE : uid, gid < 0 ? NOBODY_ELSE : gid),
    );
  if (mode === "") return;
  // Consul shows the number that it could not read, which is 0 then.
  if (!/^[0-7]{1,11}$/.test(mode))
    throw new SocketFault("Failed setting up socket: invalid mode specified: 0");
  const bits = Number.parseInt(mode, 8);
  attempt(`setting permissions to ${bits} on ${quoteText(path)}`, () => chmodSync(path, bits));
}

/** chown's "leave it as it is", as Node wants to be told. */
const NOBODY_ELSE = 2 ** 32 - 1;

function attempt(what: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw new SocketFault(`Failed setting up socket: failed ${what}: ${errnoText(error)}`);
  }
}

/** A number, or the name of a user of this machine. */
function userId(user: string): number {
  if (/^\d{1,9}$/.test(user)) return Number(user);
  const line = usersFile()
    .split("\n")
    .map((each) => each.split(":"))
    .find(([name]) => name === user);
  if (line === undefined)
    throw new SocketFault(
      `Failed setting up socket: failed to look up user ${user}: user: unknown user ${user}`,
    );
  return Number(line[2]);
}

function usersFile(): string {
  try {
    return readFileSync("/etc/passwd", "utf8");
  } catch {
    return "";
  }
}

function groupId(group: string): number {
  if (/^\d{1,9}$/.test(group)) return Number(group);
  throw new SocketFault(`Failed setting up socket: invalid group specified: ${group}`);
}
