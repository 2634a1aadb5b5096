// Being told to stop while a command is at work: by Ctrl-C, by who supervises it, or because the terminal is gone.

const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

export interface Interruption {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Resolved by it. */
  readonly came: Promise<void>;
  /** Signals mean again what they meant before. */
  forget(): void;
}

/** @param onSignal Hears of every signal, the first included. */
export function awaitInterruption(onSignal: (signal: NodeJS.Signals) => void = () => {}): Interruption {
  const controller = new AbortController();
  const { signal } = controller;
  const handler = (name: NodeJS.Signals): void => {
    onSignal(name);
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, handler);
  return {
    signal,
    came: new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true })),
    forget() {
      for (const name of SIGNALS) process.off(name, handler);
    },
  };
}
