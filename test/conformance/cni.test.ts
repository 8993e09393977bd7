/** The CNI specification's tables: what libcni does, what host-local allocates, names and rules of portmap. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { absence, CONFORMANCE, withReason } from "./data.ts";
import { chainNameCase, hostLocalCase, portmapCase } from "./cni-plugins.ts";
import type { PluginCase, PortmapCase } from "./cni-plugins.ts";
import { NEEDS_PLUGINS, PLUGINS_ABSENT, SCENARIOS } from "./cni-scenarios.ts";
import type { SpecCase } from "./cni-scenarios.ts";

function casesOf<T>(set: string, file: string): readonly T[] {
  if (absence(set) !== undefined) return [];
  return (JSON.parse(readFileSync(join(CONFORMANCE, set, file), "utf8")) as { cases: T[] }).cases;
}

const spec = casesOf<SpecCase>("cni-spec", "visible-libcni.json");
const hostLocal = casesOf<PluginCase>("cni-plugins", "visible-host-local.json");
const ofPortmap = casesOf<PortmapCase>("cni-plugins", "visible-portmap-and-names.json");
const ofKind = (kind: RegExp): readonly PortmapCase[] => ofPortmap.filter((one) => kind.test(one.kind));
const names = ofKind(/^chain-name$/);

describe.skipIf(spec.length === 0)(withReason("libcni", absence("cni-spec")), () => {
  const isReal = ({ area }: SpecCase): boolean => NEEDS_PLUGINS.has(area);
  const run = async (one: SpecCase): Promise<void> => {
    const scenario = SCENARIOS[one.when];
    expect(scenario, one.when).toBeDefined();
    await scenario?.(one);
  };
  test.each(spec.filter((one) => !isReal(one)))("$index $area: $when", run);
  describe.skipIf(PLUGINS_ABSENT !== undefined)(withReason("by the reference plugins", PLUGINS_ABSENT), () => {
    test.each(spec.filter(isReal))("$index $area: $when", run);
  });
});

describe.skipIf(hostLocal.length === 0)(withReason("host-local", absence("cni-plugins")), () => {
  test.each(hostLocal)("$index $kind", (one) => hostLocalCase(one));
});

describe.skipIf(names.length === 0)(withReason("names of chains", absence("cni-plugins")), () => {
  test.each(names)("$index $network $prefix", (one) => chainNameCase(one));
});

describe.skipIf(ofPortmap.length === 0)(withReason("portmap", absence("cni-plugins")), () => {
  test.each(ofKind(/^portmap-(?:iptables|mark)$/))("$index $kind: $title", (one) => portmapCase(one));
  // ensureBackend: nftables is only chosen where iptables is missing, and labs need iptables.
  test("the rest is about the nftables backend, which no lab has", () => {
    const kinds = new Set(ofPortmap.map(({ kind }) => kind));
    expect(kinds).toEqual(new Set(["chain-name", "portmap-iptables", "portmap-mark", "portmap-nftables"]));
  });
});
