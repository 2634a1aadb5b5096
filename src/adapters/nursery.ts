// The size of V8's young generation. It belongs to the process that runs an agent, not to the program: the simulator, which
// makes garbage for hours, is better served by V8's own choice.

import { setFlagsFromString } from "node:v8";

/**
 * Keeps the young generation at the size that it starts with, 2 MiB. Under load V8 lets it grow to 32, and a server that
 * comes to rest gives back neither those nor what died in the old generation meanwhile: with 100,000 keys it stays at 175
 * MiB, like this at 116 (npm run bench -- --only rest). Reads cost the same, since what they leave behind is dead long
 * before 2 MiB are full. Writes pay for it: keys that are overwritten at full speed by 64 clients are copied twice before
 * they die, and a fifth fewer of them get through. To be called before there is load.
 */
export function keepNurserySmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}
