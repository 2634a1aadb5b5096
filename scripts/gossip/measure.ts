// Measures what it is told to, into the numbers that are in a file: what plot-gossip.ts bundles and runs.
//
//   node measure.cjs FIGURES detection-1000 loss

import { measureInto } from "./measures.ts";

const [numbers = "", ...names] = process.argv.slice(2);
for (const name of names) measureInto(numbers, name);
