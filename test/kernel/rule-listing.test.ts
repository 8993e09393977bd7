/** Listings of rules are what the tools print, whether or not they had to be run. */
import { describe, expect, it } from "vitest";
import { readRuleListing } from "../../src/apply/rule-listing.ts";
import type { RuleListing } from "../../src/resources/rule-listing.ts";
import { readGeneration } from "../../src/kernel/nftables/generation.ts";
import { OwnedTable } from "../../src/kernel/nftables/owned-table.ts";
import { useNamespaces } from "./namespaces.ts";

const namespaces = useNamespaces("rule-listing");

/** Without iptables-save's comments, which have the time. */
function printed({ iptables, nft }: RuleListing): RuleListing {
  return { iptables: iptables.replaceAll(/^#.*\n/gm, ""), nft };
}

function byTools(): RuleListing {
  return printed({
    iptables: namespaces.run("n", "iptables-save", "-c"),
    nft: namespaces.run("n", "nft", "-a", "list", "ruleset"),
  });
}

function ping(): void {
  namespaces.run("n", "ping", "-c", "3", "-i", "0.01", "-W", "1", "127.0.0.1");
}

describe("the rules of a namespace", () => {
  it("are listed with the counters of now, and listed again when they have changed", async () => {
    namespaces.make("n");
    namespaces.run("n", "ip", "link", "set", "lo", "up");
    namespaces.run("n", "iptables", "-A", "INPUT", "-p", "icmp", "-m", "comment", "--comment", "a [1:2] b", "-j", "ACCEPT"); // prettier-ignore
    namespaces.run("n", "iptables", "-P", "FORWARD", "DROP");
    namespaces.run("n", "iptables", "-t", "nat", "-A", "OUTPUT", "-p", "tcp", "-j", "DNAT", "--to", "127.0.0.2:80");
    namespaces.run("n", "nft", "table inet x { chain in { type filter hook input priority 5; counter; ip protocol icmp counter accept; }; }"); // prettier-ignore
    const netns = namespaces.netns("n");
    const first = await readRuleListing(netns, "ipv4");
    expect(printed(first)).toEqual(byTools());
    ping();
    const second = await readRuleListing(netns, "ipv4");
    expect(printed(second)).toEqual(byTools());
    expect(second).not.toEqual(first);
    // The tool would have written another time.
    expect(second.iptables.split("\n")[0]).toBe(first.iptables.split("\n")[0]);
    namespaces.run("n", "iptables", "-I", "INPUT", "-p", "udp", "-j", "DROP");
    expect(printed(await readRuleListing(netns, "ipv4"))).toEqual(byTools());
  });

  it("are the same ones for all that a table does which is there for a moment, and others with any other change", () => {
    namespaces.make("n");
    const netns = namespaces.netns("n");
    const before = readGeneration(netns);
    const passing = new OwnedTable(netns, "inet", "passing", [{ name: "c", hook: "input", priority: 0 }], true);
    const rules = passing.add([{ chain: "c", expressions: [] }]);
    expect(readGeneration(netns)).toBe(before);
    namespaces.run("n", "nft", "add table inet other");
    expect(readGeneration(netns)).not.toBe(before);
    namespaces.run("n", "nft", "delete table inet other");
    const after = readGeneration(netns);
    expect(() => new OwnedTable(netns, "inet", "n".repeat(300), [], true)).toThrow();
    passing.delete(rules);
    passing.remove();
    expect(readGeneration(netns)).toBe(after);
  });
});
