/** What we say to nf_tables ourselves is what nft(8) says: the kernel has the same of both, bit by bit where nft is Debian 12's. */
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { nftLine } from "../../src/resources/nft/lines.ts";
import { nftSteps } from "../../src/resources/nft/steps.ts";
import { loadNftSteps } from "../../src/apply/nft-load.ts";
import { transactionsOfNew } from "../../src/apply/nft-transactions.ts";
import { closeNetns, openNetns } from "../../src/kernel/netns.ts";
import { NFPROTO } from "../../src/kernel/nftables/constants.ts";
import { OwnedTable } from "../../src/kernel/nftables/owned-table.ts";
import { sendTransactions } from "../../src/kernel/nftables/send.ts";
import { readTableDigest } from "../../src/kernel/nftables/table-digest.ts";
import { compileTransactions, Written } from "../../src/kernel/nftables/transaction.ts";
import { planProxyNftables } from "../../src/cluster/kube-proxy/nftables/rules.ts";
import type { NftStep } from "../../src/resources/nft-step.ts";
import { NFT_FAMILY } from "../../src/resources/nft-table.ts";
import type { NftChain, NftObject } from "../../src/resources/nft-table.ts";
import type { Family } from "../../src/net/family.ts";
import type { NftResource } from "../../src/resources/nft/definition.ts";
import { useNamespaces } from "./namespaces.ts";
import { dumpTables } from "./nft-dump.ts";
import { randomCluster } from "./random-services.ts";

const namespaces = useNamespaces("nft-netlink");
const SEEDS = Number(process.env["K8SNET_RANDOM_SEEDS"] ?? 20);
const cause = { object: "test", reason: "test" };

function table(family: Family, objects: readonly NftObject[]): NftResource {
  return { kind: "nft", id: "nft:n", ns: "n", node: "n", cause, family, table: "kube-proxy", comment: "ours", objects };
}

function byTool(ns: string, resource: NftResource, steps: readonly NftStep[]): void {
  const lines = steps.map((step) => nftLine(step, resource));
  execFileSync("ip", ["netns", "exec", `${namespaces.lab}.${ns}`, "nft", "-f", "-"], {
    input: `${lines.join("\n")}\n`,
    stdio: ["pipe", "pipe", "pipe"],
  });
}

async function byNetlink(
  ns: string,
  family: Family,
  transactions: readonly (readonly NftStep[])[],
  fresh: boolean,
): Promise<void> {
  const compiled = compileTransactions(transactions, { family, table: "kube-proxy" }, fresh);
  if (compiled === undefined) throw new Error("left to nft");
  const refused = await sendTransactions(namespaces.netns(ns), compiled);
  if (refused !== undefined)
    throw new Error(`${JSON.stringify(transactions.flat()[refused.step])}: ${refused.error.message}`);
}

/** The bytes that nft sends for the same words differ a little between its versions; what it shows must not. */
const SAME_BYTES = execFileSync("nft", ["--version"], { encoding: "utf8" }).startsWith("nftables v1.0.6 ");

/** Objects and elements come in an order that nobody chose. */
function listed(ns: string, family: Family): readonly string[] {
  const text = namespaces.run(ns, "nft", "list", "table", NFT_FAMILY[family], "kube-proxy");
  return text
    .split(/[\n,{}]/)
    .map((part) => part.trim())
    .toSorted();
}

function expectSame(family: Family): void {
  expect(listed("netlink", family)).toEqual(listed("tool", family));
  if (!SAME_BYTES) return;
  const [tool, netlink] = ["tool", "netlink"].map((ns) => dumpTables(namespaces.netns(ns), NFPROTO[family]));
  expect(netlink).toEqual(tool);
}

const chain = (name: string, ...texts: string[]): NftObject => ({
  kind: "chain",
  name,
  rules: texts.map((text) => ({ text, cause })),
});
const hooked = (name: string, ...texts: string[]): NftObject => ({
  ...(chain(name, ...texts) as NftChain),
  hook: "type nat hook prerouting priority -100",
});

function create(resource: NftResource): Promise<void> {
  const written = new Written();
  return loadNftSteps(namespaces.netns("netlink"), resource, nftSteps("create", resource), true, written);
}

function update(resource: NftResource, before: NftResource): Promise<void> {
  const written = new Written();
  return loadNftSteps(namespaces.netns("netlink"), resource, nftSteps("update", resource, before), false, written);
}

function tables(): readonly string[] {
  return dumpTables(namespaces.netns("netlink"), NFPROTO.ipv4);
}

describe("what the kernel refuses", () => {
  const good = table("ipv4", [chain("a", "drop"), hooked("in", "jump a")]);
  const bad = table("ipv4", [chain("a", "drop"), chain("b", "jump nobody"), hooked("in", "jump a")]);
  const many = Array.from({ length: 1500 }, (_, index) => chain(`chain-${index}`));

  it.each([
    ["a new table", bad],
    ["a large one", { ...bad, objects: [...many, ...bad.objects] }],
  ])("is reported in the words of nft, and nothing is left of %s", async (_, resource) => {
    namespaces.make("netlink");
    await expect(create(resource)).rejects.toThrow(
      "Error: Could not process rule: No such file or directory\nadd rule ip kube-proxy b jump nobody",
    );
    expect(tables()).toEqual([]);
  });

  it("leaves a table that is there as it was", async () => {
    namespaces.make("netlink");
    await create(good);
    const before = tables();
    await expect(update(bad, good)).rejects.toThrow("No such file or directory\nadd rule ip kube-proxy b jump nobody");
    expect(tables()).toEqual(before);
    // Touched by others: all of it is written anew, in one.
    await expect(update({ ...bad, touched: true }, { ...good, touched: true })).rejects.toThrow("No such file");
    expect(tables()).toEqual(before);
  });
});

it("what is not supported here is done by nft", async () => {
  namespaces.make("tool", "netlink");
  const resource = table("ipv4", [chain("a", "tcp dport 80 counter accept"), hooked("in", "jump a")]);
  const steps = nftSteps("create", resource);
  expect(compileTransactions([steps], { family: "ipv4", table: "kube-proxy" }, true)).toBeUndefined();
  await create(resource);
  byTool("tool", resource, steps);
  expectSame("ipv4");
});

it("more endpoints than one message holds", async () => {
  namespaces.make("tool", "netlink");
  const names = Array.from({ length: 3000 }, (_, index) => `endpoint-of-a-service-with-a-name-of-some-length-${index}`);
  const ways = names.map((name, index) => `${index} : goto ${name}`).join(" , ");
  const resource = table("ipv4", [
    ...names.map((name) => chain(name, "drop")),
    hooked("in", `numgen random mod ${names.length} vmap { ${ways} }`),
  ]);
  await create(resource);
  byTool("tool", resource, nftSteps("create", resource));
  expectSame("ipv4");
});

describe("a table's digest", () => {
  const set = (name: string, ...texts: string[]): NftObject => ({
    kind: "set",
    name,
    type: "ipv4_addr",
    elements: texts.map((text) => ({ text, cause })),
  });
  const resource = table("ipv4", [
    set("s", "10.0.0.1", "10.0.0.2"),
    chain("a", "numgen random mod 2 vmap { 0 : goto b , 1 : goto c }"),
    chain("b", "drop"),
    chain("c", "counter drop"),
    chain("empty"),
    hooked("in", "ip saddr @s jump a"),
  ]);
  const digest = (): ReturnType<typeof readTableDigest> =>
    readTableDigest(namespaces.netns("netlink"), { family: "ipv4", table: "kube-proxy" });
  const nft = (...words: string[]): string => namespaces.run("netlink", "nft", ...words);

  it.each([
    [["flush chain ip kube-proxy b"], ["chain b"]],
    [["add rule ip kube-proxy empty drop"], ["chain empty"]],
    // the same rule with other ways behind it
    [
      ["flush chain ip kube-proxy a", "add rule ip kube-proxy a numgen random mod 2 vmap { 0 : goto c , 1 : goto c }"],
      ["chain a"],
    ],
    [["delete element ip kube-proxy s { 10.0.0.2 }", "add element ip kube-proxy s { 10.0.0.3 }"], ["set s"]],
    [["list ruleset"], []],
    [["add chain ip kube-proxy more"], ["chain more"]],
  ] as const)("reads %j", async (commands, changed) => {
    namespaces.make("netlink");
    await create(resource);
    const before = (await digest()) ?? {};
    expect(Object.keys(before).toSorted()).toEqual(
      ["chain a", "chain b", "chain c", "chain empty", "chain in", "set s"].toSorted(),
    );
    expect(await digest()).toEqual(before);
    for (const command of commands) nft(command);
    const after = (await digest()) ?? {};
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    expect([...keys].filter((key) => after[key]?.join() !== before[key]?.join())).toEqual(changed);
  });

  it("does not count packets, and is none of a table that is gone", async () => {
    namespaces.make("netlink");
    const counting = table("ipv4", [
      { ...(chain("in", "counter accept") as NftChain), hook: "type filter hook input priority 0" },
    ]);
    await create(counting);
    const before = await digest();
    namespaces.run("netlink", "ip", "link", "set", "lo", "up");
    namespaces.run("netlink", "ping", "-c", "1", "-W", "2", "127.0.0.1");
    expect(nft("list", "table", "ip", "kube-proxy")).toMatch(/counter packets [1-9]/);
    expect(await digest()).toEqual(before);
    nft("delete table ip kube-proxy");
    expect(await digest()).toBeUndefined();
  });
});

describe.each(["ipv4", "ipv6"] as const)("%s", (family) => {
  it("tables of Services that chance made, new and changed into each other", { timeout: 120_000 }, async () => {
    namespaces.make("tool", "netlink");
    let before: NftResource | undefined;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const resource = table(family, planProxyNftables(randomCluster(seed, "nftables", family).input));
      const change = before === undefined ? [] : nftSteps("update", resource, before);
      if (change.length > 0) {
        byTool("tool", resource, change);
        await byNetlink("netlink", family, [change], false);
        expectSame(family);
      }
      const anew = nftSteps("create", resource);
      byTool("tool", resource, anew);
      await byNetlink("netlink", family, transactionsOfNew(anew), true);
      expectSame(family);
      before = resource;
    }
  });
});

it("a table of this process is gone with its namespace's handle: nothing is sent for it then", () => {
  namespaces.make("n");
  const handle = openNetns(namespaces.netns("n").name);
  const own = new OwnedTable(handle, "inet", "own", [{ name: "c", hook: "input", priority: 0 }]);
  expect(own.add([{ chain: "c", expressions: [] }])).toHaveLength(1);
  closeNetns(handle);
  expect(own.add([{ chain: "c", expressions: [] }])).toEqual([]);
  own.remove();
});
