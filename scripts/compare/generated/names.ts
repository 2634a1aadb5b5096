// What nodes and services are called in a sequence: few names, so that requests meet; some of them in other letters.

export const NODES: readonly string[] = ["{p}n1", "{p}n1", "{p}n2", "{p}N1"];
export const SERVICES: readonly string[] = ["{p}web", "{p}web", "{p}db", "{p}Web"];
