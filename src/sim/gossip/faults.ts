// What can be done to the members of a gossip-only world and to its network. Each function does one thing at once; who is
// struck, when and for how long others decide.

import type { LinkWeather } from "../weather.ts";
import { cutSides, joinAllSides, joinSides } from "./links.ts";
import type { SimMember } from "./member.ts";
import { carryOut, giveMember, stepMember, WAKE } from "./run.ts";
import { type GossipWorld, noteGossip } from "./world.ts";

/** SIGSTOP. */
export function pauseMember(world: GossipWorld, member: SimMember): void {
  if (member.gossip === undefined || member.paused) return;
  member.paused = true;
  noteGossip(world, member, "stopped");
}

/** SIGCONT: what arrived meanwhile is there at once, and timers that rang meanwhile ring now. */
export function resumeMember(world: GossipWorld, member: SimMember): void {
  if (!member.paused) return;
  member.paused = false;
  member.unwellUs = world.nowUs;
  noteGossip(world, member, "goes on");
  readInbox(world, member);
  stepMember(world, member, WAKE);
}

/** Its messages stop, both ways, at the door of its process; its timers do not. */
export function blockMember(member: SimMember): void {
  if (member.gossip !== undefined) member.blocked = true;
}

/** What it had to say goes out, then what came in is read. */
export function unblockMember(world: GossipWorld, member: SimMember): void {
  if (!member.blocked) return;
  member.blocked = false;
  member.unwellUs = world.nowUs;
  for (const effect of member.outbox.splice(0)) carryOut(world, member, effect);
  readInbox(world, member);
}

function readInbox(world: GossipWorld, member: SimMember): void {
  for (const input of member.inbox.splice(0)) giveMember(world, member, input);
}

/** Puts a member on a side; both of its old and its new neighbours have had reasons to be unsure of it. */
export function moveToSide(world: GossipWorld, member: SimMember, side: number): void {
  member.side = side;
  member.unwellUs = world.nowUs;
}

/** Nothing passes from one side to another. Both sides are unwell until it does again. */
export function cut(world: GossipWorld, from: number, to: number): void {
  cutSides(world.links, from, to);
  touchSides(world, from, to);
}

export function join(world: GossipWorld, from: number, to: number): void {
  joinSides(world.links, from, to);
  touchSides(world, from, to);
}

function touchSides(world: GossipWorld, from: number, to: number): void {
  for (const member of world.members)
    if (member.side === from || member.side === to) member.unwellUs = world.nowUs;
}

export function setWeather(world: GossipWorld, weather: LinkWeather): void {
  world.links.weather = weather;
}

/** Something happened to all: they have reasons to be unsure of each other. */
export function touchAll(world: GossipWorld): void {
  for (const member of world.members) member.unwellUs = world.nowUs;
}

/** All are there again, run again, and hear each other again; who is down stays down. */
export function endGossipTrouble(world: GossipWorld, weather: LinkWeather): void {
  joinAllSides(world.links);
  setWeather(world, weather);
  for (const member of world.members) {
    if (member.side !== member.home) moveToSide(world, member, member.home);
    resumeMember(world, member);
    unblockMember(world, member);
  }
}
