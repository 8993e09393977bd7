/** Whether a rule of Calico's means a packet, by the meaning of its fields alone: labels, networks, ports; no sets, no chains. */
import { protocolNumber } from "../../kube/calico/calico-policy.ts";
import type { CalicoEnd, CalicoPort, CalicoRule, IcmpMatch } from "../../kube/calico/calico-policy.ts";
import { setSelectors } from "../../kube/calico/selector-text.ts";
import { endpointsAt } from "../../cluster/policy/endpoint-labels.ts";
import type { PolicyWorld } from "../../cluster/policy/policy-world.ts";
import { parseAddress, parsePrefix, prefixContains } from "../../net/address.ts";
import type { Address } from "../../net/address.ts";
import { sendsFrom } from "../../net/ephemeral-ports.ts";
import type { PolicyPacket } from "./policy-oracle.ts";

type Side = "source" | "destination";

/** A condition that does not hold. */
export interface Failing {
  /** `destination.ports`. */
  readonly field: string;
  readonly because: string;
}

interface Question {
  readonly world: PolicyWorld;
  readonly packet: PolicyPacket;
  readonly address: Address;
  readonly side: Side;
}

function numberOf({ protocol }: PolicyPacket, { family }: Address): number | undefined {
  return protocol === "ICMP" ? (family === "ipv4" ? 1 : 58) : protocolNumber(protocol);
}

const within = (nets: readonly string[], address: Address): boolean =>
  nets.some((text) => {
    const net = parsePrefix(text);
    return net !== undefined && prefixContains(net, address);
  });

/** A source port is not known before a program has one: only a list that has all or none of them is certain. */
function isInRange({ packet, side }: Question, range: Exclude<CalicoPort, string>): boolean {
  if (side === "destination") return packet.port >= range.first && packet.port <= range.last;
  return sendsFrom([range]) === true;
}

function hasNamedPort({ world, packet, address, side }: Question, name: string, selector: string): boolean {
  const protocol = packet.protocol.toLowerCase();
  return (
    side === "destination" &&
    endpointsAt(world, selector, address).some(({ ports }) =>
      ports.some((port) => port.name === name && port.protocol === protocol && port.port === packet.port),
    )
  );
}

function isInPorts(question: Question, list: readonly CalicoPort[], selector: string): boolean {
  return list.some((port) =>
    typeof port === "string" ? hasNamedPort(question, port, selector) : isInRange(question, port),
  );
}

/** Whatever its readiness. */
function isOfService({ world, packet, address, side }: Question, service: NonNullable<CalicoEnd["service"]>): boolean {
  const served = world.serviceEndpoints?.get(`${service.namespace}/${service.name}`) ?? [];
  return served.some(
    (one) =>
      parseAddress(one.address)?.value === address.value &&
      (side === "source" || (one.protocol === packet.protocol && one.port === packet.port)),
  );
}

function failingOfEnd(end: CalicoEnd, question: Question): Failing | undefined {
  const { world, address, side, packet } = question;
  const who = packet[side === "source" ? "from" : "to"].address;
  const fail = (field: string, because: string): Failing => ({ field: `${side}.${field}`, because });
  const { positive, negative } = setSelectors(end);
  if (positive !== undefined && endpointsAt(world, positive, address).length === 0)
    return fail("selector", `${who} is not an endpoint that ${positive} selects`);
  if (negative !== undefined && endpointsAt(world, negative, address).length > 0)
    return fail("notSelector", `${who} is an endpoint that ${negative} selects`);
  if (end.nets.length > 0 && !within(end.nets, address)) return fail("nets", `${who} is not in ${end.nets.join(", ")}`);
  if (within(end.notNets, address)) return fail("notNets", `${who} is in ${end.notNets.join(", ")}`);
  const port = side === "destination" ? `the packet goes to ${packet.port}` : "programs send from any port";
  if (end.ports.length > 0 && !isInPorts(question, end.ports, positive ?? "all()")) return fail("ports", port);
  if (isInPorts(question, end.notPorts, positive ?? "all()")) return fail("notPorts", port);
  if (end.service !== undefined && !isOfService(question, end.service))
    return fail("services", `${who} is not an endpoint of ${end.service.namespace}/${end.service.name}`);
  return undefined;
}

function isIcmp({ type, code }: IcmpMatch, { icmp }: PolicyPacket): boolean {
  return (type === undefined || icmp?.type === type) && (code === undefined || icmp?.code === code);
}

/** Undefined: the rule means the packet. */
export function failingCondition(world: PolicyWorld, rule: CalicoRule, packet: PolicyPacket): Failing | undefined {
  const [from, to] = [parseAddress(packet.from.address), parseAddress(packet.to.address)];
  if (from === undefined || to === undefined) return { field: "nets", because: "it has no address" };
  const number = numberOf(packet, to);
  if (rule.ipVersion !== undefined && (rule.ipVersion === 6) !== (to.family === "ipv6"))
    return { field: "ipVersion", because: `the packet is ${to.family === "ipv6" ? "IPv6" : "IPv4"}` };
  const is = `the packet is ${packet.protocol}`;
  if (rule.protocol !== undefined && protocolNumber(rule.protocol) !== number)
    return { field: "protocol", because: is };
  if (rule.notProtocol !== undefined && protocolNumber(rule.notProtocol) === number)
    return { field: "notProtocol", because: is };
  const icmp = `its type is ${packet.icmp?.type ?? "none"}`;
  if (rule.icmp !== undefined && !isIcmp(rule.icmp, packet)) return { field: "icmp", because: icmp };
  if (rule.notIcmp !== undefined && isIcmp(rule.notIcmp, packet)) return { field: "notICMP", because: icmp };
  return (
    failingOfEnd(rule.source, { world, packet, address: from, side: "source" }) ??
    failingOfEnd(rule.destination, { world, packet, address: to, side: "destination" })
  );
}

function portText(port: CalicoPort): string {
  if (typeof port === "string") return port;
  return port.first === port.last ? String(port.first) : `${port.first}-${port.last}`;
}

const any = (text: string, list: readonly string[]): readonly string[] =>
  list.length === 0 ? [] : [`${text} ${list.join(", ")}`];

/** Who is meant, without ports; empty: everybody. */
export function endText(end: CalicoEnd): string {
  return [
    ...(end.selector === undefined ? [] : [end.selector]),
    ...(end.notSelector === undefined ? [] : [`not ${end.notSelector}`]),
    ...any("nets", end.nets),
    ...any("not nets", end.notNets),
    ...(end.service === undefined ? [] : [`endpoints of ${end.service.namespace}/${end.service.name}`]),
  ].join(" and ");
}

/** `tcp ports 80`, `all ports`. */
export function portsText(rule: CalicoRule, { ports, notPorts }: CalicoEnd): string {
  const words = [
    ...(rule.protocol === undefined ? [] : [String(rule.protocol)]),
    ...(rule.icmp === undefined ? [] : [icmpText(rule.icmp)]),
    ...any("ports", ports.map(portText)),
    ...any("not ports", notPorts.map(portText)),
  ];
  return words.length === 0 ? "all ports" : words.join(" ");
}

const icmpText = ({ type, code }: IcmpMatch): string =>
  [...(type === undefined ? [] : [`type ${type}`]), ...(code === undefined ? [] : [`code ${code}`])].join(" ");

/** `tcp from role == "web" to ports 80`; of a rule without conditions `everything`. */
export function ruleText(rule: CalicoRule): string {
  const whole = (end: CalicoEnd): string =>
    [endText(end), ...any("ports", end.ports.map(portText)), ...any("not ports", end.notPorts.map(portText))]
      .filter((text) => text !== "")
      .join(" and ");
  const [source, destination] = [whole(rule.source), whole(rule.destination)];
  const words = [
    ...(rule.ipVersion === undefined ? [] : [`IPv${rule.ipVersion}`]),
    ...(rule.protocol === undefined ? [] : [String(rule.protocol)]),
    ...(rule.notProtocol === undefined ? [] : [`not ${rule.notProtocol}`]),
    ...(rule.icmp === undefined ? [] : [icmpText(rule.icmp)]),
    ...(rule.notIcmp === undefined ? [] : [`not ${icmpText(rule.notIcmp)}`]),
    ...(source === "" ? [] : [`from ${source}`]),
    ...(destination === "" ? [] : [`to ${destination}`]),
  ];
  return words.length === 0 ? "everything" : words.join(" ");
}
