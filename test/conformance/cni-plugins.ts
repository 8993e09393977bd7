/** The cases of the table cni-plugins: host-local's order, names of chains, portmap's rules. */
import { expect } from "vitest";
import {
  fillRange,
  fillRanges,
  HostLocalError,
  nextAddress,
  rangesOverlap,
  requestedAddress,
} from "../../src/cni/host-local.ts";
import { inOrder } from "../../src/net/address-range.ts";
import type { Range } from "../../src/net/address-range.ts";
import { chainName } from "../../src/cni/names.ts";
import { containerRules, entryRules, markRule } from "../../src/cni/portmap.ts";
import type { PortMapping } from "../../src/cni/portmap.ts";
import { markMatch } from "../../src/cluster/marks.ts";
import { formatAddress, formatPrefix, parseAddress } from "../../src/net/address.ts";
import type { Address } from "../../src/net/address.ts";

interface RangeWords {
  readonly Subnet: string;
  readonly RangeStart?: string;
  readonly RangeEnd?: string;
}

export interface PluginCase {
  readonly kind: string;
  readonly title?: string;
  readonly index: number;
  readonly subnets?: readonly string[];
  readonly subnet?: string;
  readonly rangeStart?: string;
  readonly rangeEnd?: string;
  readonly gateway?: string;
  readonly taken?: Readonly<Record<string, string>>;
  readonly lastReserved?: string;
  readonly requested?: string;
  readonly steps?: readonly string[];
  readonly a?: RangeWords;
  readonly b?: RangeWords;
  readonly input?: Parameters<typeof fillRange>[0];
  readonly prefix?: string;
  readonly network?: string;
  readonly container?: string;
  readonly expect?: unknown;
  readonly error?: string;
}

const range = ({ Subnet, RangeStart, RangeEnd }: RangeWords): Range =>
  fillRange({ subnet: Subnet, rangeStart: RangeStart, rangeEnd: RangeEnd });

function addressOf(text: string | undefined): Address | undefined {
  return text === undefined || text === "" ? undefined : parseAddress(text);
}

/** `192.168.1.2/29`: what the steps of a container add, one after another; nothing stays taken. */
function roundRobin(ranges: readonly Range[], steps: readonly string[]): readonly string[] {
  const taken = new Map<string, string>();
  let last: Address | undefined;
  return steps.map((step) => {
    if (!step.startsWith("add")) {
      taken.clear();
      return step;
    }
    last = nextAddress(ranges, taken, last);
    taken.set(formatAddress(last), "c1");
    return `add -> ${formatAddress(last)}/${ranges[0]?.subnet.length}`;
  });
}

/** Throws where host-local allocates otherwise. */
export function hostLocalCase(one: PluginCase): void {
  const docs = one.subnets ?? (one.subnet === undefined ? [] : [one.subnet]);
  const bounds = { rangeStart: one.rangeStart, rangeEnd: one.rangeEnd, gateway: one.gateway };
  const ranges = docs.length === 0 ? [] : fillRanges(docs.map((subnet) => ({ subnet, ...bounds })));
  const taken = new Map(Object.entries(one.taken ?? {}));
  const last = addressOf(one.lastReserved);
  switch (one.kind) {
    case "allocate":
      expect(formatAddress(nextAddress(ranges, taken, last))).toBe(one.expect);
      break;
    case "out-of-addresses":
      expect(() => nextAddress(ranges, taken, last)).toThrow(HostLocalError);
      break;
    case "iterate":
      expect(inOrder(ranges, last).map(formatAddress).toArray()).toEqual(one.expect);
      break;
    case "requested": {
      const wanted = addressOf(one.requested) ?? { family: "ipv4", value: 0n };
      if (one.error === undefined) expect(formatAddress(requestedAddress(ranges, taken, wanted))).toBe(one.expect);
      else expect(() => requestedAddress(ranges, taken, wanted)).toThrow(HostLocalError);
      break;
    }
    case "round-robin":
      expect(roundRobin(ranges, one.steps ?? [])).toEqual(one.steps);
      break;
    case "overlap":
      expect(rangesOverlap(range(one.a ?? { Subnet: "" }), range(one.b ?? { Subnet: "" }))).toBe(one.expect);
      break;
    case "range-defaults": {
      const fill = (): Record<string, string> => {
        const { subnet, start, end, gateway } = fillRange(one.input ?? { subnet: "" });
        expect(formatPrefix(subnet)).toBe(one.input?.subnet);
        return { rangeStart: formatAddress(start), rangeEnd: formatAddress(end), gateway: formatAddress(gateway) };
      };
      if (one.error === undefined) expect(fill()).toEqual(one.expect);
      else expect(fill).toThrow(one.error);
      break;
    }
    default:
      throw new Error(`unknown kind ${one.kind}`);
  }
}

/** Throws where the name of a chain is another one. */
export function chainNameCase({ network = "", container = "", prefix = "", ...one }: PluginCase): void {
  expect(chainName(network, container, prefix)).toBe(one.expect);
}

export interface PortmapCase extends PluginCase {
  readonly container: string;
  readonly address?: string;
  readonly snat?: boolean;
  readonly conditionsV4?: readonly string[];
  readonly conditionsV6?: readonly string[];
  readonly externalSetMarkChain?: string | null;
  readonly portMappings?: readonly PortMapping[];
  readonly chain?: string;
  readonly where?: string;
  readonly markBit?: number;
  readonly rules?: readonly (readonly string[])[];
}

/** Throws where portmap's iptables rules are others. */
export function portmapCase(one: PortmapCase): void {
  if (one.kind === "portmap-mark") {
    const mark = markMatch({ owner: "portmap", bits: 1 << (one.markBit ?? 0), use: "" });
    expect([markRule(mark)]).toEqual(one.rules);
    return;
  }
  const { network = "", container, address: source = "", portMappings: mappings = [] } = one;
  const [address = ""] = source.split("/");
  const family = address.includes(":") ? "ipv6" : "ipv4";
  const input = {
    network,
    containerId: container,
    family,
    address,
    source,
    mappings,
    snat: one.snat,
    conditions: family === "ipv6" ? one.conditionsV6 : one.conditionsV4,
    externalSetMarkChain: one.externalSetMarkChain ?? undefined,
  } as const;
  expect(chainName(network, container, "DN-")).toBe(one.chain);
  const made = one.where === "own chain" ? containerRules(input).map(({ words }) => words) : entryRules(input);
  // The table has CID in place of the container's id.
  expect(made.map((words) => words.map((word) => word.replace(container, "CID")))).toEqual(one.expect);
}
