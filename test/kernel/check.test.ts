import { execFileSync, spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AgentClient } from "../../src/agent/client.ts";
import { runChecks } from "../../src/checks/run-checks.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import type { CheckResult, LabEvent } from "../../src/events.ts";
import type { CaptureSpec } from "../../src/lab/capture.ts";
import type { Check } from "../../src/lab/check.ts";
import type { Resource } from "../../src/resources/resource.ts";
import { agentIds, differences, down, leftovers, made, stored, up } from "./agent-lab.ts";
import { check, checkLab, checkLabResources, target } from "./check-lab.ts";

const lab = `check-${process.pid}`;
let client: AgentClient;
let ids: string[] = [];

beforeAll(async () => {
  client = await up(getDriver("netns"), lab, checkLabResources());
  ids = agentIds(lab);
});
afterAll(async () => {
  await down(client);
  expect(leftovers(lab, ids)).toEqual([]);
});

const blue = { kind: "target", target: target("blue") } as const;
const address = (text: string): { kind: "address"; address: string; family: string } => ({
  kind: "address",
  address: text,
  family: "ipv4",
});
const red = [target("red")];
const open = { outcome: "open" };

async function run(
  checks: readonly Check[],
  captures: readonly Omit<CaptureSpec, "source" | "snaplen">[] = [],
  options: Parameters<typeof runChecks>[3] = {},
): Promise<{ results: readonly CheckResult[]; events: LabEvent[]; ms: number }> {
  const events: LabEvent[] = [];
  const begun = performance.now();
  const results = await runChecks(checkLab(lab, checks, captures), client, (event) => events.push(event), options);
  return { results, events, ms: performance.now() - begun };
}
/** Makes the lab another one while it is up. */
async function change(resources: readonly Resource[]): Promise<void> {
  await client.call("lock", { purpose: "test" });
  const { operations } = await differences(client, lab, resources);
  expect((await client.call("apply", { operations, mode: "converge", keep: true })).failures).toEqual([]);
  await client.call("commit", { stored });
}
function inside(ns: string, line: string): Buffer {
  return execFileSync("ip", ["netns", "exec", `${lab}.${ns}`, ...line.split(" ")]);
}
async function one(
  given: Parameters<typeof check>[0],
  captures: readonly Omit<CaptureSpec, "source" | "snaplen">[] = [],
): Promise<CheckResult> {
  const { results } = await run([check(given)], captures);
  const [result] = results;
  if (result === undefined) throw new Error("no result");
  return result;
}

describe("what works is found to work, with what it looked like", () => {
  test.each<[string, Parameters<typeof check>[0], RegExp]>([
    [
      "ping",
      {
        name: "p",
        kind: "ping",
        from: red,
        to: blue,
        count: 2,
        df: false,
        expect: { outcome: "open", loss: 0, ttl: 63 },
      },
      /^2 of 2 answered, TTL 63/,
    ],
    [
      "ping in both families",
      { name: "p6", kind: "ping", from: red, to: blue, count: 1, df: false, families: ["ipv4", "ipv6"], expect: open },
      /1 of 1 answered/,
    ],
    [
      "path MTU in both families",
      { name: "m", kind: "mtu", from: red, to: blue, timeout: 300, families: ["ipv4", "ipv6"], expect: 1500 },
      /^path MTU 1500$/,
    ],
    [
      "tcp with NAT",
      {
        name: "t",
        kind: "tcp",
        from: red,
        to: blue,
        port: 80,
        expect: { outcome: "open", hostname: "blue", sourceIP: address("10.2.0.1") },
      },
      /saw source 10\.2\.0\.1/,
    ],
    [
      "tcp over IPv6 without NAT",
      {
        name: "t6",
        kind: "tcp",
        from: red,
        to: blue,
        port: 80,
        families: ["ipv6"],
        expect: { outcome: "open", sourceIP: { kind: "target", target: target("red") } },
      },
      /saw source fd00:1::2/,
    ],
    [
      "udp",
      { name: "u", kind: "udp", from: red, to: blue, port: 53, expect: { outcome: "open", hostname: "blue" } },
      /answered by blue/,
    ],
    [
      "http",
      {
        name: "h",
        kind: "http",
        from: red,
        to: blue,
        port: 80,
        path: "/hostname",
        method: "GET",
        headers: {},
        expect: { outcome: "open", status: 200, body: "/^blue/", headers: {}, hostname: "blue" },
      },
      /^status 200 from blue/,
    ],
    [
      "command",
      {
        name: "c",
        kind: "command",
        from: red,
        argv: ["ip", "route"],
        expect: { exitCode: 0, stdout: "default via 10.1.0.1" },
      },
      /^exit code 0, output "default via/,
    ],
    [
      "route",
      { name: "s", kind: "state", from: red, what: "route", match: "default via 10.1.0.1 dev eth0", present: true },
      /^default via 10\.1\.0\.1 dev eth0/,
    ],
    [
      "iptables",
      {
        name: "i",
        kind: "state",
        from: [target("gw")],
        what: "iptables",
        match: "-t nat -A POSTROUTING -o blue0 -j MASQUERADE",
        present: true,
      },
      /-A POSTROUTING -o blue0 -j MASQUERADE/,
    ],
    [
      "sysctl",
      { name: "y", kind: "state", from: [target("gw")], what: "sysctl", match: "net.ipv4.ip_forward=1", present: true },
      /= 1$/,
    ],
    [
      "path",
      {
        name: "w",
        kind: "path",
        from: red,
        to: blue,
        protocol: "icmp",
        expect: { hops: ["red", "gw", "blue"], crosses: ["red/eth0", "gw/red0", "gw/blue0"], avoids: ["blue/lo"] },
      },
      /^red\/eth0 → gw\/red0 → gw\/blue0 → blue\/eth0$/,
    ],
  ])("%s", async (_, given, got) => {
    const result = await one(given);
    expect(result).toMatchObject({ status: "passed", got: expect.stringMatching(got) as string });
    expect(result.lastSeen).toBeUndefined();
    expect(result.reproduce).toMatch(new RegExp(`^k8snet-lab exec ${lab} (red|gw) -- `));
  });
});

describe("failures of different kinds are distinguished", () => {
  test("refused, timeout, no such name: expected, confirmed, quick and side by side", async () => {
    const { results, ms } = await run([
      check({ name: "refused", kind: "tcp", from: red, to: blue, port: 81, expect: { outcome: "refused" } }),
      check({ name: "dropped", kind: "tcp", from: red, to: blue, port: 7, expect: { outcome: "timeout" } }),
      check({
        name: "name",
        kind: "tcp",
        from: red,
        to: { kind: "name", name: "nobody.invalid" },
        port: 80,
        expect: { outcome: "noname" },
      }),
      check({ name: "open", kind: "tcp", from: red, to: blue, port: 80, expect: open }),
      check({
        name: "silent",
        kind: "ping",
        from: red,
        to: address("10.2.0.7"),
        count: 1,
        df: false,
        expect: { outcome: "timeout" },
      }),
    ]);
    expect(results.map((result) => [result.name, result.status, result.status === "passed" ? "" : result.got])).toEqual(
      ["refused", "dropped", "name", "open", "silent"].map((name) => [name, "passed", ""]),
    );
    expect(ms).toBeLessThan(2500);
  });

  test("a failure says expected, got, where the packet was seen last and how to repeat it", async () => {
    const result = await one({
      name: "dropped",
      kind: "tcp",
      from: red,
      to: blue,
      port: 7,
      within: 300,
      timeout: 300,
      expect: open,
    });
    expect(result).toMatchObject({
      status: "failed",
      expected: "blue:7/tcp answers within 300 ms",
      got: "timeout: no answer within 300 ms",
      reproduce: `k8snet-lab exec ${lab} red -- nc -4 -v -z -w 1 10.2.0.2 7`,
    });
    expect(result.lastSeen).toContain("entering gw on red0");
    expect(result.sightings?.map((sighting) => `${sighting.ns}/${sighting.iface}`)).toEqual(["red/eth0", "gw/red0"]);
  });

  test("a server that comes late is waited for; one that goes is noticed", async () => {
    const program = "setTimeout(() => net.createServer(() => setTimeout(process.exit, 1000)).listen(8080), 1000)";
    const argv = [process.execPath, "-e", program];
    await change([...checkLabResources(), made("process", "blue", ["late"], { name: "late", argv, env: {} })]);
    const late = await one({
      name: "late",
      kind: "tcp",
      from: red,
      to: blue,
      port: 8080,
      within: 20_000,
      expect: open,
    });
    expect(late.status).toBe("passed");
    const gone = await one({
      name: "gone",
      kind: "tcp",
      from: red,
      to: blue,
      port: 8080,
      within: 20_000,
      expect: { outcome: "refused" },
    });
    expect(gone.status).toBe("passed");
    await change(checkLabResources());
  });

  test("where nothing can start to listen any more, the refusal is the answer; so is what comes through that must not", async () => {
    const within = 20_000;
    const { results } = await run([
      check({ name: "closed", kind: "tcp", from: red, to: blue, port: 8080, within, expect: open }),
      check({ name: "udp", kind: "udp", from: red, to: blue, port: 54, within, expect: open }),
      check({ name: "open", kind: "tcp", from: red, to: blue, port: 80, within, expect: { outcome: "refused" } }),
      check({ name: "pairs", kind: "reach", from: red, to: [target("blue")], protocol: "tcp", port: 80, within, expect: [["timeout"]] }), // prettier-ignore
    ]);
    for (const { status, ms } of results) {
      expect(status).toBe("failed");
      expect(ms).toBeLessThan(within);
    }
  });

  test("broken on purpose: passes because it fails, and still says where the packet was lost", async () => {
    const broken = await one({
      name: "b",
      kind: "tcp",
      from: red,
      to: blue,
      port: 7,
      timeout: 300,
      expectFailure: true,
      expect: open,
    });
    expect(broken).toMatchObject({ status: "passed", expectedToFail: true, got: "timeout: no answer within 300 ms" });
    expect(broken.lastSeen).toContain("entering gw on red0");
    const works = await one({
      name: "w",
      kind: "tcp",
      from: red,
      to: blue,
      port: 80,
      within: 500,
      expectFailure: true,
      expect: open,
    });
    expect(works).toMatchObject({
      status: "failed",
      expectedToFail: true,
      got: expect.stringContaining("must fail") as string,
    });
  });

  test("a path MTU that is another, also where routers are silent", async () => {
    const narrow = check({ name: "m", kind: "mtu", from: red, to: blue, within: 200, timeout: 300, expect: 1500 });
    const silence = "OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP";
    inside("gw", "ip link set blue0 mtu 1390");
    try {
      expect((await run([narrow])).results[0]).toMatchObject({
        status: "failed",
        got: expect.stringMatching(/^path MTU 1390; larger packets: packet too big, next-hop MTU 1390/) as string,
      });
      inside("gw", `iptables -A ${silence}`);
      inside("red", "ip route flush cache");
      expect((await run([narrow])).results[0]).toMatchObject({
        status: "failed",
        got: "path MTU 1390; larger packets: timeout: no answer within 300 ms",
      });
      inside("gw", `iptables -D ${silence}`);
    } finally {
      inside("gw", "ip link set blue0 mtu 1500");
      inside("red", "ip route flush cache");
    }
  });

  test("a path that is another", async () => {
    const result = await one({
      name: "w",
      kind: "path",
      from: red,
      to: address("10.2.0.7"),
      protocol: "icmp",
      within: 200,
      timeout: 300,
      expect: { hops: ["red", "gw", "blue"] },
    });
    expect(result).toMatchObject({ status: "failed", got: "it never reached blue: red → gw" });
    expect(result.lastSeen).toContain("entering gw on red0");
  });

  test("state: the closest entry, and absence confirmed", async () => {
    const route = { kind: "state", from: red, what: "route", within: 200 } as const;
    expect(await one({ ...route, name: "a", match: "default via 10.1.0.9 dev eth0", present: true })).toMatchObject({
      status: "failed",
      got: expect.stringContaining("closest: default via 10.1.0.1 dev eth0") as string,
    });
    expect(await one({ ...route, name: "b", match: "10.9.0.0/16 dev eth0", present: false })).toMatchObject({
      status: "passed",
    });
  });
});

describe("what something broken left behind does not fail checks once it is repaired", () => {
  const notes = (events: readonly LabEvent[]): string[] =>
    events.flatMap((event) => (event.type === "note" ? [event.text] : []));

  test.for(["iptables", "iptables-legacy"])(
    "flows of rules that were changed by hand with %s",
    async (tool, { skip }) => {
      const there = spawnSync("ip", ["netns", "exec", `${lab}.gw`, tool, "-t", "nat", "-S"]).status === 0;
      if (!there) skip(`there is no ${tool} here`);
      const ping = check({ name: "p", kind: "ping", from: red, to: blue, count: 1, df: false, expect: open });
      const refused = { outcome: "refused" };
      const rule = "PREROUTING -p udp --dport 99 -j DNAT --to-destination 10.2.0.2:98";
      inside("gw", `${tool} -t nat -A ${rule}`);
      await run([check({ name: "u", kind: "udp", from: red, to: blue, port: 99, expect: refused })]);
      inside("gw", `${tool} -t nat -D ${rule}`);
      expect(notes((await run([ping])).events)).toEqual([
        expect.stringMatching(/^gw: rules were changed by hand; .+ that got no answer before (is|are) forgotten$/),
      ]);
      expect(notes((await run([ping])).events)).toEqual([]);
    },
  );

  test("a MAC that was learnt meanwhile", async () => {
    inside("red", "ip neigh replace 10.1.0.1 lladdr 02:00:00:00:00:99 dev eth0 nud reachable");
    const { results, events } = await run([
      check({ name: "t", kind: "tcp", from: red, to: blue, port: 80, within: 20_000, expect: open }),
    ]);
    expect(results[0]?.status).toBe("passed");
    expect(notes(events)).toEqual([
      expect.stringMatching(
        /^red takes 02:00:00:00:00:99 for 10\.1\.0\.1 on eth0, .+ was out of date and has been deleted$/,
      ),
    ]);
  });
});

test("a matrix: open, refused and dropped as the truth table says, surprises marked", async () => {
  const all = [target("red"), target("gw"), target("blue")];
  const table = [
    [null, "refused", "open"],
    ["refused", null, "open"],
    ["refused", "refused", null],
  ];
  const good = await one({ name: "m", kind: "reach", from: all, to: all, protocol: "tcp", port: 80, expect: table });
  expect(good).toMatchObject({ status: "passed", got: "all 6 as expected: 4 refused, 2 open" });
  const bad = await one({
    name: "m",
    kind: "reach",
    from: all,
    to: all,
    protocol: "tcp",
    port: 80,
    within: 200,
    families: ["ipv6"],
    expect: [[null, "open", "open"], ...table.slice(1)],
  });
  expect(bad).toMatchObject({ status: "failed", got: "1 of 6 not as expected: red → gw: refused, expected open" });
  expect(bad.matrix).toContain("Xr");
  expect(bad.attempts.filter((attempt) => !attempt.ok)).toHaveLength(1);
});

test("throughput is measured alone", async () => {
  const result = await one({ name: "t", kind: "throughput", from: red, to: blue, seconds: 1, expect: { min: 1e6 } });
  expect(result).toMatchObject({ status: "passed", got: expect.stringMatching(/bit\/s$/) as string });
});

test("events in order: started, attempts and done for each, then the sum", async () => {
  const { events } = await run([
    check({ name: "a", kind: "tcp", from: red, to: blue, port: 80, expect: open }),
    check({ name: "b", kind: "tcp", from: red, to: blue, port: 81, within: 200, expect: open }),
  ]);
  const of = (name: string): string[] =>
    events.flatMap((event) =>
      "name" in event && event.name === name
        ? [event.type]
        : event.type === "check-done" && event.result.name === name
          ? [event.type]
          : [],
    );
  expect(of("a")).toEqual(["check-started", "check-attempt", "check-done"]);
  expect(of("b")).toEqual(["check-started", "check-attempt", "check-done"]);
  expect(events.at(-1)).toMatchObject({ type: "checks-done", passed: 1, failed: 1, skipped: 0 });
});

test("an unknown name is refused with the nearest", async () => {
  await expect(
    run([check({ name: "pods reach", kind: "command", from: red, argv: ["true"], expect: { exitCode: 0 } })], [], {
      only: ["pods raech"],
    }),
  ).rejects.toMatchObject({ code: "EUSAGE", hint: expect.stringContaining('"pods reach"') as string });
});

test("interrupted checks are skipped, not failed", async () => {
  const interrupt = new AbortController();
  const given = check({ name: "a", kind: "tcp", from: red, to: blue, port: 81, within: 30_000, expect: open });
  const begun = performance.now();
  const results = await runChecks(
    checkLab(lab, [given], []),
    client,
    // After the first look, and before it could be proved that the failure is permanent.
    ({ type }) => (type === "check-attempt" ? interrupt.abort() : undefined),
    { signal: interrupt.signal },
  );
  expect(results[0]).toMatchObject({ status: "skipped", reason: "interrupted" });
  expect(performance.now() - begun).toBeLessThan(3000);
});
