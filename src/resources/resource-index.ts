/** Finds resources by what they provide, in constant time: devices by name, addresses by the network that they are in. */
import { append, addTo } from "../append.ts";
import { formatPrefix, networkOf, parseAddress, parseInterfaceAddress } from "../net/address.ts";
import type { AddrResource } from "./addr/definition.ts";
import type { Resource } from "./resource.ts";
import { definitionOf } from "./definitions.ts";

const NONE: readonly string[] = [];

/** Prefixes of one namespace, looked up by an address in them. */
class PrefixTable {
  readonly #lengths = new Set<number>();
  readonly #byPrefix = new Map<string, string[]>();

  add(prefix: string, id: string): void {
    this.#lengths.add(Number(prefix.slice(prefix.indexOf("/") + 1)));
    addTo(this.#byPrefix, prefix, id);
  }

  holding(text: string): readonly string[] {
    const address = parseAddress(text);
    if (address === undefined) return NONE;
    const found: string[] = [];
    const bits = address.family === "ipv4" ? 32 : 128;
    for (const length of this.#lengths)
      if (length <= bits) append(found, this.#byPrefix.get(formatPrefix(networkOf(address, length))) ?? NONE);
    return found;
  }
}

export class ResourceIndex {
  readonly #netns = new Map<string, string>();
  readonly #devices = new Map<string, string>();
  readonly #volumes = new Map<string, string>();
  readonly #ipsets = new Map<string, string>();
  readonly #proxies = new Map<string, string[]>();
  readonly #nsSysctls = new Map<string, string[]>();
  readonly #deviceSysctls = new Map<string, string[]>();
  readonly #addresses = new Map<string, string[]>();
  readonly #exact = new Map<string, string[]>();
  readonly #networks = new Map<string, PrefixTable>();
  readonly #linkRoutes = new Map<string, PrefixTable>();
  /** Earlier addresses of the same device and network: the first one is the primary. */
  readonly #primary = new Map<string, string>();
  readonly #previous = new Map<string, string>();
  readonly #rules = new Map<string, string[]>();
  readonly #environment = new Map<string, string[]>();
  readonly #daemons: string[] = [];

  constructor(resources: Iterable<Resource>) {
    for (const resource of resources) definitionOf(resource).provide?.(resource, this);
  }

  addDaemon(id: string): void {
    this.#daemons.push(id);
  }

  addNetns(ns: string, id: string): void {
    this.#netns.set(ns, id);
  }

  addDevice(ns: string, name: string, id: string): void {
    this.#devices.set(`${ns}\0${name}`, id);
  }

  /** `device`: undefined for one of the namespace as a whole. */
  addSysctl(ns: string, device: string | undefined, id: string): void {
    if (device === undefined) addTo(this.#nsSysctls, ns, id);
    else addTo(this.#deviceSysctls, `${ns}\0${device}`, id);
  }

  addLinkRoute(ns: string, prefix: string, id: string): void {
    this.#table(this.#linkRoutes, ns).add(prefix, id);
  }

  addIpset(ns: string, name: string, id: string): void {
    this.#ipsets.set(`${ns}\0${name}`, id);
  }

  addVolume(ns: string, pod: string | undefined, name: string, id: string): void {
    this.#volumes.set(`${ns}\0${pod ?? ""}\0${name}`, id);
  }

  addProxy(ns: string, family: string, id: string): void {
    addTo(this.#proxies, `${ns}\0${family}`, id);
  }

  /** What a process of the namespace relies on. */
  addEnvironment(ns: string, id: string): void {
    addTo(this.#environment, ns, id);
  }

  /** Tables of rules: processes rely on them, and connection tracking counts only when they are there. */
  addRules(ns: string, id: string): void {
    addTo(this.#rules, ns, id);
    addTo(this.#environment, ns, id);
  }

  addAddress({ id, ns, dev, address, family, prefixRoute, routeRemoved }: AddrResource): void {
    addTo(this.#addresses, `${ns}\0${dev}\0${family}`, id);
    addTo(this.#environment, ns, id);
    addTo(this.#exact, `${ns}\0${address.slice(0, address.indexOf("/"))}`, id);
    const parsed = parseInterfaceAddress(address);
    if (parsed === undefined) return;
    const network = formatPrefix(parsed.prefix);
    if (prefixRoute !== false && routeRemoved !== true) this.#table(this.#networks, ns).add(network, id);
    if (family === "ipv6") return;
    const key = `${ns}\0${dev}\0${network}`;
    const before = this.#primary.get(key);
    if (before !== undefined) this.#previous.set(id, before);
    else this.#primary.set(key, id);
  }

  #table(map: Map<string, PrefixTable>, ns: string): PrefixTable {
    const table = map.get(ns) ?? new PrefixTable();
    map.set(ns, table);
    return table;
  }

  netns(ns: string): string | undefined {
    return this.#netns.get(ns);
  }

  /** The resource that makes a device; undefined for `lo` and for devices that the lab does not make. */
  device(ns: string, name: string): string | undefined {
    return this.#devices.get(`${ns}\0${name}`);
  }

  /** `pod`: of a hostNetwork pod. */
  volume(ns: string, pod: string | undefined, name: string): string | undefined {
    return this.#volumes.get(`${ns}\0${pod ?? ""}\0${name}`);
  }

  ipset(ns: string, name: string): string | undefined {
    return this.#ipsets.get(`${ns}\0${name}`);
  }

  /** Listeners and virtual servers that rules of this family send connections to. */
  proxies(ns: string, family: string): readonly string[] {
    return this.#proxies.get(`${ns}\0${family}`) ?? NONE;
  }

  /** Sysctls of the namespace as a whole (`all`, `default`, ip_forward …): devices take their settings from them. */
  nsSysctls(ns: string): readonly string[] {
    return this.#nsSysctls.get(ns) ?? NONE;
  }

  /** Those of all namespaces: what one writes it learns from others. */
  get daemons(): readonly string[] {
    return this.#daemons;
  }

  /** Tables of rules. */
  rules(ns: string): readonly string[] {
    return this.#rules.get(ns) ?? NONE;
  }

  deviceSysctls(ns: string, dev: string): readonly string[] {
    return this.#deviceSysctls.get(`${ns}\0${dev}`) ?? NONE;
  }

  addresses(ns: string, dev: string, family: string): readonly string[] {
    return this.#addresses.get(`${ns}\0${dev}\0${family}`) ?? NONE;
  }

  /** Resources for exactly this address (without length). */
  addressResources(ns: string, address: string): readonly string[] {
    return this.#exact.get(`${ns}\0${address}`) ?? NONE;
  }

  /** The address that is primary in the network of this (secondary) IPv4 address: when it goes, the kernel drops both. */
  primaryOf(id: string): string | undefined {
    return this.#previous.get(id);
  }

  /** Addresses whose network holds this address. */
  networksHolding(ns: string, address: string): readonly string[] {
    return this.#networks.get(ns)?.holding(address) ?? NONE;
  }

  /** Routes without next hop whose prefix holds this address. */
  linkRoutesHolding(ns: string, address: string): readonly string[] {
    return this.#linkRoutes.get(ns)?.holding(address) ?? NONE;
  }

  /** All that a process of this namespace relies on. */
  environment(ns: string): readonly string[] {
    return this.#environment.get(ns) ?? NONE;
  }
}
