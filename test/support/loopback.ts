// Addresses for agents of a test: a loopback network of its own, so that no other program on this machine can be in the
// way, not even by chance while an agent is down; and ports that are free there.

import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";

export interface AgentPorts {
  readonly http: number;
  readonly server: number;
  /** TCP and UDP. */
  readonly serfLan: number;
}

/** Only Linux answers on all of 127.0.0.0/8 without being told to; elsewhere all agents share one address. */
export function loopbackIps(count: number): string[] {
  const network = process.platform === "linux" ? `127.${randomInt(1, 255)}.${randomInt(256)}` : undefined;
  return Array.from({ length: count }, (_, at) =>
    network === undefined ? "127.0.0.1" : `${network}.${at + 1}`,
  );
}

/** Ports that were found free here: whoever was told of one may not have taken it yet when the next is looked for. */
const found = new Set<string>();

function isNew(ip: string, ...ports: readonly (number | undefined)[]): boolean {
  const places = ports.map((port) => `${ip}:${port}`);
  if (places.some((place) => found.has(place))) return false;
  for (const place of places) found.add(place);
  return true;
}

export async function freePorts(ip: string): Promise<AgentPorts> {
  const servers = await Promise.all([listen(ip), listen(ip), listen(ip)]);
  const [http, server, serfLan] = servers.map((each) => (each.address() as AddressInfo).port);
  const taken = serfLan === undefined || !(await isUdpFree(ip, serfLan));
  await Promise.all(servers.map(close));
  if (taken || http === undefined || server === undefined || !isNew(ip, http, server, serfLan))
    return freePorts(ip);
  return { http, server, serfLan };
}

/** A TCP port that is free at the address: this one, or any if none is said. @throws Error of the system if it is taken. */
export async function freePort(ip: string, port = 0): Promise<number> {
  const server = await listen(ip, port);
  const free = (server.address() as AddressInfo).port;
  await close(server);
  return port !== 0 || isNew(ip, free) ? free : freePort(ip);
}

/** Occupies a TCP port of the address, any free one unless it is said, until the server is closed. */
export async function listen(ip: string, port = 0): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  server.listen(port, ip);
  await once(server, "listening");
  return server;
}

export async function close(server: Server): Promise<void> {
  server.close();
  await once(server, "close");
}

async function isUdpFree(ip: string, port: number): Promise<boolean> {
  const socket = createSocket("udp4");
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(port, ip, resolve);
    });
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}
