// The tables of docs/gossip-at-scale.md.

import { replaceInPage } from "../report/page.ts";
import type { Curves, Figures } from "./figures.ts";
import { LAST_START } from "./mass-restart.ts";
import { quantile, rounded } from "./pool.ts";

export function writeTables(page: string, figures: Figures): void {
  replaceInPage(page, "detection", detection(figures));
  replaceInPage(page, "bytes", bytes(figures));
  replaceInPage(page, "slow", curves(figures.slow, "slow"));
  if (hasAny(figures.stopped)) replaceInPage(page, "stopped", curves(figures.stopped, "stopped"));
  replaceInPage(page, "loss", curves(figures.loss, "%"));
  if (hasAny(figures.slowOfThousand)) {
    replaceInPage(page, "slow-1000", curves(figures.slowOfThousand, "slow"));
    replaceInPage(page, "stopped-1000", curves(figures.stoppedOfThousand, "stopped"));
  }
  if (hasAny(figures.waitingOfThousand))
    replaceInPage(page, "waiting-1000", curves(figures.waitingOfThousand, "s"));
  if (hasAny(figures.restart)) replaceInPage(page, "restart", restart(figures));
}

/** What nobody has measured yet has no place on the page. */
function hasAny(found: object): boolean {
  return Object.keys(found).length > 0;
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

/** A row for each configuration, a column for each amount of trouble. */
function curves(found: Curves, unit: string): string {
  const troubles = [...new Set(Object.values(found).flatMap((points) => Object.keys(points)))];
  troubles.sort((a, b) => Number(a) - Number(b));
  const rows = Object.entries(found).map(([name, points]) => [
    name,
    ...troubles.map((trouble) => String(points[trouble] ?? "–")),
  ]);
  return table(["", ...troubles.map((trouble) => `${trouble} ${unit}`)], rows);
}

function restart({ restart: found }: Figures): string {
  const rows = Object.values(found).map(
    ({ members, restarted, nearlySeconds, wholeSeconds, totalBytes, peakBytes, listed }) => {
      const watched = `not within ${listed.length - LAST_START}`;
      const atLeast = wholeSeconds === undefined ? "above " : "";
      return [
        String(members),
        String(restarted),
        String(nearlySeconds ?? watched),
        String(wholeSeconds ?? watched),
        atLeast + figure(totalBytes / 1e6),
        atLeast + figure(totalBytes / members / 1e3),
        figure(peakBytes / 1e3),
        String(Math.min(...listed.map(([, alive]) => alive))),
      ];
    },
  );
  return table(
    [
      "members",
      "restarted",
      "all but one pair in 10,000 right after, s",
      "whole after, s",
      "bytes, MB",
      "a member, kB",
      "most a member in a second, kB",
      "fewest listed alive",
    ],
    rows,
  );
}
