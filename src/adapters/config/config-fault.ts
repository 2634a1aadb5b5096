// The fault that ends the loading of a configuration at once. Faults of single values are gathered instead, as texts in a
// list, and reported together at the end; which is which follows Consul.

/** The message is the whole error text. Thrown and caught within this folder: load.ts makes a value of it. */
export class ConfigFault extends Error {}
