/** Carries what is wrong with an address template to `expandTemplate`, which alone catches it. */
export class TemplateFault extends Error {
  /** Where it went wrong while it was run: a byte of the template. Undefined for one that can't even be read. */
  readonly at: number | undefined;

  constructor(message: string, at?: number) {
    super(message);
    this.at = at;
  }
}
