/** Round robin: endpoints one after the other, and clients that keep theirs (kubernetes pkg/proxy/userspace/roundrobin.go). */
import type { ProxySpec } from "../../resources/proxy/definition.ts";

interface Bond {
  readonly endpoint: string;
  /** Milliseconds of the balancer's clock. */
  lastUsed: number;
}

export class Balancer {
  readonly served = new Map<string, number>();
  readonly #now: () => number;
  readonly #bonds = new Map<string, Bond>();
  #spec: Pick<ProxySpec, "endpoints" | "affinitySeconds">;
  #next = 0;

  /** `now`: milliseconds that only go forward. */
  constructor(spec: Pick<ProxySpec, "endpoints" | "affinitySeconds">, now: () => number = () => performance.now()) {
    this.#spec = spec;
    this.#now = now;
  }

  /** Clients of endpoints that are gone lose them. The round restarts where the endpoints have changed. */
  update(spec: Pick<ProxySpec, "endpoints" | "affinitySeconds">): void {
    const left = new Set(spec.endpoints);
    const before = new Set(this.#spec.endpoints);
    if (left.size !== before.size || spec.endpoints.some((endpoint) => !before.has(endpoint))) this.#next = 0;
    this.#spec = spec;
    for (const [client, { endpoint }] of this.#bonds)
      if (spec.affinitySeconds === undefined || !left.has(endpoint)) this.#bonds.delete(client);
  }

  /** Undefined: no endpoint. The flag: the client's endpoint did not answer, it gets another one. */
  choose(client: string, reassign = false): string | undefined {
    const { endpoints, affinitySeconds } = this.#spec;
    const now = this.#now();
    if (affinitySeconds !== undefined) this.#forgetIdle(now, affinitySeconds * 1000);
    const bond = this.#bonds.get(client);
    if (bond !== undefined && !reassign) {
      bond.lastUsed = now;
      return this.#count(bond.endpoint);
    }
    const endpoint = endpoints[this.#next];
    if (endpoint === undefined) return undefined;
    this.#next = (this.#next + 1) % endpoints.length;
    if (affinitySeconds !== undefined) {
      this.#bonds.delete(client);
      this.#bonds.set(client, { endpoint, lastUsed: now });
    }
    return this.#count(endpoint);
  }

  #count(endpoint: string): string {
    this.served.set(endpoint, (this.served.get(endpoint) ?? 0) + 1);
    return endpoint;
  }

  #forgetIdle(now: number, patience: number): void {
    for (const [client, { lastUsed }] of this.#bonds) if (now - lastUsed >= patience) this.#bonds.delete(client);
  }
}
