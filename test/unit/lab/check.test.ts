import { describe, expect, test } from "vitest";
import { loadLabText } from "../../../src/load/load-lab.ts";
import { clusterLab, diagnose, pod, rawLab } from "../load/diagnose.ts";

const PODS = [
  pod("client", ", nodeName: node1"),
  pod("web-0", ", nodeName: node2"),
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec: { replicas: 2, selector: { matchLabels: { app: w } }, template: { metadata: { labels: { app: w } }, spec: { containers: [ { name: c } ] } } }`,
];

function text(check: string, cidr = "10.244.0.0/16"): string {
  return clusterLab(
    `    nodes: [node1, node2]\n    podCIDR: ${cidr}\n  captures: [ { name: wire, at: [node1/eth0, node2/eth0], filter: udp port 8472 } ]\n  checks:\n    - ${check}`,
    ...PODS,
  );
}

/** Targets as texts, no positions. */
function check(yaml: string, cidr?: string): unknown {
  const [first] = loadLabText(text(yaml, cidr), "lab.yaml").lab.checks;
  return JSON.parse(
    JSON.stringify(first, (key, value: unknown) => {
      if (key === "source" || key === "cause") return undefined;
      return typeof value === "object" && value !== null && "ns" in value && "text" in value ? value.text : value;
    }),
  );
}

const BASE = { name: "a", within: 5000, timeout: 1000, families: ["ipv4"], expectFailure: false };

describe("each kind, resolved", () => {
  test.each<[string, object]>([
    [
      "{ name: a, from: pod/client, ping: pod/web-0, size: 1422, df: true, within: 500ms, timeout: 2, expect: { ttl: 62 } }",
      {
        kind: "ping",
        within: 500,
        timeout: 2000,
        from: ["pod/client"],
        to: { kind: "target", target: "pod/web-0" },
        count: 1,
        size: 1422,
        df: true,
        expect: { outcome: "open", ttl: 62 },
      },
    ],
    [
      "{ name: a, from: node1, tcp: 203.0.113.10:80, expect: refused }",
      {
        kind: "tcp",
        from: ["node1"],
        to: { kind: "address", address: "203.0.113.10", family: "ipv4" },
        port: 80,
        expect: { outcome: "refused" },
      },
    ],
    [
      '{ name: a, from: pod/client, udp: "deploy/web#2:53", expect: { sourceIP: pod/client, hostname: x } }',
      {
        kind: "udp",
        to: { kind: "target", target: "deploy/web#2" },
        port: 53,
        expect: { outcome: "open", sourceIP: { kind: "target", target: "pod/client" }, hostname: "x" },
      },
    ],
    [
      "{ name: a, from: [pod/client, node1], http: http://pod/default/web-0:8080/clientip?x=1, expect: { status: 200, body: /a.*b/ } }",
      {
        kind: "http",
        from: ["pod/client", "node1"],
        to: { kind: "target", target: "pod/default/web-0" },
        port: 8080,
        path: "/clientip?x=1",
        method: "GET",
        headers: {},
        expect: { outcome: "open", status: 200, body: "/a.*b/", headers: {} },
      },
    ],
    [
      "{ name: a, from: pod/client, http: http://pod/web-0/echo }",
      { to: { kind: "target", target: "pod/web-0" }, port: 80, path: "/echo" },
    ],
    ['{ name: a, from: pod/client, http: "http://203.0.113.10" }', { to: { kind: "address" }, port: 80, path: "/" }],
    [
      "{ name: a, from: pod/client, http: http://www.example.com/x }",
      { to: { kind: "name", name: "www.example.com" }, path: "/x" },
    ],
    [
      "{ name: a, from: pod/client, dns: example.com, server: 203.0.113.10, expect: NXDOMAIN }",
      {
        kind: "dns",
        query: "example.com",
        type: "A",
        port: 53,
        protocol: "udp",
        expect: { outcome: "open", rcode: "NXDOMAIN" },
      },
    ],
    [
      "{ name: a, from: pod/client, dns: example.com, server: 203.0.113.10, expect: timeout }",
      { expect: { outcome: "timeout", rcode: "NOERROR" } },
    ],
    [
      "{ name: a, from: pod/client, command: [ip, route], expect: { stdout: default via } }",
      { kind: "command", argv: ["ip", "route"], expect: { exitCode: 0, stdout: "default via" } },
    ],
    [
      "{ name: a, from: pod/client, path: pod/web-0, protocol: tcp:80, expect: { hops: [pod/client, node1, node2, pod/web-0], crosses: [node1/flannel.1], avoids: [router] } }",
      {
        kind: "path",
        protocol: "tcp",
        port: 80,
        expect: {
          hops: ["default/client", "node1", "node2", "default/web-0"],
          crosses: ["node1/flannel.1"],
          avoids: ["router"],
        },
      },
    ],
    ["{ name: a, from: pod/client, mtu: pod/web-0, expect: 1450 }", { kind: "mtu", expect: 1450 }],
    [
      "{ name: a, from: pod/client, throughput: pod/web-0, expect: { min: 5mbit } }",
      { kind: "throughput", seconds: 1, expect: { min: 5_000_000 } },
    ],
    [
      "{ name: a, capture: wire, expect: { vni: 1, inner: { src: pod/client, dst: 10.244.1.2, dport: 80 }, packets: 1..3, then: [ { flags: 'syn ack', at: node2/eth0 } ] } }",
      {
        kind: "capture",
        capture: "wire",
        expect: {
          vni: 1,
          inner: { src: "pod/client", dst: "10.244.1.2", dport: 80 },
          packets: { min: 1, max: 3 },
          then: [{ flags: "SYN,ACK", at: "node2/eth0" }],
        },
      },
    ],
    [
      "{ name: a, from: node1, state: { route: 10.244.1.0/24 via 10.244.1.0 }, expect: absent, expectFailure: true }",
      { kind: "state", what: "route", match: "10.244.1.0/24 via 10.244.1.0", present: false, expectFailure: true },
    ],
    [
      "{ name: a, reach: { from: [pod/client, pod/web-0], to: [pod/client, pod/web-0], port: 80 } }",
      {
        kind: "reach",
        protocol: "tcp",
        port: 80,
        expect: [
          [null, "open"],
          ["open", null],
        ],
      },
    ],
    [
      "{ name: a, reach: { from: all, to: [internet], protocol: icmp }, expect: { pod/client: { '*': open }, '*': timeout } }",
      {
        from: ["pod/client", "pod/web-0", expect.stringMatching(/^pod\/web-/), expect.stringMatching(/^pod\/web-/)],
        expect: [["open"], ["timeout"], ["timeout"], ["timeout"]],
      },
    ],
    [
      "{ name: a, reach: { from: { matchLabels: { app: w } }, to: { namespace: default }, port: 80 }, expect: { deploy/web: { pod/client: open, deploy/web: refused } } }",
      {
        expect: [
          ["open", null, "refused", "refused"],
          ["open", null, "refused", "refused"],
        ],
      },
    ],
  ])("%s", (yaml, wanted) => {
    expect(check(yaml)).toMatchObject({ ...BASE, ...wanted });
  });
});

test.each(["fails", "expectFailure"])("%s: both spellings say that a check must fail, or may", (key) => {
  const ping = "{ name: a, from: pod/client, ping: pod/web-0";
  expect(check(`${ping}, ${key}: true }`)).toMatchObject({ expectFailure: true });
  expect(check(`${ping}, ${key}: fault }`)).toMatchObject({ expectFailure: false, fault: true });
  expect(check(`${ping}, ${key}: false }`)).not.toHaveProperty("fault");
});

describe("families", () => {
  const DUAL = "[10.244.0.0/16, fd00:10:244::/56]";
  const families = (yaml: string) => (check(yaml, DUAL) as { families: string[] }).families;
  test.each([
    ["{ name: a, from: pod/client, ping: pod/web-0 }", ["ipv4", "ipv6"]],
    ["{ name: a, from: pod/client, ping: pod/web-0, family: ipv6 }", ["ipv6"]],
    ["{ name: a, from: pod/client, ping: 'fd00:10:244::9' }", ["ipv6"]],
    ["{ name: a, from: pod/client, ping: www.example.com }", ["ipv4"]],
    ["{ name: a, from: pod/client, command: [true], family: both }".replace("[true]", '["true"]'), ["ipv4", "ipv6"]],
    ["{ name: a, from: pod/client, command: [ip] }", ["ipv4"]],
    ["{ name: a, reach: { from: all, to: all, port: 80 } }", ["ipv4", "ipv6"]],
    ["{ name: a, from: pod/client, tcp: '[fd00::1]:80' }", ["ipv6"]],
  ])("%s", (yaml, wanted) => expect(families(yaml)).toEqual(wanted));

  test("a primary IPv6 cluster asks for names over IPv6", () => {
    expect(
      (
        check("{ name: a, from: pod/client, ping: www.example.com }", "[fd00:10:244::/56, 10.244.0.0/16]") as {
          families: string[];
        }
      ).families,
    ).toEqual(["ipv6"]);
  });

  test("a family that the lab has not", () => {
    expect(diagnose(text("{ name: a, from: pod/client, ping: pod/web-0, family: ipv6 }")).join()).toMatch(
      /the destination has no IPv6 address/,
    );
  });
});

describe("refused", () => {
  test.each<[string, RegExp]>([
    ["{ name: a, from: pod/clent, ping: pod/web-0 }", /there is no pod "clent"/],
    ["{ name: a, from: pod/client, ping: web-0 }", /there is no "web-0" in this lab/],
    [
      "{ name: a, from: deploy/web#3, ping: pod/web-0 }".replace("deploy/web#3", "'deploy/web#3'"),
      /Deployment web has 2 pods/,
    ],
    ["{ name: a, from: pod/client, tcp: pod/web-0 }", /"pod\/web-0" has no port/],
    ["{ name: a, from: pod/client, tcp: pod/web-0:0 }", /"0" is not a port/],
    ["{ name: a, from: pod/client, http: ftp://pod/web-0/ }", /ftp is not supported/],
    ["{ name: a, from: pod/client, http: pod/web-0 }", /is not a URL/],
    ["{ name: a, from: pod/client }", /is missing|fits none/],
    ["{ from: pod/client, ping: pod/web-0 }", /name is missing/],
    [
      "{ name: a, from: pod/client, ping: pod/web-0 }\n    - { name: a, from: pod/client, ping: pod/web-0 }",
      /duplicate check "a"/,
    ],
    ["{ name: a, capture: wier, expect: {} }", /there is no capture "wier"/],
    ["{ name: a, capture: wire, expect: { packets: 3..1 } }", /"3..1" is not a count/],
    ["{ name: a, capture: wire, expect: { flags: SIN } }", /unknown TCP flag "SIN"/],
    ["{ name: a, from: pod/client, http: http://pod/web-0/, expect: { body: /(/ } }", /is not a regular expression/],
    ["{ name: a, from: pod/client, ping: pod/web-0, within: 3 parsecs }", /must be a duration/],
    ["{ name: a, from: node1, state: { route: x, link: y } }", /one check looks for one thing, not route and link/],
    ["{ name: a, reach: { from: all, to: all } }", /tcp needs a port/],
    [
      "{ name: a, reach: { from: [pod/client], to: [pod/web-0], port: 80 }, expect: { pod/web-0: open } }",
      /"pod\/web-0" is not selected/,
    ],
    ["{ name: a, reach: { from: { matchLabels: { app: none } }, to: all, port: 80 } }", /the selection has no pods/],
    ["{ name: a, from: pod/client/eth9, ping: pod/web-0 }", /pod\/client has no interface "eth9"/],
    ["{ name: a, from: pod/client, path: pod/web-0, expect: {} }", /expect is empty/],
    [
      "{ name: a, from: pod/client, ping: pod/web-0, fails: true, expectFailure: true }",
      /fails and expectFailure are the same/,
    ],
  ])("%s", (yaml, message) => expect(diagnose(text(yaml)).join("\n")).toMatch(message));

  test("two places of one raw lab without a common family", () => {
    const found = diagnose(
      rawLab("", "  checks: [ { name: a, from: red, ping: blue } ]").replace("10.0.0.2/24", "fd00::2/64"),
    );
    expect(found.join()).toMatch(/blue and red have no address family in common/);
  });
});
