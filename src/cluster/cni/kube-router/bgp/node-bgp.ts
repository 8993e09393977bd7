/**
 * What annotations of a Node say of its BGP (pkg/controllers/routing/network_routes_controller.go, startBgpServer,
 * bgpPeerConfigsFromIndividualAnnotations; pkg/bgp/{peer_config,id}.go). Messages are kube-router's.
 */
import type { ClusterNode } from "../../../../kube/node/cluster-node.ts";
import { parseStream } from "../../../../syntax/yaml-stream.ts";
import { formatAddress, formatPrefix, parseAddress, parsePrefix } from "../../../../net/address.ts";

const PREFIX = "kube-router.io/";
const ASN_BITS = 32;
const ID_BITS = 32;
const REPEAT_BITS = 8;
const COMMUNITY_BITS = 32;
const PORT_BITS = 16;
const BGP_PORT = 179;

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
  /** The annotation that names them. */
  readonly peersBy: string;
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

  /** `kube-router.io/peers`, else the older annotations, which it replaces (bgpPeerConfigsFromNodeAnnotations). */
  peers(): readonly RouterPeer[] {
    const text = this.text("peers");
    if (text === undefined) return this.#listedPeers();
    const [document] = parseStream(text, PREFIX).documents;
    const entries: unknown = document?.value;
    const fail = (why: string): [] => {
      this.refuse("peers", `failed to parse ${PREFIX}peers annotation: ${why}`);
      return [];
    };
    if (!Array.isArray(entries)) return fail("it is not a list");
    return entries.flatMap((entry: unknown): readonly RouterPeer[] => {
      const fields = (typeof entry === "object" && entry !== null ? entry : {}) as Readonly<Record<string, unknown>>;
      const said = (name: string): string | undefined => {
        const value = fields[name];
        return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
      };
      for (const name of ["remoteip", "remoteasn"])
        if (said(name) === undefined) return fail(`${name} cannot be empty`);
      return this.#peer("peers", {
        ip: said("remoteip") ?? "",
        asn: said("remoteasn") ?? "",
        source: said("localip") ?? "",
        password: said("password") ?? "",
        port: said("port") ?? "",
      });
    });
  }

  #listedPeers(): readonly RouterPeer[] {
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
    const ports = beside("peer.ports", "ports");
    return ips.flatMap((ip, i) =>
      this.#peer("peer.ips", {
        ip,
        asn: asns[i] ?? "",
        source: sources[i] ?? "",
        password: passwords[i] ?? "",
        port: ports[i] ?? "",
      }),
    );
  }

  /** Texts that are empty are not given. */
  #peer(
    name: string,
    given: Readonly<Record<"ip" | "asn" | "source" | "password" | "port", string>>,
  ): readonly RouterPeer[] {
    const of = (one: string): string => (name === "peers" ? name : one);
    const [address, asn, source] = [parseAddress(given.ip), parseUint(given.asn, ASN_BITS), parseAddress(given.source)];
    if (address === undefined) return this.refuse(name, `${given.ip} is not a valid IP address`) ?? [];
    if (asn === undefined) return this.refuse(of("peer.asns"), `could not parse "${given.asn}" as an integer`) ?? [];
    if (!isPeerAs(asn)) this.refuse(of("peer.asns"), `reserved ASN number "${asn}" for global BGP peer`);
    if (source === undefined && given.source !== "")
      this.refuse(of("peer.localips"), `could not parse "${given.source}" as an IP`);
    const port = given.port === "" ? BGP_PORT : parseUint(given.port, PORT_BITS);
    if (port === undefined) this.refuse(of("peer.ports"), `could not parse "${given.port}" as a port`);
    else if (port !== BGP_PORT)
      this.refuse(of("peer.ports"), `port ${port}: routers of a lab speak BGP at port ${BGP_PORT} alone`);
    return [
      {
        address: formatAddress(address),
        asn,
        ...(source === undefined ? {} : { source: formatAddress(source) }),
        ...(given.password === "" ? {} : { password: Buffer.from(given.password, "base64").toString() }),
      },
    ];
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
    peersBy: `${PREFIX}${annotations.text("peers") === undefined ? "peer.ips" : "peers"}`,
  };
}
