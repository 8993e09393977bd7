/** Which Service gets which nodePort. */
import { lowerBand, Bands } from "./range-bands.ts";

/** The first and last node port (--service-node-port-range). */
export const NODE_PORTS = { first: 30_000, last: 32_767 } as const;

/** Node ports; TCP, UDP and SCTP share the numbers, as in Kubernetes. */
export class NodePortPool {
  readonly #bands: Bands;

  constructor() {
    const size = NODE_PORTS.last - NODE_PORTS.first + 1;
    this.#bands = new Bands(size, lowerBand(size, 16, 128, 32));
  }

  /** Reserves a given port; otherwise returns the API server's message. */
  reserve(port: number, who: string): { readonly message: string; readonly owner?: string } | undefined {
    if (port < NODE_PORTS.first || port > NODE_PORTS.last) {
      return {
        message: `provided port is not in the valid range. The range of valid ports is ${NODE_PORTS.first}-${NODE_PORTS.last}`,
      };
    }
    const owner = this.#bands.owner(port - NODE_PORTS.first);
    if (owner !== undefined) return { message: "provided port is already allocated", owner };
    this.#bands.take(port - NODE_PORTS.first, who);
    return undefined;
  }

  next(who: string): number | undefined {
    const index = this.#bands.next(who);
    return index === undefined ? undefined : index + NODE_PORTS.first;
  }
}
