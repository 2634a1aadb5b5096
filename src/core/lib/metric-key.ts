// Names of measurements with labels, as one text each, so that to find a series is one look into one map.

/** Between a name and its labels, and within these; nothing that is measured has it in its name. */
const SEPARATOR = "\0";

/** @param labels Name, value, name, value… A value without end would be kept without end. */
export function metricKey(name: string, ...labels: readonly string[]): string {
  const parts = labels.map((part) => part.replaceAll(SEPARATOR, "").slice(0, MOST_CHARACTERS));
  return [name, ...parts].join(SEPARATOR);
}

/**
 * A name whose end somebody else chooses ("serf.events." and what the event is called): shown without labels, but kept as
 * what has some is, since there is no end of such names.
 */
export function chosenMetricKey(family: string, chosen: string): string {
  return `${family}.${chosen.replaceAll(SEPARATOR, "").slice(0, MOST_CHARACTERS)}${SEPARATOR}`;
}

/** As long as a name in DNS may be. */
const MOST_CHARACTERS = 255;

/** Whether others choose a part of it, so that there may be any number of its kind. */
export function hasLabels(key: string): boolean {
  return key.includes(SEPARATOR);
}

export interface MetricName {
  readonly name: string;
  readonly labels: readonly (readonly [name: string, value: string])[];
}

export function readMetricKey(key: string): MetricName {
  const [name = "", ...parts] = key.split(SEPARATOR);
  const labels: (readonly [string, string])[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) labels.push([parts[at] ?? "", parts[at + 1] ?? ""]);
  return { name, labels };
}
