/** `trace`: hops with their causes, the rules that were really met, what differs at its hop; nothing stays installed, and traces do not mix. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PacketStory } from "../../src/story/packet-story.ts";
import { eventually } from "../wait.ts";
import { cli, startCli, tracesOf } from "./cli.ts";
import type { CliProcess } from "./cli.ts";

const folder = mkdtempSync(join(tmpdir(), "e2e-trace-"));
afterAll(() => rmSync(folder, { recursive: true }));

const pod = (name: string, node: string): string =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: ${name} } }, spec: { nodeName: ${node}, containers: [{ name: c, ports: [{ containerPort: 8080 }] }] } }`;

describe.each(["iptables", "nftables"])("mode %s", (mode) => {
  const name = `e2e-trace-${mode}`;
  const file = join(folder, `${mode}.yaml`);
  const inNode = (...argv: string[]): string =>
    execFileSync("ip", ["netns", "exec", `${name}.node1`, ...argv], { encoding: "utf8" });
  const trace = async (...args: string[]): Promise<PacketStory> =>
    JSON.parse((await cli(["trace", name, ...args, "--json"])).stdout) as PacketStory;
  const line = ({ way, ns, kind, at }: PacketStory["hops"][number]): string => `${way} ${ns} ${kind} ${at}`;

  beforeAll(async () => {
    writeFileSync(
      file,
      [
        `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: ${name} }, spec: { cluster: { nodes: [node1, node2], kubeProxy: { mode: ${mode} }, networkPolicy: { backend: ${mode} } } } }`,
        pod("client", "node1"),
        pod("web", "node2"),
        pod("closed", "node2"),
        "{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] } }",
        "{ apiVersion: v1, kind: Service, metadata: { name: ext }, spec: { type: NodePort, externalIPs: [192.0.2.77], selector: { app: web }, ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }] } }",
        "{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: deny }, spec: { podSelector: { matchLabels: { app: closed } } } }",
      ].join("\n---\n"),
    );
    expect((await cli(["up", file])).code).toBe(0);
  }, 60_000);
  afterAll(async () => {
    await cli(["down", name]);
    expect(tracesOf(name)).toEqual([]);
  });

  test("a Service: the rule that translated it, the route, the tunnel, the server, and the way back", async () => {
    const { hops, result, verdict, firstWrong } = await trace("pod/client", "svc/web:80");
    expect(result.outcome).toBe("open");
    expect(firstWrong).toBeUndefined();
    const dnat = hops.find(({ kind, at }) => kind === "netfilter" && at.startsWith("PREROUTING"));
    expect(dnat?.what).toMatch(/DNAT: to 10\.244\.1\.\d+:8080/);
    expect(dnat?.cause).toContain("the endpoint 10.244.1.");
    const lines = hops.map(line);
    expect(lines).toEqual(
      expect.arrayContaining([
        "there default/client device eth0 →",
        "there node1 routing routing main",
        "there node1 neighbour neighbour flannel.1",
        "there node1 forwarding fdb flannel.1",
        "there underlay forwarding fdb br0",
        "there node2 device → flannel.1",
        "there default/web socket tcp 8080",
        "back node1 conntrack conntrack",
        "back default/client device → eth0",
      ]),
    );
    expect(hops.find(({ tracking }) => tracking !== undefined)?.tracking).toEqual({
      state: "NEW",
      original: expect.stringMatching(/^10\.244\.0\.\d+:\d+ → 10\.96\.\d+\.\d+:80$/) as string,
      reply: expect.stringMatching(/^10\.244\.1\.\d+:8080 → 10\.244\.0\.\d+:\d+$/) as string,
      tcp: "SYN_SENT",
      timeout: 120,
    });
    expect(hops.findLast(({ tracking }) => tracking !== undefined)?.tracking).toMatchObject({ state: "ESTABLISHED" });
    expect(hops.find(({ ns, at }) => ns === "node1" && at === "eth0 →")).toMatchObject({
      mtu: 1500,
      ttl: 63,
      bytes: 60,
      macs: { from: expect.any(String) as string, to: expect.any(String) as string },
      outer: [{ tunnel: "VXLAN vni 1", to: expect.stringMatching(/:8472$/) as string, ttl: 64, length: 110 }],
    });
    expect(hops.find(({ ns, kind }) => ns === "node1" && kind === "routing")?.why).toBe(
      "rule 32766: from all lookup main; longest prefix of 2 that match, before default via 192.168.50.1 dev eth0",
    );
    expect(hops.find(({ ns, kind, at }) => ns === "underlay" && kind === "device" && at.startsWith("→"))?.what).toMatch(
      /port of br0 \(\S+ is learnt here\)$/,
    );
    expect(verdict).toMatchObject({
      kubernetes: expect.stringContaining(":8080, source kept") as string,
      packet: expect.stringContaining("answered by web") as string,
    });
  });

  test("-w: what every device saw, each an interface, with the hops as comments", async () => {
    const path = join(folder, `${mode}.pcapng`);
    expect((await cli(["trace", name, "pod/client", "svc/web:80", "-w", path])).code).toBe(0);
    const text = execFileSync("tcpdump", ["-nn", "-r", path], { encoding: "utf8" });
    const syns = text.split("\n").filter((line) => line.includes("Flags [S],"));
    expect(syns.length).toBeGreaterThan(6);
    expect(text).toContain(".8472: ");
    const bytes = readFileSync(path, "utf8");
    for (const part of ["node1/eth0", "default/client/eth0", "underlay/", "DNAT: to 10.244.1.", "; because of "])
      expect(bytes).toContain(part);
  });

  const kinds = ({ hops }: PacketStory, ns: string, way = "there"): readonly string[] =>
    hops.flatMap((hop) => (hop.ns === ns && hop.way === way ? [`${hop.kind} ${hop.at.split(" ")[0] ?? ""}`] : []));

  test("in the kernel's order: br_netfilter's hook at the port, and the rules behind a bridge too", async () => {
    const story = await trace("pod/client", "192.0.2.77:80");
    const hops = kinds(story, "node1");
    expect(hops.slice(0, 5)).toEqual([
      "device →",
      "conntrack conntrack",
      "netfilter PREROUTING",
      "device →",
      "routing routing",
    ]);
    const translated = story.hops.find(({ ns, at }) => ns === "node1" && at.startsWith("POSTROUTING"));
    expect(translated?.what).toMatch(/SNAT: from 10\.244\.0\.\d+:\d+/);
    expect(story.verdict.kubernetes).toContain("masqueraded");
  });

  test("sent by a node: routing after the translation counts; a NodePort; a pod to its own Service; a name", async () => {
    expect(kinds(await trace("node1", "svc/web:80"), "node1").slice(0, 3)).toEqual([
      "conntrack conntrack",
      "netfilter OUTPUT",
      "routing routing",
    ]);
    expect((await trace("internet", "node1:30080")).verdict.kubernetes).toContain("masqueraded");
    const hairpin = await trace("pod/web", "svc/web:80");
    expect(kinds(hairpin, "node2")).toEqual(expect.arrayContaining(["netfilter PREROUTING", "netfilter POSTROUTING"]));
    expect(kinds(await trace("pod/client", "http://web/"), "node1")).toContain("netfilter PREROUTING");
  });

  test("a policy's rule drops it there, with the policy's line", async () => {
    const { hops, verdict } = await trace("pod/client", "pod/closed:8080");
    const last = hops.findLast(({ way }) => way === "there");
    expect(last).toMatchObject({ ns: "node2", kind: "netfilter", lost: true });
    expect(last?.what).toContain("dropped");
    expect(last?.cause).toContain("NetworkPolicy default/deny");
    expect(verdict.dropped).toContain("NetworkPolicy default/deny");
  });

  test("what differs stands at the hop that it concerns, and nowhere else", { timeout: 30_000 }, async () => {
    inNode("ip", "route", "del", "10.244.1.0/24");
    const { hops, firstWrong } = await trace("pod/client", "pod/web:8080");
    expect(firstWrong === undefined ? undefined : hops[firstWrong]).toMatchObject({
      ns: "node1",
      kind: "routing",
      differs: [expect.stringContaining("route 10.244.1.0/24") as string],
    });
    // The packet to the internet takes another route.
    expect((await trace("pod/client", "internet")).firstWrong).toBeUndefined();
    const said = await cli(["trace", name, "pod/client", "pod/web:8080"]);
    expect(said.code).toBe(1);
    expect(said.stdout).toContain("✘ differs from the lab: route 10.244.1.0/24");
    expect(said.stdout).toMatch(/^first wrong {7}hop \d+, node1, routing/m);
    expect((await cli(["repair", name])).code).toBe(0);
  });

  test("nothing stays installed, and twenty traces at once do not mix", { timeout: 90_000 }, async () => {
    const before = inNode("nft", "list", "tables");
    expect(before).not.toContain("trace");
    const stories = await Promise.all(Array.from({ length: 20 }, () => trace("pod/client", "svc/web:80")));
    for (const { hops, result } of stories) {
      expect(result.outcome).toBe("open");
      expect(hops.filter(({ kind, at }) => kind === "netfilter" && at.startsWith("PREROUTING"))).toHaveLength(1);
      expect(hops.filter(({ way, at }) => way === "there" && at === "eth0 →")).toHaveLength(2);
    }
    expect(inNode("nft", "list", "tables")).toBe(before);
  });

  test(
    "nothing stays installed where the agent is killed while a packet is under way",
    { timeout: 60_000 },
    async () => {
      const before = inNode("nft", "list", "tables");
      const rows = JSON.parse((await cli(["ls", "--json"])).stdout) as { name: string; pid: number }[];
      const row = rows.find((one) => one.name === name);
      // Nothing answers there: the trace goes on for as long as it waits.
      const lost = cli(["trace", name, "pod/client", "10.244.1.99:80", "--timeout", "20s"]);
      const tables = (): string => inNode("nft", "list", "tables");
      expect(await eventually(tables, (seen) => seen.includes("k8snet-trace-"), { within: 30_000 })).toContain(
        "k8snet-trace-",
      );
      process.kill(row?.pid ?? Number.NaN, "SIGKILL");
      expect(await eventually(tables, (seen) => seen === before)).toBe(before);
      expect((await lost).code).not.toBe(0);
      expect((await cli(["up", file])).code).toBe(0);
    },
  );

  describe("--match: a packet of others", () => {
    const inPod = (): string =>
      execFileSync("ip", ["netns", "exec", `${name}.node1.default.client`, "nft", "list", "tables"], { encoding: "utf8" }); // prettier-ignore
    const waiting = async (...args: string[]): Promise<CliProcess> => {
      const started = startCli(["trace", name, "pod/client", "--match", "tcp port 80", ...args]);
      await started.printed("waiting at pod/client for tcp port 80");
      expect(inPod()).toContain("k8snet-match-");
      return started;
    };

    test("its story, its sender by its address, and an answer to the sender", async () => {
      const ridden = await waiting("--json");
      expect((await cli(["probe", name, "pod/client", "svc/web:80"])).code).toBe(0);
      const { stdout, code } = await ridden.result;
      const { title, hops, result, verdict } = JSON.parse(stdout) as PacketStory;
      expect(title).toMatch(/^pod\/client → 10\.96\.\d+\.\d+:80 \(tcp\), as it was at pod\/client$/);
      expect(result.outcome).toBe("open");
      expect(hops.some(({ what }) => what.includes("DNAT: to 10.244.1."))).toBe(true);
      expect(verdict.kubernetes).toContain(":8080, source kept");
      expect(code).toBe(0);
      expect(inPod()).toBe("");
    });

    test("Ctrl-C, and the agent's death, leave nothing", async () => {
      const interrupted = await waiting();
      interrupted.child.kill("SIGINT");
      expect((await interrupted.result).code).not.toBe(0);
      expect(await eventually(inPod, (seen) => seen === "")).toBe("");
      const orphaned = await waiting();
      const rows = JSON.parse((await cli(["ls", "--json"])).stdout) as { name: string; pid: number }[];
      process.kill(rows.find((one) => one.name === name)?.pid ?? Number.NaN, "SIGKILL");
      expect(await eventually(inPod, (seen) => seen === "")).toBe("");
      expect((await orphaned.result).code).not.toBe(0);
      expect((await cli(["up", file])).code).toBe(0);
    }, 60_000);

    test.each([
      [["--match", "tcp prot 80"], 2, 'does not understand "tcp prot 80"'],
      [["--match", "tcp port 81", "--wait", "200ms"], 1, 'no packet at pod/client matched "tcp port 81" within 0.2 s'],
      [["pod/web:80", "--match", "tcp port 80"], 2, "--match follows other traffic"],
    ] as const)("%j", async (args, code, text) => {
      const ran = await cli(["trace", name, "pod/client", ...args]);
      expect(ran.stderr).toContain(text);
      expect(ran.code).toBe(code);
    });
  });

  test.each([
    [["pod/client", "--dns", "web.default.svc.cluster.local"], 0, "udp 53"],
    [["pod/client", "pod/web", "--size", "1000"], 0, "ICMP echo-request"],
    [["pod/client", "pod/web:81"], 1, "refused"],
    [["all", "pod/web:80"], 2, "one packet"],
    [["pod/client", "pod/web", "--size", "many"], 2, "write a number of bytes"],
    [["pod/client", "pod/web", "--svg", "/proc/none/way.svg"], 2, "--svg: /proc/none cannot be written"],
    [["pod/client", "pod/web", "--size", "8"], 0, "packets of ping cannot be recognised by rules"],
    [["pod/nosuch", "pod/web:80"], 2, "there is no pod"],
  ] as const)("%j", async (args, code, text) => {
    const ran = await cli(["trace", name, ...args]);
    expect(ran.stdout + ran.stderr).toContain(text);
    expect(ran.code).toBe(code);
  });
});
