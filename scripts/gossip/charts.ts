// The charts of docs/gossip-at-scale.md.

import { type Chart, drawChart, type Series } from "./chart.ts";
import type { Detection } from "./detection.ts";
import type { Curves, Figures } from "./figures.ts";

const SIZES = ["100", "1000", "5000"];

/** By the name of the file. */
export function drawCharts(figures: Figures): readonly (readonly [name: string, svg: string])[] {
  const charts: [string, Chart][] = [
    [
      "detection",
      detection(figures, "until the first member declares it dead", ({ firstDeclared }) => firstDeclared),
    ],
    ["dissemination", detection(figures, "until all know", ({ allKnow }) => allKnow)],
    ["bytes", bytes(figures)],
    ["slow-members", sick(figures.slow, "members whose messages are slow, of 128")],
    ["stopped-members", sick(figures.stopped, "members that are stopped again and again, of 128")],
    ["sick-of-thousand", sickOfThousand(figures)],
    ["loss", loss(figures)],
    ["mass-restart", restart(figures)],
    ["mass-restart-bytes", restartBytes(figures)],
  ];
  return charts
    .filter(([, { series }]) => series.length > 0)
    .map(([name, chart]) => [name, drawChart(chart)]);
}

function detection(
  { detection: found }: Figures,
  what: string,
  pick: (each: Detection) => readonly number[],
): Chart {
  return {
    title: `A member is killed: time ${what}`,
    x: { label: "seconds after its end" },
    y: { label: "part of the victims" },
    series: SIZES.flatMap((size) => {
      const each = found[size];
      if (each === undefined) return [];
      const times = pick(each).toSorted((a, b) => a - b);
      return [
        {
          name: `${size} members`,
          points: times.map((time, at) => [time, (at + 1) / times.length] as const),
        },
      ];
    }),
  };
}

function bytes({ detection: found }: Figures): Chart {
  const all = Object.values(found).toSorted((a, b) => a.members - b.members);
  return {
    title: "What a member sends while nothing happens",
    x: { label: "members", log: true },
    y: { label: "bytes a second", log: true },
    series: [
      { name: "datagrams", points: all.map(({ members, quietBytes }) => [members, quietBytes]) },
      {
        name: "push-pulls",
        points: all.map(({ members, pushPullBytes, pushPullEvery }) => [
          members,
          pushPullBytes / pushPullEvery,
        ]),
      },
    ],
  };
}

function sick(found: Curves, label: string): Chart {
  return {
    title: "Failures declared of members that are well, seen at such members",
    x: { label },
    y: { label: "events in 2 minutes", log: true },
    series: seriesOf(found),
  };
}

function sickOfThousand({ slowOfThousand, stoppedOfThousand }: Figures): Chart {
  const named = (found: Curves, how: string): Series[] =>
    seriesOf(found).map(({ name, points }) => ({ name: `${name}, ${how}`, points }));
  return {
    title: "Members declared dead that are not, in a pool of 1,000",
    x: { label: "members that are slow, or stopped again and again", log: true },
    y: { label: "declared in a node-hour", log: true },
    series: [...named(slowOfThousand, "slow"), ...named(stoppedOfThousand, "stopped")],
  };
}

function loss({ loss: found }: Figures): Chart {
  return {
    title: "Datagrams are lost: members declared dead that are not",
    x: { label: "percent of datagrams lost" },
    y: { label: "declared in a node-hour", log: true },
    series: seriesOf(found),
  };
}

function seriesOf(found: Curves): Series[] {
  return Object.entries(found).map(([name, points]) => ({
    name,
    points: Object.entries(points).map(([trouble, value]) => [Number(trouble), value]),
  }));
}

function restart({ restart: found }: Figures): Chart {
  return {
    title: "Nine members of ten are killed and come back within 35 s",
    x: { label: "seconds after the kill" },
    y: { label: "part of all that the least informed survivor lists as alive" },
    series: Object.values(found).map(({ members, listed }) => ({
      name: `${members} members`,
      points: listed.map(([second, alive]) => [second, alive / members]),
    })),
  };
}

function restartBytes({ restart: found }: Figures): Chart {
  return {
    title: "The same: what a member sends",
    x: { label: "seconds after the kill" },
    y: { label: "bytes a second", log: true },
    series: Object.values(found).map(({ members, bytes: sent }) => ({
      name: `${members} members`,
      points: sent,
    })),
  };
}
