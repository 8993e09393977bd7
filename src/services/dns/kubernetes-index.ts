/**
 * Which targets a name of the cluster's zone has: the algorithm of CoreDNS's plugin `kubernetes` (plugin/kubernetes/kubernetes.go,
 * parse.go, reverse.go) from a name's labels to Services, endpoints and pods. DNS specification 1.1.0.
 */
import { addTo } from "../../append.ts";
import type { DnsEndpoints, DnsService, KubernetesZone } from "../../resources/dns/zone.ts";
import { decodeSockaddr, encodeSockaddr, literalFamily } from "../../kernel/sockaddr.ts";
import { namespacedName } from "../../net/object-ref.ts";

/** Something that a name refers to. */
export interface Target {
  /** An address, or the name that an ExternalName Service refers to. */
  readonly host: string;
  readonly type: "A" | "AAAA" | "CNAME";
  /** For SRV; undefined when there is no port. */
  readonly port: number | undefined;
  /** Labels of the name that has this address alone, below the domain: `my-pet.headless.default.svc`. */
  readonly owner: string;
}

/** The names of the zone; undefined is a name that does not exist, no targets one without records. */
export type Found = readonly Target[] | undefined;

export class KubernetesIndex {
  readonly #zone: KubernetesZone;
  readonly #namespaces: ReadonlySet<string>;
  readonly #services = new Map<string, DnsService>();
  readonly #endpoints = new Map<string, DnsEndpoints[]>();
  readonly #pods: ReadonlySet<string>;
  #names: Map<string, readonly string[]> | undefined;

  constructor(zone: KubernetesZone) {
    this.#zone = zone;
    this.#namespaces = new Set(zone.namespaces);
    this.#pods = new Set(zone.podAddresses);
    for (const service of zone.services) this.#services.set(namespacedName(service), service);
    for (const slice of zone.endpoints) {
      if (slice.addresses.length === 0) continue;
      addTo(this.#endpoints, `${slice.namespace}/${slice.service}`, slice);
    }
  }

  /** `path`: the name without the domain, in lower case. */
  find(path: string): Found {
    if (path === "" || path === "svc" || path === "pod") return [];
    const labels = path.split(".");
    const kind = labels.pop();
    const namespace = labels.pop() ?? "";
    const name = labels.pop();
    // As parse.go has it, a name with one or two labels before a pod's is the pod's, and more are too many.
    if (kind === "pod") return labels.length > 2 ? undefined : this.#findPod(namespace, name);
    if (kind !== "svc" || !this.#namespaces.has(namespace)) return undefined;
    return name === undefined ? [] : this.#findService(namespace, name, labels);
  }

  /** The names of an address: its Service's, else those of its endpoints in all Services. */
  namesOf(address: string): readonly string[] {
    this.#names ??= this.#reverse();
    return this.#names.get(canonicalIP(address)) ?? [];
  }

  /** Services that the server itself is behind, and their addresses. */
  nameServers(): readonly { readonly owner: string; readonly address: string }[] {
    const found = this.#zone.endpoints
      .filter((slice) => slice.addresses.some(({ ip }) => this.#zone.own.includes(ip)))
      .map((slice) => `${slice.namespace}/${slice.service}`);
    return [...new Set(found)].flatMap((key) => {
      const service = this.#services.get(key);
      if (service === undefined) return [];
      const targets = this.#findService(service.namespace, service.name, []) ?? [];
      return targets
        .filter((target, i) => targets.findIndex((it) => it.host === target.host) === i)
        .map(({ owner, host }) => ({ owner, address: host }));
    });
  }

  #findPod(namespace: string, name: string | undefined): Found {
    if (this.#zone.pods === "disabled" || !this.#namespaces.has(namespace)) return undefined;
    if (name === undefined) return [];
    const four = name.split("-").length === 4 && !name.includes("--");
    const ip = name.replaceAll("-", four ? "." : ":");
    const family = literalFamily(ip);
    if (family === undefined) return undefined;
    const address = canonicalIP(ip);
    if (this.#zone.pods === "verified" && !this.#pods.has(`${namespace}/${address}`)) return undefined;
    return [
      { host: address, type: family === "ipv4" ? "A" : "AAAA", port: undefined, owner: `${name}.${namespace}.pod` },
    ];
  }

  /** `labels` before the Service: none, an endpoint, an endpoint and its cluster, `_port._protocol`, `ZONE.pin._zone`. */
  #findService(namespace: string, name: string, labels: readonly string[]): Found {
    const key = namespacedName({ namespace, name });
    const service = this.#services.get(key);
    if (service === undefined) return undefined;
    if (labels.length > 2) {
      const mode = labels.at(-2) ?? "";
      return labels.at(-1) === "_zone" ? this.#ofTopologyZone(service, labels.slice(0, -2).join("."), mode) : undefined;
    }
    const [first = "", second = ""] = labels;
    const ofCluster =
      this.#zone.multicluster === true && labels.length === 2 && !first.startsWith("_") && !second.startsWith("_");
    const endpoint = labels.length === 1 || ofCluster ? first : undefined;
    const cluster = ofCluster ? second : "";
    const port = labels.length === 2 && !ofCluster ? { name: bare(first), protocol: bare(second) } : undefined;
    if (service.externalName !== undefined) {
      const isBelow = endpoint !== undefined || (port !== undefined && (port.name !== "" || port.protocol !== ""));
      return isBelow ? undefined : external(service);
    }
    const slices = this.#endpoints.get(key) ?? [];
    if (this.#zone.ignoreEmpty === true && service.clusterIPs.length > 0 && slices.length === 0) return undefined;
    const targets =
      service.clusterIPs.length === 0 || endpoint !== undefined
        ? slices.flatMap((slice) => this.#ofSlice(slice, endpoint, cluster, port))
        : service.ports
            .filter((it) => matches(it, port))
            .flatMap((it) => service.clusterIPs.map((ip) => target(ip, it.port, `${name}.${namespace}.svc`)));
    return targets.length === 0 ? undefined : targets;
  }

  /** CoreDNS's option `zonal`: a headless Service's endpoints in one zone; `prefer` has all where that zone has none. */
  #ofTopologyZone(service: DnsService, zone: string, mode: string): Found {
    const headless = service.clusterIPs.length === 0 && service.externalName === undefined;
    if (this.#zone.zonal !== true || this.#zone.multicluster === true) return undefined;
    if (!headless || (mode !== "pin" && mode !== "prefer")) return undefined;
    const slices = this.#endpoints.get(namespacedName(service)) ?? [];
    const within = slices.map((slice) => ({
      ...slice,
      addresses: slice.addresses.filter((address) => address.zone?.toLowerCase() === zone),
    }));
    const some = within.some(({ addresses }) => addresses.length > 0);
    const chosen = some || mode === "pin" ? within : slices;
    // The name exists for every zone, even without records (findServices).
    return chosen.flatMap((slice) => this.#ofSlice(slice, undefined, "", undefined));
  }

  #ofSlice(slice: DnsEndpoints, endpoint: string | undefined, cluster: string, port: Port | undefined): Target[] {
    // An endpoint of an imported Service has no name without its cluster.
    if (endpoint !== undefined && cluster !== (slice.cluster ?? "").toLowerCase()) return [];
    const ports = slice.ports.length === 0 ? [undefined] : slice.ports;
    const prefix = slice.cluster === undefined ? "" : `${slice.cluster}.`;
    return slice.addresses.flatMap((address) => {
      const label = endpointLabel(address);
      if (endpoint !== undefined && endpoint !== label.toLowerCase()) return [];
      const owner = `${label}.${prefix}${slice.service}.${slice.namespace}.svc`;
      return ports
        .filter((it) => (it === undefined ? port === undefined : matches(it, port)))
        .map((it) => target(address.ip, it?.port, owner));
    });
  }

  #reverse(): Map<string, readonly string[]> {
    const names = new Map<string, string[]>();
    for (const slice of this.#zone.endpoints) {
      for (const address of slice.addresses) {
        const ip = canonicalIP(address.ip);
        const name = `${endpointLabel(address)}.${slice.service}.${slice.namespace}.svc`;
        if (names.get(ip)?.includes(name) !== true) addTo(names, ip, name);
      }
    }
    const ofServices = new Map<string, string[]>();
    for (const { namespace, name, clusterIPs } of this.#zone.services)
      for (const ip of clusterIPs) ofServices.set(canonicalIP(ip), [`${name}.${namespace}.svc`]);
    return new Map([...names, ...ofServices]);
  }
}

type Port = { readonly name: string; readonly protocol: string };

function matches(port: { readonly name: string; readonly protocol: string }, wanted: Port | undefined): boolean {
  if (wanted === undefined) return true;
  const isOne = (name: string, asked: string): boolean => asked === "" || name.toLowerCase() === asked;
  return isOne(port.name, wanted.name) && isOne(port.protocol, wanted.protocol);
}

/** `_http` → `http`; CoreDNS accepts labels without the underscore too. */
function bare(label: string): string {
  return label.startsWith("_") ? label.slice(1) : label;
}

function target(ip: string, port: number | undefined, owner: string): Target {
  return { host: ip, type: ip.includes(":") ? "AAAA" : "A", port, owner };
}

/** An ExternalName that is an address has no record: a CNAME leads to a name. */
function external(service: DnsService): Found {
  const host = (service.externalName ?? "").replace(/\.$/, "");
  if (host === "" || literalFamily(host) !== undefined) return undefined;
  return [{ host, type: "CNAME", port: undefined, owner: `${service.name}.${service.namespace}.svc` }];
}

/** An endpoint without a hostname is named by its address: `172-0-0-2`, `5678-abcd--1`, `5678-abcd--0`, for no label ends with a dash. */
function endpointLabel({ ip, hostname }: DnsEndpoints["addresses"][number]): string {
  return hostname === undefined || hostname === "" ? ip.replaceAll(/[.:]/g, "-").replace(/-$/, "-0") : hostname;
}

/** One text for one address (RFC 5952). */
function canonicalIP(ip: string): string {
  return ip.includes(":") ? decodeSockaddr(encodeSockaddr(ip, 0)).address : ip;
}
