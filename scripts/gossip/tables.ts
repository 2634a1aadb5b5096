// The tables of docs/gossip-at-scale.md.

import { replaceInPage } from "../report/page.ts";
import type { Curve, Figures } from "./figures.ts";
import { quantile, rounded } from "./pool.ts";

export function writeTables(page: string, figures: Figures): void {
  replaceInPage(page, "detection", detection(figures));
  replaceInPage(page, "bytes", bytes(figures));
  replaceInPage(page, "slow", sick(figures.slow));
  replaceInPage(page, "stopped", sick(figures.stopped));
  replaceInPage(page, "loss", loss(figures));
  replaceInPage(page, "restart", restart(figures));
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

const seconds = (value: number): string => value.toFixed(1);
const figure = (value: number): string => String(rounded(value));

function detection({ detection: found }: Figures): string {
  const rows = Object.values(found)
    .toSorted((a, b) => a.members - b.members)
    .map(({ members, firstSuspected, firstDeclared, allKnow }) => [
      String(members),
      ...[firstSuspected, firstDeclared, allKnow].flatMap((times) => [
        seconds(quantile(times, 0.5)),
        seconds(Math.max(...times)),
      ]),
    ]);
  return table(
    ["members", "suspected: median", "most", "declared dead: median", "most", "all know: median", "most"],
    rows,
  );
}

function bytes({ detection: found }: Figures): string {
  const rows = Object.values(found)
    .toSorted((a, b) => a.members - b.members)
    .map(({ members, quietBytes, pushPullBytes, pushPullEvery }) => [
      String(members),
      figure(quietBytes),
      figure(pushPullBytes),
      String(pushPullEvery),
      figure(quietBytes + pushPullBytes / pushPullEvery),
    ]);
  return table(["members", "datagrams B/s", "one push-pull, both ways, B", "every s", "together B/s"], rows);
}

function sick(curves: readonly Curve<{ readonly sick: number }>[]): string {
  const [first] = curves;
  const head = ["", ...(first?.points.map((point) => `${point.sick} sick`) ?? []), "together"];
  const rows = curves.map(({ name, points }) => [
    name,
    ...points.map(({ atTheWell }) => String(atTheWell)),
    String(points.reduce((sum, { atTheWell }) => sum + atTheWell, 0)),
  ]);
  return table(head, rows);
}

function loss({ loss: curves }: Figures): string {
  const [first] = curves;
  const head = ["", ...(first?.points.map(({ percent }) => `${percent} %`) ?? [])];
  const rows = curves.map(({ name, points }) => [
    name,
    ...points.map(({ declared, nodeHours }) => figure(declared / nodeHours)),
  ]);
  return table(head, rows);
}

function restart({ restart: found }: Figures): string {
  const rows = Object.values(found).map(
    ({ members, restarted, wholeSeconds, totalBytes, peakBytes, listed }) => [
      String(members),
      String(restarted),
      wholeSeconds === undefined ? "not within 600" : String(wholeSeconds),
      figure(totalBytes / 1e6),
      figure(totalBytes / members / 1e3),
      figure(peakBytes / 1e3),
      String(Math.min(...listed.map(([, alive]) => alive))),
    ],
  );
  return table(
    [
      "members",
      "restarted",
      "whole after, s",
      "bytes, MB",
      "a member, kB",
      "most a member in a second, kB",
      "fewest listed alive",
    ],
    rows,
  );
}
