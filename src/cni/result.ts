/** Results of ADD in every version of the specification, and how one becomes another (pkg/types of containernetworking/cni v1.3.0). */
import { parseInterfaceAddress } from "../net/address.ts";
import { familyOf } from "../net/families.ts";
import { CniError, CNI_CODE } from "./error.ts";
import { isAtLeast, isSpecVersion, UNNAMED } from "./version.ts";
import type { SpecVersion } from "./version.ts";

export interface ResultInterface {
  readonly name: string;
  readonly mac?: string | undefined;
  /** Since 1.1.0, as the two that follow. */
  readonly mtu?: number | undefined;
  readonly sandbox?: string | undefined;
  readonly socketPath?: string | undefined;
  readonly pciID?: string | undefined;
}

export interface ResultAddress {
  /** Index in `interfaces`, from 0. */
  readonly interface?: number | undefined;
  /** With prefix length. */
  readonly address: string;
  readonly gateway?: string | undefined;
}

export interface ResultRoute {
  readonly dst: string;
  readonly gw?: string | undefined;
  /** Since 1.1.0, as those that follow. */
  readonly mtu?: number | undefined;
  readonly advmss?: number | undefined;
  readonly priority?: number | undefined;
  readonly table?: number | undefined;
  readonly scope?: number | undefined;
}

/** A result as the newest version has it. */
export interface CniResult {
  readonly interfaces: readonly ResultInterface[];
  readonly ips: readonly ResultAddress[];
  readonly routes: readonly ResultRoute[];
  readonly dns: Readonly<Record<string, unknown>>;
}

type Fields = Readonly<Record<string, unknown>>;

function fail(what: string): never {
  throw new CniError(CNI_CODE.decoding, what);
}

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : fail(`not an object: ${String(value)}`);
}

const list = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.map(fields) : []);

function version(value: unknown): SpecVersion {
  const text = value === undefined || value === "" ? UNNAMED : value;
  return typeof text === "string" && isSpecVersion(text)
    ? text
    : fail(`unsupported CNI result version ${JSON.stringify(text)}`);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function address(value: unknown): string {
  const found = text(value);
  return found !== undefined && parseInterfaceAddress(found) !== undefined
    ? found
    : fail(`invalid CIDR address: ${String(value)}`);
}

/** 0.1.0 and 0.2.0: one address of each family, with its routes. */
function fromOldest(object: Fields): CniResult {
  const parts = ["ip4", "ip6"].flatMap((key) => {
    const part = object[key] ?? undefined;
    return part === undefined ? [] : [fields(part)];
  });
  return {
    interfaces: [],
    ips: parts.map((part) => ({ address: address(part["ip"]), gateway: text(part["gateway"]) })),
    routes: parts.flatMap((part) =>
      list(part["routes"]).map((one) => ({ dst: address(one["dst"]), gw: text(one["gw"]) })),
    ),
    dns: (object["dns"] ?? {}) as Fields,
  };
}

/** What a plugin wrote, or a cache or prevResult holds. Throws CniError: a version that is unknown, an address that is none. */
export function parseResult(object: Fields): CniResult {
  if (!isAtLeast(version(object["cniVersion"]), "0.3.0")) return fromOldest(object);
  return {
    interfaces: list(object["interfaces"]) as unknown as readonly ResultInterface[],
    ips: list(object["ips"]).map((one) => ({
      ...(typeof one["interface"] === "number" ? { interface: one["interface"] } : {}),
      address: address(one["address"]),
      gateway: text(one["gateway"]),
    })),
    routes: list(object["routes"]) as unknown as readonly ResultRoute[],
    dns: (object["dns"] ?? {}) as Fields,
  };
}

function given(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function oldest({ ips, routes, dns }: CniResult, cniVersion: SpecVersion): Fields {
  const part = (family: "ipv4" | "ipv6"): Fields | undefined => {
    const first = ips.find((one) => familyOf(one.address.split("/")[0] ?? "") === family);
    if (first === undefined) return undefined;
    const own = routes.filter(({ dst }) => familyOf(dst.split("/")[0] ?? "") === family);
    const routed = own.length === 0 ? undefined : own.map(({ dst, gw }) => given({ dst, gw }));
    return given({ ip: first.address, gateway: first.gateway, routes: routed });
  };
  const [ip4, ip6] = [part("ipv4"), part("ipv6")];
  if (ip4 === undefined && ip6 === undefined) fail("cannot convert: no valid IP addresses");
  return given({ cniVersion, ip4, ip6, dns });
}

/** The result in the words of a version. Throws CniError for 0.1.0 and 0.2.0 without an address. */
export function formatResult(result: CniResult, cniVersion: SpecVersion): Fields {
  if (!isAtLeast(cniVersion, "0.3.0")) return oldest(result, cniVersion);
  const newest = isAtLeast(cniVersion, "1.1.0");
  const { interfaces, ips, routes, dns } = result;
  const device = ({ name, mac, mtu, sandbox, socketPath, pciID }: ResultInterface): Fields =>
    given({ name, mac, ...(newest ? { mtu } : {}), sandbox, ...(newest ? { socketPath, pciID } : {}) });
  const numbered = (one: ResultAddress): Fields =>
    isAtLeast(cniVersion, "1.0.0") ? {} : { version: familyOf(one.address.split("/")[0] ?? "") === "ipv6" ? "6" : "4" };
  const route = ({ dst, gw, ...more }: ResultRoute): Fields => given({ dst, gw, ...(newest ? more : {}) });
  const some = <T>(all: readonly T[], each: (one: T) => Fields): readonly Fields[] | undefined =>
    all.length === 0 ? undefined : all.map(each);
  return given({
    cniVersion,
    interfaces: some(interfaces, device),
    ips: some(ips, (one) =>
      given({ ...numbered(one), interface: one.interface, address: one.address, gateway: one.gateway }),
    ),
    routes: some(routes, route),
    dns,
  });
}
