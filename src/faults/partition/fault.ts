/** partition: nodes that do not see each other. */
import * as z from "zod";
import { UsageError } from "../../errors.ts";
import { addressesOf, devicesOf } from "../../resources/definitions.ts";
import { lazy } from "../../syntax/lazy.ts";
import { target } from "../../syntax/scalar.ts";
import { defineFault, type FaultScene } from "../kind.ts";
import { LOSE, withPacketRules } from "../packet-rules.ts";
import { devicesAt, type FaultPlace } from "../places.ts";
import type { Resource } from "../../resources/resource.ts";

interface PartitionDocument {
  readonly between: string | readonly string[];
  readonly and: string | readonly string[];
}

interface Partition {
  readonly between: readonly FaultPlace[];
  readonly and: readonly FaultPlace[];
}

const places = z.union([target, z.array(target).min(1)]);

/** MACs and addresses of what leads out of these nodes: what their packets are known by on the wire. */
function marksOf(nodes: readonly FaultPlace[], resources: readonly Resource[]): ReadonlyMap<string, readonly string[]> {
  const marks = new Map<string, string[]>([
    ["ether", []],
    ["ip", []],
    ["ip6", []],
  ]);
  for (const node of nodes) {
    const devices = new Set(devicesAt(node, resources));
    for (const { ns, dev, address, family } of resources.flatMap(addressesOf))
      if (ns === node.ns && devices.has(dev))
        marks.get(family === "ipv4" ? "ip" : "ip6")?.push(address.replace(/\/.*$/, ""));
    for (const { ns, name, mac } of resources.flatMap(devicesOf))
      if (ns === node.ns && devices.has(name) && mac !== undefined) marks.get("ether")?.push(mac);
  }
  return marks;
}

function cutOff(from: readonly FaultPlace[], others: readonly FaultPlace[], scene: FaultScene): readonly Resource[] {
  const marks = [...marksOf(others, scene.resources)].filter(([, values]) => values.length > 0);
  return from.reduce(
    (resources, node) =>
      withPacketRules(
        node,
        { ...scene, resources },
        {
          rules: (direction) =>
            marks.map(
              ([word, values]) =>
                `${word} ${direction === "in" ? "saddr" : "daddr"} { ${values.join(", ")} } ${LOSE[direction]}`,
            ),
        },
      ),
    scene.resources,
  );
}

export const partition = defineFault<PartitionDocument, Partition>({
  kind: "partition",
  lesson:
    "Nodes of the two sides drop everything that comes from the other side's nodes or goes to them, by MAC and address; both sides see all others.",
  schema: lazy(() =>
    z.strictObject({
      between: places.describe("Nodes of one side"),
      and: places.describe("Nodes of the other"),
    }),
  ),
  resolve({ between, and }, at) {
    const [one, other] = [[between].flat().map((text) => at.node(text)), [and].flat().map((text) => at.node(text))];
    const both = one.find(({ ns }) => other.some((far) => far.ns === ns));
    if (both !== undefined)
      throw new UsageError(`${both.text} is on both sides`, "each node is on one side, or on none");
    return { between: one, and: other };
  },
  describe: ({ between, and }) =>
    `${between.map(({ text }) => text).join(", ")} and ${and.map(({ text }) => text).join(", ")} do not see each other`,
  inject: ({ between, and }, scene) => cutOff(and, between, { ...scene, resources: cutOff(between, and, scene) }),
  draw: ({ text, is, nodes, random }) => {
    const other = nodes[Math.floor(random() * nodes.length)];
    return is === "node" && other !== undefined ? { between: text, and: other } : undefined;
  },
});
