/** What depends on a kind of resource is said by its definition: code elsewhere that names one is rare, and listed here. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { KINDS } from "../../../src/resources/kinds.ts";

const src = join(import.meta.dirname, "../../../src");

/** Words that other unions use for something else: DNS probes, lab files on the command line, a way between engines. */
const OTHERS: ReadonlySet<string> = new Set(["dns", "file", "relay"]);

/** Where the resource's kind decides. */
const NAMED = {
  "fabric/resolve-device.ts": "port flags are of a bridge's ports",
  "fabric/resolve-route.ts": "fdb entries with dst are of VXLANs",
  "fabric/resolve-wireguard.ts": "its own kind",
  "faults/frozen/made-by.ts": "what a daemon has made of iptables is a part of a table",
  "hub/layout.ts": "which namespaces a network of the engine can stand for",
  "hub/segment-state.ts": "such a network, shown as the namespace that it stands for",
};
/** Where the word is the kernel's for a device that it has, or a hop's. */
const KERNEL_WORDS = [
  "apply/cni/made.ts",
  "apply/links/link.ts",
  "apply/observe-namespace.ts",
  "apply/veth-peers.ts",
  "kernel/features.ts",
  "kernel/rtnl/link-state.ts",
  "kernel/rtnl/qdisc.ts",
  "story/build-hops.ts",
  "story/device-hop.ts",
  "tui/trace-keys.ts",
];

test("few files besides those of src/resources name a kind of resource", () => {
  const kinds = KINDS.filter((kind) => !OTHERS.has(kind)).join("|");
  const named = new RegExp(`\\bkind (?:===|!==) "(?:${kinds})"`);
  const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter(
    (file) => /\.tsx?$/.test(file) && !file.startsWith("resources/"),
  );
  const found = files.filter((file) => named.test(readFileSync(join(src, file), "utf8")));
  expect(found.toSorted()).toEqual([...Object.keys(NAMED), ...KERNEL_WORDS].toSorted());
  expect(Object.keys(NAMED).length).toBeLessThan(10);
});
