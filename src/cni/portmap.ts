/** portmap's rules in iptables, in its own words (plugins/meta/portmap/portmap_iptables.go of containernetworking/plugins 3d27709). */
import { DEFAULT_ROUTE } from "../net/families.ts";
import type { Family } from "../net/family.ts";

export const PORTMAP_CHAINS = {
  dnat: "CNI-HOSTPORT-DNAT",
  setMark: "CNI-HOSTPORT-SETMARK",
  masquerade: "CNI-HOSTPORT-MASQ",
} as const;

/** xt_multiport allows no more ports in one rule. */
const MULTIPORT = 15;
/** xt_comment's limit is 255. */
const COMMENT = 255;

/** As the capability portMappings has it. */
export interface PortMapping {
  readonly protocol: string;
  readonly hostPort: number;
  readonly containerPort: number;
  /** Absent, or unspecified (0.0.0.0, ::): all of the node's. */
  readonly hostIP?: string | undefined;
}

/** What is forwarded to one address of a container. */
export interface PortmapInput<M extends PortMapping = PortMapping> {
  readonly network: string;
  readonly containerId: string;
  readonly family: Family;
  readonly address: string;
  /** What reaches itself through the node's port and has to be masqueraded: the address with its subnet's length. */
  readonly source: string;
  readonly mappings: readonly M[];
  /** conditionsV4 or conditionsV6. */
  readonly conditions?: readonly string[] | undefined;
  /** Default true: what would otherwise be answered directly is masqueraded. */
  readonly snat?: boolean | undefined;
  readonly externalSetMarkChain?: string | undefined;
}

const comment = (text: string): readonly string[] => ["-m", "comment", "--comment", text];

const trimmed = (text: string): string => (text.length <= COMMENT ? text : `${text.slice(0, COMMENT - 2)}...`);

/** What leads to a container's chain, without the jump: a rule for up to 15 ports of a protocol. */
export function entryRules({
  network,
  containerId,
  mappings,
  conditions = [],
}: PortmapInput): readonly (readonly string[])[] {
  const about = comment(trimmed(`dnat name: "${network}" id: "${containerId}"`));
  const protocols = [...new Set(mappings.map(({ protocol }) => protocol))].toSorted();
  return protocols.flatMap((protocol) => {
    const ports = mappings.filter((one) => one.protocol === protocol).map(({ hostPort }) => hostPort);
    const parts = Array.from({ length: Math.ceil(ports.length / MULTIPORT) }, (_, i) =>
      ports.slice(i * MULTIPORT, (i + 1) * MULTIPORT),
    );
    return parts.map((part) => [
      ...about,
      "-m",
      "multiport",
      "-p",
      protocol,
      "--destination-ports",
      part.join(","),
      ...conditions,
    ]);
  });
}

export interface ContainerRule<M extends PortMapping = PortMapping> {
  readonly mapping: M;
  readonly use: "hairpin" | "localhost" | "dnat";
  readonly words: readonly string[];
}

/** A container's chain: what comes from itself or from 127.0.0.1 is marked, then everything is translated. */
export function containerRules<M extends PortMapping>(input: PortmapInput<M>): readonly ContainerRule<M>[] {
  const { family, address, source, snat = true, externalSetMarkChain: setMark = PORTMAP_CHAINS.setMark } = input;
  const host = family === "ipv6" ? `[${address}]` : address;
  const ofFamily = input.mappings.filter(
    ({ hostIP = "" }) => hostIP === "" || hostIP.includes(":") === (family === "ipv6"),
  );
  return ofFamily.flatMap((mapping): ContainerRule<M>[] => {
    const { protocol, hostPort, containerPort, hostIP = "" } = mapping;
    const isAny = hostIP === "" || hostIP === DEFAULT_ROUTE[family].split("/")[0];
    const match = ["-p", protocol, "--dport", String(hostPort), ...(isAny ? [] : ["-d", hostIP])];
    const marked = (use: "hairpin" | "localhost", from: string): ContainerRule<M> => ({
      mapping,
      use,
      words: [...match, "-s", from, "-j", setMark],
    });
    return [
      ...(snat ? [marked("hairpin", source)] : []),
      ...(snat && family === "ipv4" ? [marked("localhost", "127.0.0.1")] : []),
      { mapping, use: "dnat", words: [...match, "-j", "DNAT", "--to-destination", `${host}:${containerPort}`] },
    ];
  });
}

/** `mark`: as `0x2000/0x2000`. */
export function markRule(mark: string): readonly string[] {
  return [...comment("CNI portfwd masquerade mark"), "-j", "MARK", "--set-xmark", mark];
}

export function masqueradeRules(mark: string): { readonly entry: readonly string[]; readonly rule: readonly string[] } {
  return {
    entry: comment("CNI portfwd requiring masquerade"),
    rule: ["-m", "mark", "--mark", mark, "-j", "MASQUERADE"],
  };
}
