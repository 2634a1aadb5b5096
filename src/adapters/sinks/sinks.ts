// What is measured is sent on to those who gather it: statsd, statsite, DogStatsD. Counts and samples within a tenth of a
// second, what is so now every ten. What they are called, and which of them are wanted, is core/api/telemetry.ts's.

import { isShown, type TelemetrySettings, wholeName } from "../../core/api/telemetry.ts";
import { readMetricKey } from "../../core/lib/metric-key.ts";
import { INTERVAL_MS, type Metrics, takeOutbox } from "../../core/lib/metrics.ts";
import type { Say } from "../agent-http.ts";
import type { SinkSettings } from "../config/settings.ts";
import { type Channel, openChannel } from "./channels.ts";
import { dogstatsdLine, type LineKind, statsdLine } from "./lines.ts";

/** As go-metrics' for statsd. */
const FLUSH_MS = 100;

export interface Sinks {
  /** Sends what is left, and ends. */
  close(): void;
}

export interface Measured {
  /** As they are now: a reload may change what is shown. */
  readonly telemetry: () => TelemetrySettings;
  readonly metrics: readonly Metrics[];
  readonly gauges: () => readonly (readonly [name: string, value: number])[];
}

interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly kind: LineKind;
}

interface Sink {
  readonly channel: Channel;
  readonly line: (measurement: Measurement) => string;
}

export function openSinks(settings: SinkSettings, say: Say, measured: Measured): Sinks {
  const sinks = sinksOf(settings, say, measured);
  let gaugesAtMs = 0;
  let dropped = 0;
  const flush = (): void => {
    const found = measured.metrics.map(takeOutbox);
    const all: Measurement[] = [];
    for (const { counts, samples } of found) {
      for (const [name, value] of counts) all.push({ name, value, kind: "c" });
      for (const [name, value] of samples) all.push({ name, value, kind: "ms" });
    }
    if (performance.now() >= gaugesAtMs) {
      gaugesAtMs = performance.now() + INTERVAL_MS;
      for (const [name, value] of measured.gauges()) all.push({ name, value, kind: "g" });
    }
    const telemetry = measured.telemetry();
    const shown = all.filter(({ name, kind }) =>
      isShown(telemetry, wholeName(telemetry, name, kind === "g")),
    );
    for (const { channel, line } of sinks) channel.send(shown.map(line));
    const lost = found.reduce((sum, each) => sum + each.dropped, 0);
    if (lost > 0 && dropped === 0)
      say("warn", "Measurements come faster than they can be sent on: some are left out", { dropped: lost });
    dropped = lost;
  };
  const timer = setInterval(flush, FLUSH_MS);
  timer.unref();
  return {
    close: () => {
      clearInterval(timer);
      flush();
      for (const { channel } of sinks) channel.close();
    },
  };
}

function sinksOf(settings: SinkSettings, say: Say, { telemetry }: Measured): Sink[] {
  const { statsd, statsite, dogstatsd, dogstatsdTags } = settings;
  const named = ({ name, kind }: Measurement): string => wholeName(telemetry(), name, kind === "g");
  const plain = (each: Measurement): string => {
    const { name, labels } = readMetricKey(named(each));
    // They know no labels: go-metrics puts the values behind the name.
    return statsdLine([name, ...labels.map(([, value]) => value)].join("."), each.value, each.kind);
  };
  // Its agent knows the host: it stands in no name.
  const tagged = (each: Measurement): string => {
    const { name, labels } = readMetricKey(wholeName(telemetry(), each.name, false));
    const tags = [...dogstatsdTags, ...labels.map(([label, value]) => `${label}:${value}`)];
    return dogstatsdLine(name, each.value, each.kind, tags);
  };
  const open = (address: string, kind: "datagrams" | "stream", what: string, line: Sink["line"]): Sink[] => {
    const channel = address === "" ? undefined : openChannel(kind, what, address, say);
    return channel === undefined ? [] : [{ channel, line }];
  };
  return [
    ...open(statsite, "stream", "statsite", plain),
    ...open(statsd, "datagrams", "statsd", plain),
    ...open(dogstatsd, "datagrams", "dogstatsd", tagged),
  ];
}
