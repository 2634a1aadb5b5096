// Where ports are taken from when nobody has named one. Consul's, both ends included.

export interface PortRange {
  readonly min: number;
  readonly max: number;
}

/** Of sidecar proxies (`ports.sidecar_min_port`, `sidecar_max_port`); below 1 they get none. */
export const SIDECAR_PORTS: PortRange = { min: 21_000, max: 21_255 };

/** By way of which checks go to services behind a proxy (`ports.expose_min_port`, `expose_max_port`). */
export const EXPOSED_PORTS: PortRange = { min: 21_500, max: 21_755 };
