/**
 * What annotations of a Node say of its BGP (pkg/controllers/routing/network_routes_controller.go, startBgpServer,
 * bgpPeerConfigsFromIndividualAnnotations; pkg/bgp/{peer_config,id}.go). Messages are kube-router's.
 */
import type { ClusterNode } from "../../../../kube/node/cluster-node.ts";
import { formatAddress, formatPrefix, parseAddress, parsePrefix } from "../../../../net/address.ts";

const PREFIX = "kube-router.io/";
const ASN_BITS = 32;
const ID_BITS = 32;
const REPEAT_BITS = 8;
const COMMUNITY_BITS = 32;

export interface RouterPeer {
  readonly address: string;
  readonly asn: number;
  readonly source?: string | undefined;
  readonly password?: string | undefined;
}

export interface NodeBgp {
  /** `kube-router.io/node.asn`; absent: that of the cluster. */
  readonly asn?: number | undefined;
  readonly role?: "server" | "client" | undefined;
  /** Cluster id of a route reflector. */
  readonly clusterId?: string | undefined;
  readonly prepend?: { readonly asn: number; readonly times: number } | undefined;
  readonly communities: readonly string[];
  /** Prefixes of which it takes no route. */
  readonly rejected: readonly string[];
  readonly peers: readonly RouterPeer[];
}

/** What is wrong with an annotation, `kube-router.io/rr.server`. */
export type ReportAnnotation = (annotation: string, message: string) => void;

/** As Go's ParseUint with base 0. */
function parseUint(text: string, bits: number): number | undefined {
  const number = /^(?:\d+|0[xX][\da-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/.test(text) ? Number(text) : Number.NaN;
  return number < 2 ** bits ? number : undefined;
}

/** pkg/bgp/peer_config.go, validateASN. */
function isPeerAs(asn: number): boolean {
  const ranges = [
    [1, 23_455],
    [23_457, 63_999],
    [64_512, 65_534],
    [131_072, 4_294_967_294],
  ] as const;
  return ranges.some(([from, to]) => asn >= from && asn <= to);
}

function isCommunity(text: string): boolean {
  const [high = "", low] = text.split(":");
  if (low === undefined) return parseUint(text, COMMUNITY_BITS) !== undefined;
  return [high, low].every((half) => parseUint(half, COMMUNITY_BITS / 2) !== undefined);
}

class Annotations {
  readonly #given: Readonly<Record<string, string>>;
  readonly #report: ReportAnnotation;

  constructor({ annotations = {} }: Pick<ClusterNode, "annotations">, report: ReportAnnotation) {
    this.#given = annotations;
    this.#report = report;
  }

  text(name: string): string | undefined {
    return this.#given[PREFIX + name];
  }

  refuse(name: string, message: string): undefined {
    this.#report(PREFIX + name, message);
    return undefined;
  }

  number(name: string, bits: number, message: string): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : (parseUint(text, bits) ?? this.refuse(name, message));
  }

  list(name: string): readonly string[] | undefined {
    return this.text(name)?.split(",");
  }

  reflector(): Pick<NodeBgp, "role" | "clusterId"> {
    for (const role of ["server", "client"] as const) {
      const clusterId = this.text(`rr.${role}`);
      if (clusterId === undefined) continue;
      if (parseUint(clusterId, ID_BITS) === undefined && parseAddress(clusterId) === undefined)
        this.refuse(`rr.${role}`, `failed to parse rr.${role} clusterId specified for the node`);
      return { role, clusterId };
    }
    return {};
  }

  prepend(): NodeBgp["prepend"] {
    if (this.text("path-prepend.as") === undefined) return undefined;
    if (this.text("path-prepend.repeat-n") === undefined)
      return this.refuse(
        "path-prepend.as",
        `both ${PREFIX}path-prepend.as and ${PREFIX}path-prepend.repeat-n must be set`,
      );
    const asn = this.number("path-prepend.as", ASN_BITS, "failed to parse ASN number specified to prepend");
    const times = this.number(
      "path-prepend.repeat-n",
      REPEAT_BITS,
      "failed to parse number of times ASN should be repeated",
    );
    return asn === undefined || times === undefined ? undefined : { asn, times };
  }

  /** One that cannot be parsed makes all of them ineffective. */
  rejected(): readonly string[] {
    const parsed = (this.list("node.bgp.customimportreject") ?? []).map((text) => parsePrefix(text.trim()));
    const prefixes = parsed.flatMap((one) => (one === undefined ? [] : [formatPrefix(one)]));
    return prefixes.length === parsed.length ? prefixes : [];
  }

  peers(): readonly RouterPeer[] {
    const [asns, ips] = [this.list("peer.asns"), this.list("peer.ips")];
    if (asns === undefined || ips === undefined) return [];
    const invalid = "invalid peer router config";
    if (asns.length !== ips.length)
      this.refuse("peer.ips", `${invalid}, the number of IPs and ASN numbers must be equal`);
    const beside = (name: string, what: string): readonly string[] => {
      const list = this.list(name) ?? [];
      if (list.length > 0 && list.length !== ips.length)
        this.refuse(name, `${invalid}. The number of ${what} should either be zero, or one per peer router`);
      return list;
    };
    const [passwords, sources] = [beside("peer.passwords", "passwords"), beside("peer.localips", "localIPs")];
    return ips.flatMap((ip, i) => {
      const [address, asn] = [parseAddress(ip), parseUint(asns[i] ?? "", ASN_BITS)];
      if (address === undefined) return this.refuse("peer.ips", `${ip} is not a valid IP address`) ?? [];
      if (asn === undefined) return this.refuse("peer.asns", `could not parse "${asns[i] ?? ""}" as an integer`) ?? [];
      if (!isPeerAs(asn)) this.refuse("peer.asns", `reserved ASN number "${asn}" for global BGP peer`);
      const [source, password] = [parseAddress(sources[i] ?? ""), passwords[i] ?? ""];
      if (source === undefined && (sources[i] ?? "") !== "")
        this.refuse("peer.localips", `could not parse "${sources[i] ?? ""}" as an IP`);
      return [
        {
          address: formatAddress(address),
          asn,
          ...(source === undefined ? {} : { source: formatAddress(source) }),
          ...(password === "" ? {} : { password: Buffer.from(password, "base64").toString() }),
        },
      ];
    });
  }
}

/** What is wrong is reported, and left out. */
export function nodeBgp(node: Pick<ClusterNode, "annotations">, report: ReportAnnotation = () => {}): NodeBgp {
  const annotations = new Annotations(node, report);
  const asn = annotations.number("node.asn", ASN_BITS, "failed to parse ASN number specified for the the node");
  return {
    ...(asn === undefined ? {} : { asn }),
    ...annotations.reflector(),
    prepend: annotations.prepend(),
    communities: (annotations.list("node.bgp.communities") ?? []).filter(isCommunity),
    rejected: annotations.rejected(),
    peers: annotations.peers(),
  };
}
