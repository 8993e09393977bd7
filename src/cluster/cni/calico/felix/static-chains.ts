/** The chains that every node has, whatever its pods and policies (felix/rules/static.go, nat.go). */
import type { Family } from "../../../../net/family.ts";
import { setName } from "../names.ts";
import { WORKLOADS } from "./config.ts";
import type { FelixConfig, ProtoPort } from "./config.ts";
import { ACCEPT, DROP, goTo, jump, match, RETURN, rule, setMark } from "./rule.ts";
import type { FelixAction, FelixChain, FelixMatch, FelixRule, PacketEnd } from "./rule.ts";

const IPIP = 4;
const UDP = 17;
const ICMPV6 = 58;

/** NodePorts, as kube-proxy has them by default (KubeNodePortRanges). */
const NODE_PORTS = [{ first: 30_000, last: 32_767 }];

const HEP_ACCEPTED = "Host endpoint policy accepted packet.";

function clearAll({ marks }: FelixConfig, but = 0): FelixAction {
  const { accept, pass, scratch0, scratch1 } = marks;
  return setMark(0, (accept | pass | scratch0 | scratch1) & ~but);
}

const vxlanPorts = ({ vxlanPort }: FelixConfig): readonly FelixMatch[] => match.portIn("destination", vxlanPort);

/** Failsafes of host endpoints: policies cannot cut these off. In raw the answers pass, too. */
function failsafes(
  name: string,
  own: readonly ProtoPort[],
  answers: readonly ProtoPort[],
  end: PacketEnd,
  family: Family,
): FelixChain {
  const of = ({ net }: ProtoPort): boolean => net === undefined || net.includes(":") === (family === "ipv6");
  const allow = ({ protocol, port, net }: ProtoPort, side: PacketEnd): FelixRule =>
    rule(
      [...match.protocol(protocol), ...match.portIn(side, port), ...(net === undefined ? [] : match.net(end, net))],
      ACCEPT,
    );
  return {
    name,
    rules: [
      ...own.filter(of).map((one) => allow(one, "destination")),
      ...answers.filter(of).map((one) => allow(one, "source")),
    ],
  };
}

export function failsafeIn(config: FelixConfig, table: "raw" | "mangle" | "filter", family: Family): FelixChain {
  const answers = table === "raw" ? config.failsafeOut : [];
  return failsafes("cali-failsafe-in", config.failsafeIn, answers, "source", family);
}

export function failsafeOut(config: FelixConfig, table: "raw" | "mangle" | "filter", family: Family): FelixChain {
  const answers = table === "raw" ? config.failsafeIn : [];
  return failsafes("cali-failsafe-out", config.failsafeOut, answers, "destination", family);
}

function inputTunnels(config: FelixConfig, family: Family): readonly FelixRule[] {
  const { ipip, vxlan, deny, allow } = config;
  const rules: FelixRule[] = [];
  const word = deny === "DROP" ? "Drop" : "Reject";
  if (ipip && family === "ipv4")
    rules.push(
      rule(
        [...match.protocol(IPIP), ...match.inSet(setName("all-hosts-net", family), "source"), ...match.toLocal],
        jump(allow),
        "Allow IPIP packets from Calico hosts",
      ),
      rule(match.protocol(IPIP), jump(deny), `${word} IPIP packets from non-Calico hosts`),
    );
  if (vxlan) {
    const title = family === "ipv4" ? "IPv4" : "IPv6";
    const packets = [...match.protocol(UDP), ...vxlanPorts(config)];
    rules.push(
      rule(
        [...packets, ...match.inSet(setName("all-vxlan-net", family), "source"), ...match.toLocal],
        jump(allow),
        `Allow ${title} VXLAN packets from allowed hosts`,
      ),
      family === "ipv4"
        ? rule([...packets, ...match.toLocal], DROP, "Drop IPv4 VXLAN packets from non-allowed hosts")
        : rule([...packets, ...match.toLocal], jump(deny), `${word} IPv6 VXLAN packets from non-allowed hosts`),
    );
  }
  return rules;
}

export function inputChain(config: FelixConfig, family: Family): FelixChain {
  const { marks, allow, ipvs } = config;
  return {
    name: "cali-INPUT",
    rules: [
      ...inputTunnels(config, family),
      ...(ipvs
        ? [
            rule([], setMark(0, marks.endpoint)),
            rule([], jump("cali-forward-check")),
            rule(match.anyMark(marks.endpoint), RETURN),
          ]
        : []),
      rule(match.in(WORKLOADS), goTo("cali-wl-to-host")),
      rule(match.marked(marks.accept), jump(allow)),
      rule([], clearAll(config)),
      rule([], jump("cali-from-host-endpoint")),
      rule(match.marked(marks.accept), jump(allow), HEP_ACCEPTED),
    ],
  };
}

/** What pods send to their own node. */
export function workloadToHostChain({ allow, endpointToHost }: FelixConfig, family: Family): FelixChain {
  const neighbours =
    family === "ipv4"
      ? []
      : [130, 131, 132, 133, 135, 136].map((type) =>
          rule([...match.protocol(ICMPV6), ...match.icmp(family, type)], jump(allow)),
        );
  return {
    name: "cali-wl-to-host",
    rules: [
      ...neighbours,
      rule([], jump("cali-from-wl-dispatch")),
      rule([], jump(endpointToHost), "Configured DefaultEndpointToHostAction"),
    ],
  };
}

export function forwardChain(config: FelixConfig): FelixChain {
  const { marks } = config;
  return {
    name: "cali-FORWARD",
    rules: [
      rule([], clearAll(config, marks.accept)),
      rule(match.unmarked(marks.accept), jump("cali-from-hep-forward")),
      rule(match.in(WORKLOADS), jump("cali-from-wl-dispatch")),
      rule(match.out(WORKLOADS), jump("cali-to-wl-dispatch")),
      rule([], jump("cali-to-hep-forward")),
      rule([], jump("cali-cidr-block")),
    ],
  };
}

/** At the end of FORWARD itself. */
export function forwardEnd({ marks, allow }: FelixConfig): readonly FelixRule[] {
  return [
    rule(match.marked(marks.accept), jump(allow), "Policy explicitly accepted packet."),
    rule([], setMark(marks.accept)),
  ];
}

export function outputChain(config: FelixConfig, family: Family): FelixChain {
  const { marks, allow, ipvs, ipip, vxlan } = config;
  const title = family === "ipv4" ? "IPv4" : "IPv6";
  return {
    name: "cali-OUTPUT",
    rules: [
      rule(match.marked(marks.accept), jump(allow)),
      ...(ipvs ? [rule(match.anyMark(marks.endpoint), goTo("cali-forward-endpoint-mark"))] : []),
      rule(match.out(WORKLOADS), RETURN),
      ...(ipip && family === "ipv4"
        ? [
            rule(
              [
                ...match.protocol(IPIP),
                ...match.inSet(setName("all-hosts-net", family), "destination"),
                ...match.fromLocal,
              ],
              jump(allow),
              "Allow IPIP packets to other Calico hosts",
            ),
          ]
        : []),
      ...(vxlan
        ? [
            rule(
              [
                ...match.protocol(UDP),
                ...vxlanPorts(config),
                ...match.fromLocal,
                ...match.inSet(setName("all-vxlan-net", family), "destination"),
              ],
              jump(allow),
              `Allow ${title} VXLAN packets to other allowed hosts`,
            ),
          ]
        : []),
      rule([], clearAll(config)),
      rule(match.state("DNAT", true), jump("cali-to-host-endpoint")),
      rule(match.marked(marks.accept), jump(allow), HEP_ACCEPTED),
    ],
  };
}

/** kube-proxy in mode ipvs: whether a packet that INPUT sees is for a Service. */
export function forwardCheckChain(family: Family): FelixChain {
  const host = setName("this-host", family);
  const nodePort = (protocol: string): FelixRule =>
    rule(
      [...match.protocol(protocol), ...match.ports("destination", NODE_PORTS), ...match.inSet(host, "destination")],
      goTo("cali-set-endpoint-mark"),
      "To kubernetes NodePort service",
    );
  return {
    name: "cali-forward-check",
    rules: [
      rule(match.state("RELATED,ESTABLISHED"), RETURN),
      nodePort("tcp"),
      nodePort("udp"),
      rule(match.inSet(host, "destination", true), jump("cali-set-endpoint-mark"), "To kubernetes service"),
    ],
  };
}

/** The same for what IPVS sends on by OUTPUT: the sending endpoint's policy is applied there. */
export function forwardEndpointMarkChain({ marks, allow }: FelixConfig): FelixChain {
  return {
    name: "cali-forward-endpoint-mark",
    rules: [
      rule(match.markIsNot(marks.nonCaliEndpoint, marks.endpoint), jump("cali-from-endpoint-mark")),
      rule(match.out(WORKLOADS), jump("cali-to-wl-dispatch")),
      rule([], jump("cali-to-hep-forward")),
      rule([], setMark(0, marks.endpoint)),
      rule(match.marked(marks.accept), jump(allow), "Policy explicitly accepted packet."),
    ],
  };
}

export function rawPreroutingChain(config: FelixConfig): FelixChain {
  const { marks, vxlan, vxlanPort, deny } = config;
  return {
    name: "cali-PREROUTING",
    rules: [
      rule([], clearAll(config)),
      ...(vxlan ? [rule([...match.protocol("udp"), ...match.port("destination", vxlanPort)], jump("NOTRACK"))] : []),
      rule(match.in(WORKLOADS), setMark(marks.scratch0)),
      rule(match.marked(marks.scratch0), jump("cali-rpf-skip")),
      rule([...match.marked(marks.scratch0), ...match.unanswerable], jump(deny)),
      rule(match.unmarked(marks.scratch0), jump("cali-from-host-endpoint")),
      rule(match.marked(marks.accept), ACCEPT),
    ],
  };
}

export function rawOutputChain(config: FelixConfig): FelixChain {
  const { marks, vxlan, vxlanPort } = config;
  return {
    name: "cali-OUTPUT",
    rules: [
      rule([], clearAll(config)),
      rule([], jump("cali-to-host-endpoint")),
      ...(vxlan ? [rule([...match.protocol("udp"), ...match.port("destination", vxlanPort)], jump("NOTRACK"))] : []),
      rule(match.marked(marks.accept), ACCEPT),
    ],
  };
}

export function manglePreroutingChain({ marks, mangleAllow }: FelixConfig): FelixChain {
  return {
    name: "cali-PREROUTING",
    rules: [
      rule(match.state("RELATED,ESTABLISHED"), jump(mangleAllow)),
      rule(match.marked(marks.accept), jump(mangleAllow)),
      rule([], jump("cali-from-host-endpoint")),
      rule(match.marked(marks.accept), jump(mangleAllow), HEP_ACCEPTED),
    ],
  };
}

export function manglePostroutingChain(config: FelixConfig, family: Family): FelixChain {
  const { marks, ipvs, dscp } = config;
  const leaving = [
    ...match.inSet(setName("dscp-src-net", family), "source"),
    ...match.inSet(setName("network-ip-pools", family), "destination", true),
    ...match.inSet(setName("this-host", family), "destination", true),
  ];
  return {
    name: "cali-POSTROUTING",
    rules: [
      ...(dscp ? [rule(leaving, jump("cali-egress-dscp"), "set dscp for traffic leaving cluster.")] : []),
      rule(match.marked(marks.accept), RETURN),
      ...(ipvs ? [rule(match.anyMark(marks.endpoint), RETURN)] : []),
      rule([], clearAll(config)),
      rule(match.state("DNAT"), jump("cali-to-host-endpoint")),
      rule(match.marked(marks.accept), RETURN, HEP_ACCEPTED),
    ],
  };
}
