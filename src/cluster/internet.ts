/** The internet of a lab: a namespace with documentation addresses behind the router, one for all clusters. */
import type { PerFamily } from "../net/family.ts";
import { perFamily } from "../net/families.ts";
import { addressAt, formatAddress, formatPrefix, prefixSize, type Prefix } from "../net/address.ts";
import { resolveDnsRecords } from "../fabric/resolve-dns-records.ts";
import { readServer } from "../fabric/resolve-node.ts";
import { perFamilyText } from "../kube/pod/ipam.ts";
import type { Scope } from "../syntax/scope.ts";
import type { ClusterModel, Internet } from "./cluster.ts";
import type { ClusterDocument } from "./schema.ts";

/** The router's device towards it. */
export const INTERNET_DEVICE = "internet";

/** The internet's own address: .10 (::10), or the second host of a small range. */
function internetAddress(prefix: Prefix): string {
  const wanted = prefix.family === "ipv4" ? 10n : 0x10n;
  const address = addressAt(prefix, wanted < prefixSize(prefix) - 1n ? wanted : 2n) ?? prefix;
  return formatAddress(address);
}

/** `shared`: what another cluster says of it. Families that only this cluster has are added. */
export function resolveInternet(
  doc: ClusterDocument,
  subnets: PerFamily<Prefix>,
  scope: Scope,
  path: string,
  shared?: Internet,
): Internet {
  const seen = new Set<number>();
  const servers = (doc.internet?.servers ?? []).flatMap((value, i) => {
    const place = scope.at("servers", i);
    const server = readServer(value, place);
    if (server === undefined) return [];
    if (server.protocol !== "tcp") {
      place.error(
        `the internet's servers are TCP ports, not ${server.protocol}`,
        "for UDP add spec.topology.nodes.internet.servers: [53/udp]",
      );
      return [];
    }
    if (seen.has(server.port)) place.error(`duplicate server on port ${server.port}`, "name each port once");
    seen.add(server.port);
    if (server.port === 53 && doc.internet?.dns !== undefined)
      place.error("port 53 is the DNS server's", "remove it from servers, or remove dns");
    return [server.port];
  });
  const records = doc.internet?.dns;
  const dns =
    records === undefined
      ? undefined
      : {
          ...resolveDnsRecords(records, scope.at("dns")),
          cause: scope.at("dns").cause(`${path}.internet`, "DNS server of the internet"),
        };
  const own = {
    subnet: perFamilyText(subnets, formatPrefix),
    router: perFamilyText(subnets, (prefix) => formatAddress(addressAt(prefix, 1n) ?? prefix)),
    address: perFamilyText(subnets, internetAddress),
  };
  if (shared !== undefined)
    return {
      ...shared,
      subnet: preferring(own.subnet, shared.subnet),
      router: preferring(own.router, shared.router),
      address: preferring(own.address, shared.address),
    };
  return {
    ...own,
    servers: doc.internet?.servers === undefined ? [80] : servers,
    ...(dns === undefined ? {} : { dns }),
  };
}

/** The families of `own`, as the other has them. */
function preferring(own: PerFamily<string>, other: PerFamily<string>): PerFamily<string> {
  return Object.fromEntries(perFamily(own).map(([family, text]) => [family, other[family] ?? text]));
}

/** With the families of all clusters. */
export function labInternet(clusters: readonly ClusterModel[]): Internet {
  const [first, ...others] = clusters;
  if (first === undefined) throw new TypeError("there is no cluster");
  if (others.length === 0) return first.internet;
  const all = clusters.map(({ internet }) => internet);
  return {
    ...first.internet,
    subnet: Object.assign({}, ...all.map(({ subnet }) => subnet)) as PerFamily<string>,
    router: Object.assign({}, ...all.map(({ router }) => router)) as PerFamily<string>,
    address: Object.assign({}, ...all.map(({ address }) => address)) as PerFamily<string>,
  };
}
