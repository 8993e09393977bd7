/** A routing table as it is served: with connections to its endpoints, and certificates. What both have stays when another table follows. */
import { X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import type { NetnsHandle } from "../kernel/netns.ts";
import type { Backend, Endpoint, Listener, RoutingTable } from "../routing/model.ts";
import { Balancer } from "./balance.ts";
import type { KeyPair } from "./backend-tls.ts";
import { endpointText } from "./connect.ts";
import { EndpointPool } from "./endpoint-pool.ts";

/** By id. */
export type KeyPairs = Readonly<Record<string, KeyPair>>;

interface Certificate {
  readonly pair: KeyPair;
  readonly parsed: X509Certificate;
}

export class ServedTable {
  readonly table: RoutingTable;
  readonly #handle: NetnsHandle;
  readonly #certificates = new Map<string, Certificate>();
  readonly #contexts: Map<string, SecureContext>;
  readonly #pools: Map<string, EndpointPool>;
  readonly #balancers: Map<string, Balancer>;
  readonly #used = new Set<string>();
  /** Also of servers that are asked besides: each request makes its own. */
  readonly #wires = new WeakMap<Backend, string>();

  /** Throws where a certificate or key cannot be read. */
  constructor(handle: NetnsHandle, table: RoutingTable, pairs: KeyPairs, before?: ServedTable) {
    this.#handle = handle;
    this.table = table;
    for (const [id, pair] of Object.entries(pairs)) {
      try {
        createSecureContext({ cert: pair.certificate, key: pair.key });
        this.#certificates.set(id, { pair, parsed: new X509Certificate(pair.certificate) });
      } catch (error) {
        throw new Error(`certificate ${id} cannot be used: ${String(error)}`, { cause: error });
      }
    }
    this.#contexts = before === undefined ? new Map() : before.#contexts;
    this.#pools = before === undefined ? new Map() : before.#pools;
    this.#balancers = before === undefined ? new Map() : before.#balancers;
  }

  backend(id: string): Backend | undefined {
    return Object.hasOwn(this.table.backends, id) ? this.table.backends[id] : undefined;
  }

  balancer(id: string): Balancer {
    return found(this.#balancers, id, () => new Balancer());
  }

  /** Of a backend of this table, or one that is asked besides. */
  pool(backend: Backend, endpoint: Endpoint): EndpointPool {
    const key = `${endpointText(endpoint)} ${this.#wire(backend)}`;
    this.#used.add(key);
    const own = backend.tls?.certificate;
    const pair = own === undefined ? undefined : this.#certificates.get(own)?.pair;
    return found(this.#pools, key, () => new EndpointPool(this.#handle, endpoint, backend, pair));
  }

  /** Gives up what only earlier tables had. */
  retireOthers(): void {
    const wanted = new Set<string>(this.#used);
    for (const backend of Object.values(this.table.backends))
      for (const endpoint of backend.endpoints) wanted.add(`${endpointText(endpoint)} ${this.#wire(backend)}`);
    for (const [key, pool] of this.#pools) {
      if (wanted.has(key)) continue;
      pool.retire();
      this.#pools.delete(key);
    }
    for (const id of this.#balancers.keys()) if (!(id in this.table.backends)) this.#balancers.delete(id);
  }

  stop(): void {
    for (const pool of this.#pools.values()) pool.stop();
    this.#pools.clear();
  }

  /** How TLS is ended for a client that asks for this name; undefined: there is no certificate. */
  secureContext(listener: Listener, serverName: string | undefined): SecureContext | undefined {
    const own = listener.certificates.flatMap((id) => this.#certificates.get(id) ?? []);
    const chosen = own.find(({ parsed }) => serverName !== undefined && parsed.checkHost(serverName) !== undefined);
    const pair = (chosen ?? own[0])?.pair;
    if (pair === undefined) return undefined;
    const ca = listener.clientCertificates?.authorities ?? [];
    const key = JSON.stringify([pair.certificate, pair.key, ca]);
    return found(this.#contexts, key, () =>
      createSecureContext({ cert: pair.certificate, key: pair.key, ...(ca.length === 0 ? {} : { ca: [...ca] }) }),
    );
  }

  /** All that makes connections of one backend unfit for another. */
  #wire(backend: Backend): string {
    return found(this.#wires, backend, () => {
      const own = backend.tls?.certificate;
      const pair = own === undefined ? undefined : this.#certificates.get(own)?.pair;
      return JSON.stringify([backend.protocol, backend.tls, backend.sendProxy, pair]);
    });
  }
}

function found<K, V>(map: { get(key: K): V | undefined; set(key: K, value: V): unknown }, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = make();
  map.set(key, value);
  return value;
}
