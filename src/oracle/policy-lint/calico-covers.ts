/** Whether a rule of Calico's means all that another one means, by their fields alone, whatever endpoints there are; true only where that is certain. */
import { protocolNumber } from "../../kube/calico/calico-policy.ts";
import type { CalicoEnd, CalicoPolicyModel, CalicoPort, CalicoRule } from "../../kube/calico/calico-policy.ts";
import { formatNode } from "../../kube/calico/selector-text.ts";
import { parseSelector } from "../../kube/calico/selector.ts";
import type { SelectorNode } from "../../kube/calico/selector.ts";
import { parsePrefix, prefixContains } from "../../net/address.ts";

/** Nodes of a selector that must all hold; none: everything is selected. */
export function conjuncts(node: SelectorNode): readonly SelectorNode[] {
  if (node.kind === "all") return [];
  return node.kind === "and" ? node.nodes.flatMap(conjuncts) : [node];
}

/** All that `narrow` selects is selected by `wide`: each of its parts is among the other's. */
export function selectorImplies(wide: string, narrow: string): boolean {
  if (wide === narrow) return true;
  const needed = conjuncts(parseSelector(wide)).map(formatNode);
  const given = new Set(conjuncts(parseSelector(narrow)).map(formatNode));
  return needed.every((text) => given.has(text));
}

const EVERYWHERE = ["0.0.0.0/0", "::/0"];

function netIsIn(net: string, list: readonly string[]): boolean {
  const inner = parsePrefix(net);
  return list.some((text) => {
    const outer = parsePrefix(text);
    return inner !== undefined && outer !== undefined && outer.length <= inner.length && prefixContains(outer, inner);
  });
}

function portIsIn(port: CalicoPort, list: readonly CalicoPort[]): boolean {
  return list.some((other) =>
    typeof port === "string" || typeof other === "string"
      ? port === other
      : other.first <= port.first && other.last >= port.last,
  );
}

function endCovers(wide: CalicoEnd, narrow: CalicoEnd): boolean {
  const nets = narrow.nets.length === 0 ? EVERYWHERE : narrow.nets;
  return (
    (wide.selector === undefined ||
      (narrow.selector !== undefined && selectorImplies(wide.selector, narrow.selector))) &&
    (wide.notSelector === undefined || wide.notSelector === narrow.notSelector) &&
    (wide.nets.length === 0 || nets.every((net) => netIsIn(net, wide.nets))) &&
    wide.notNets.every((net) => netIsIn(net, narrow.notNets)) &&
    (wide.ports.length === 0 ||
      (narrow.ports.length > 0 && narrow.ports.every((port) => portIsIn(port, wide.ports)))) &&
    wide.notPorts.every((port) => portIsIn(port, narrow.notPorts)) &&
    (wide.service === undefined ||
      (wide.service.name === narrow.service?.name && wide.service.namespace === narrow.service.namespace))
  );
}

type Protocol = CalicoRule["protocol"];

const isSame = (a: Protocol, b: Protocol): boolean =>
  a !== undefined && b !== undefined && protocolNumber(a) === protocolNumber(b);

export function ruleCovers(wide: CalicoRule, narrow: CalicoRule): boolean {
  return (
    (wide.ipVersion === undefined || wide.ipVersion === narrow.ipVersion) &&
    (wide.protocol === undefined || isSame(wide.protocol, narrow.protocol)) &&
    (wide.notProtocol === undefined ||
      isSame(wide.notProtocol, narrow.notProtocol) ||
      (narrow.protocol !== undefined && !isSame(wide.notProtocol, narrow.protocol))) &&
    (wide.icmp === undefined ||
      (wide.icmp.type === narrow.icmp?.type &&
        (wide.icmp.code === undefined || wide.icmp.code === narrow.icmp?.code))) &&
    (wide.notIcmp === undefined ||
      (wide.notIcmp.type === narrow.notIcmp?.type && wide.notIcmp.code === narrow.notIcmp?.code)) &&
    endCovers(wide.source, narrow.source) &&
    endCovers(wide.destination, narrow.destination)
  );
}

/** Every endpoint that `narrow` concerns is one that `wide` concerns, whenever that one is asked. */
export function subjectCovers(wide: CalicoPolicyModel, narrow: CalicoPolicyModel): boolean {
  return (
    (wide.namespace === undefined || wide.namespace === narrow.namespace) &&
    (wide.applyOnForward || !narrow.applyOnForward) &&
    selectorImplies(wide.selector, narrow.selector)
  );
}

const rangesMeet = (a: readonly CalicoPort[], b: readonly CalicoPort[]): boolean =>
  a.length === 0 ||
  b.length === 0 ||
  a.some((one) =>
    b.some(
      (other) =>
        typeof one === "string" || typeof other === "string" || (one.first <= other.last && other.first <= one.last),
    ),
  );

/** One packet may match both, as far as protocols and ports say. */
export function mayMeet(a: CalicoRule, b: CalicoRule): boolean {
  return (
    (a.protocol === undefined || b.protocol === undefined || isSame(a.protocol, b.protocol)) &&
    (a.ipVersion === undefined || b.ipVersion === undefined || a.ipVersion === b.ipVersion) &&
    rangesMeet(a.source.ports, b.source.ports) &&
    rangesMeet(a.destination.ports, b.destination.ports)
  );
}
