/** What the conformance data does not ask: plain records, other servers, circles of names, reverse names. */
import { describe, expect, it } from "vitest";
import { dataText, recordText } from "../../../conformance/dns.ts";
import type { DnsReply, ExternalLookup } from "../../../../src/services/dns/reply.ts";
import { Responder } from "../../../../src/services/dns/responder.ts";
import { addressOfReverse } from "../../../../src/services/dns/reverse-name.ts";
import type { DnsService, KubernetesZone, RecordZone } from "../../../../src/resources/dns/zone.ts";
import type { EndpointSliceModel } from "../../../../src/kube/service/service.ts";
import { kubernetesZone } from "../../../../src/cluster/compile/dns-zone.ts";

const http: DnsService["ports"] = [{ name: "http", protocol: "TCP", port: 80 }];
const external = (name: string, externalName: string): DnsService => ({
  namespace: "default",
  name,
  clusterIPs: [],
  externalName,
  ports: [],
});

const cluster: KubernetesZone = {
  kind: "kubernetes",
  domains: ["cluster.local", "in-addr.arpa", "ip6.arpa"],
  fallthrough: ["in-addr.arpa", "ip6.arpa"],
  ttl: 30,
  pods: "insecure",
  namespaces: ["default", "kube-system"],
  services: [
    { namespace: "kube-system", name: "kube-dns", clusterIPs: ["10.96.0.10", "fd00:96::a"], ports: [{ name: "dns", protocol: "UDP", port: 53 }] },
    { namespace: "default", name: "web", clusterIPs: ["10.96.0.20"], ports: http },
    { namespace: "default", name: "quiet", clusterIPs: ["10.96.0.21"], ports: http },
    external("out", "www.example.com"),
    external("hop", "out.default.svc.cluster.local"),
    external("here", "WEB.default.svc.cluster.local"),
    external("egg", "hen.default.svc.cluster.local"),
    external("hen", "egg.default.svc.cluster.local"),
    external("nowhere", "gone.default.svc.cluster.local"),
    external("address", "192.0.2.1"),
  ],
  endpoints: [
    { namespace: "kube-system", service: "kube-dns", ports: [{ name: "dns", protocol: "UDP", port: 53 }], addresses: [{ ip: "10.244.0.2" }] },
    { namespace: "default", service: "web", ports: http, addresses: [{ ip: "10.244.1.2", hostname: "web-0" }, { ip: "10.244.1.3" }] },
  ],
  podAddresses: [],
  own: ["10.244.0.2"],
}; // prettier-ignore

const cause = { object: "EndpointSlice default/six-1", reason: "test" };
const sliceOf = (addresses: readonly string[]): EndpointSliceModel => ({
  namespace: "default",
  name: "six-1",
  service: "six",
  family: "ipv4",
  ports: [],
  endpoints: [{ addresses, ready: true, serving: true, terminating: false, cause }],
  cause,
});

const world: RecordZone = {
  kind: "records",
  domain: ".",
  ttl: 300,
  records: [
    { name: "example.com", type: "A", data: "203.0.113.10" },
    { name: "www.example.com", type: "CNAME", data: "example.com" },
    { name: "6.only.test", type: "AAAA", data: "2001:db8::6" },
  ],
};

const upstream: ExternalLookup = ({ name, type }) =>
  Promise.resolve(
    name === "www.example.com"
      ? type === "A"
        ? [{ type: "A", name, ttl: 300, data: "203.0.113.10" }]
        : []
      : undefined,
  );

async function ask(server: Responder, name: string, type: string): Promise<DnsReply> {
  const reply = await server.answer({ name, type });
  if (reply === "forward") throw new Error("forwarded");
  return reply;
}

const alone = new Responder({ port: 53, zones: [cluster], forward: [] }, 1, upstream);
const forwarding = new Responder({ port: 53, zones: [cluster], forward: ["203.0.113.10"] }, 1, upstream);
const texts = (reply: DnsReply): string[] => reply.answers.map(recordText);

describe("the cluster's zone", () => {
  it("follows names of names, within and beyond the zone", async () => {
    expect(texts(await ask(forwarding, "hop.default.svc.cluster.local", "A"))).toEqual([
      "hop.default.svc.cluster.local. IN CNAME out.default.svc.cluster.local.",
      "out.default.svc.cluster.local. IN CNAME www.example.com.",
      "www.example.com. IN A 203.0.113.10",
    ]);
    const here = await ask(alone, "here.default.svc.cluster.local", "A");
    expect(here.answers.map(dataText)).toEqual(["WEB.default.svc.cluster.local.", "10.96.0.20"]);
  });

  it("gives the bare alias when there is no server to ask, and fails when they do not answer", async () => {
    const bare = await ask(alone, "out.default.svc.cluster.local", "A");
    expect(bare).toMatchObject({ rcode: "NOERROR", answers: [{ type: "CNAME", data: "www.example.com" }] });
    const failing = new Responder({ port: 53, zones: [cluster], forward: ["x"] }, 1, () => Promise.resolve(undefined));
    expect(await ask(failing, "out.default.svc.cluster.local", "A")).toMatchObject({ rcode: "SERVFAIL" });
  });

  it.each(["egg", "nowhere"])("has no address for %s, whose names lead nowhere", async (name) => {
    expect(await ask(alone, `${name}.default.svc.cluster.local`, "A")).toMatchObject({
      rcode: "NOERROR",
      answers: [],
      authorities: [{ type: "SOA" }],
    });
  });

  it("has no record for an ExternalName that is an address", async () => {
    expect(await ask(alone, "address.default.svc.cluster.local", "A")).toMatchObject({ rcode: "NXDOMAIN" });
  });

  it("keeps the name of a Service without endpoints, unless configured not to", async () => {
    expect(await ask(alone, "quiet.default.svc.cluster.local", "A")).toMatchObject({
      rcode: "NOERROR",
      answers: [{ data: "10.96.0.21" }],
    });
    const strict = new Responder({ port: 53, zones: [{ ...cluster, ignoreEmpty: true }], forward: [] }, 1, upstream);
    expect(await ask(strict, "quiet.default.svc.cluster.local", "A")).toMatchObject({ rcode: "NXDOMAIN" });
    expect(await ask(strict, "web.default.svc.cluster.local", "A")).toMatchObject({ rcode: "NOERROR" });
  });

  it("names the Service that it is behind as its name server", async () => {
    const reply = await ask(alone, "cluster.local", "NS");
    expect(texts(reply)).toEqual(["cluster.local. IN NS kube-dns.kube-system.svc.cluster.local."]);
    expect(reply.additionals.map(dataText)).toEqual(["10.96.0.10", "fd00:96::a"]);
    expect((await ask(alone, "ns.dns.cluster.local", "AAAA")).answers.map(dataText)).toEqual(["fd00:96::a"]);
  });

  it.each([
    ["20.0.96.10.in-addr.arpa", "web.default.svc.cluster.local."],
    ["2.1.244.10.in-addr.arpa", "web-0.web.default.svc.cluster.local."],
    ["3.1.244.10.IN-ADDR.ARPA", "10-244-1-3.web.default.svc.cluster.local."],
    [`a.${"0.".repeat(23)}6.9.0.0.0.0.d.f.ip6.arpa`, "kube-dns.kube-system.svc.cluster.local."],
  ])("knows whose address %s is", async (name, owner) => {
    expect((await ask(alone, name, "PTR")).answers.map(dataText)).toEqual([owner]);
  });

  it("asks others for addresses that are not the cluster's; without others they do not exist", async () => {
    expect(forwarding.answer({ name: "1.113.0.203.in-addr.arpa", type: "PTR" })).toBe("forward");
    expect(await ask(alone, "1.113.0.203.in-addr.arpa", "PTR")).toMatchObject({
      rcode: "NXDOMAIN",
      authorities: [{ type: "SOA", name: "in-addr.arpa" }],
    });
  });

  it("sends names of others there, or fails", async () => {
    expect(forwarding.answer({ name: "www.example.com", type: "A" })).toBe("forward");
    expect(await ask(alone, "www.example.com", "A")).toMatchObject({ rcode: "SERVFAIL" });
    expect(forwarding.answer({ name: "notcluster.local", type: "A" })).toBe("forward");
  });

  it("has an SOA record at its own name, and below it none for any name, also one that does not exist", async () => {
    for (const name of ["web.default.svc.cluster.local", "gone.default.svc.cluster.local", "1.113.0.203.in-addr.arpa"])
      expect(await ask(forwarding, name, "SOA")).toMatchObject({ rcode: "NOERROR", answers: [] });
  });

  it("leaves other questions about its addresses' names to others", () => {
    for (const type of ["A", "TXT", "HTTPS"])
      expect(forwarding.answer({ name: "20.0.96.10.in-addr.arpa", type })).toBe("forward");
  });

  it("knows all addresses of an endpoint, and of pods the first, until they terminate", () => {
    const pod = { namespace: "default", address: { ipv4: "10.244.1.2", ipv6: "fd00::2" } };
    const { endpoints, podAddresses } = kubernetesZone(
      {
        dns: { domain: "cluster.local", ttl: 30, pods: "verified" },
        namespaces: [],
        services: [],
        slices: [sliceOf(["10.0.0.1", "10.0.0.2"])],
        pods: [pod, { namespace: "default", address: { ipv4: "10.244.1.3" }, terminating: true }],
      },
      [],
    );
    expect(endpoints[0]?.addresses.map(({ ip }) => ip)).toEqual(["10.0.0.1", "10.0.0.2"]);
    expect(podAddresses).toEqual(["default/10.244.1.2"]);
  });

  it("is not transferred", async () => {
    expect(await ask(alone, "cluster.local", "AXFR")).toMatchObject({ rcode: "REFUSED" });
  });
});

// Compared with CoreDNS 1.15.0, plugin/kubernetes: parse.go, kubernetes.go.
it.each([
  ["x.out.default.svc", "NXDOMAIN"],
  ["_http._tcp.out.default.svc", "NXDOMAIN"],
  ["a.b.out.default.svc", "NXDOMAIN"],
  ["a.b.c.out.default.svc", "NXDOMAIN"],
  ["a.b.c.d.web.default.svc", "NXDOMAIN"],
  ["10-1-2-3.default.pod", "10.1.2.3"],
  ["a.b.c.10-1-2-3.default.pod", "NXDOMAIN"],
  ["a.b.c.d.10-1-2-3.default.pod", "NXDOMAIN"],
  ["a.pin._zone.10-1-2-3.default.pod", "NXDOMAIN"],
  ["fd00-1--0.default.svc", "NXDOMAIN"],
  ["fd00-1--0.six.default.svc", "fd00:1::"],
  ["fd00-1--.six.default.svc", "NXDOMAIN"],
  ["fd00-1--0.default.pod", "fd00:1::"],
])("%s is %s", async (path, expected) => {
  const zone: KubernetesZone = {
    ...cluster,
    services: [...cluster.services, { namespace: "default", name: "six", clusterIPs: [], ports: http }],
    endpoints: [{ namespace: "default", service: "six", ports: http, addresses: [{ ip: "fd00:1::" }] }],
    zonal: true,
  };
  const server = new Responder({ port: 53, zones: [zone], forward: [] }, 1, upstream);
  const reply = await ask(server, `${path}.cluster.local`, expected.includes(":") ? "AAAA" : "A");
  expect(reply.rcode === "NOERROR" ? reply.answers.map(dataText).join() : reply.rcode).toBe(expected);
  const [pointer] = (await ask(server, `${"0.".repeat(24)}1.0.0.0.0.0.d.f.ip6.arpa`, "PTR")).answers;
  expect(pointer === undefined ? "" : dataText(pointer)).toBe("fd00-1--0.six.default.svc.cluster.local.");
});

describe("wildcards (RFC 4592)", () => {
  const records: RecordZone["records"] = [
    { name: "*.corp.example", type: "A", data: "203.0.113.66" },
    { name: "mail.corp.example", type: "A", data: "203.0.113.25" },
    { name: "deep.sub.corp.example", type: "A", data: "203.0.113.26" },
    { name: "*.alias.example", type: "CNAME", data: "anything.corp.example" },
  ];
  const zone: RecordZone = { ...world, records };
  const server = new Responder({ port: 53, zones: [zone], forward: [] }, 1, upstream);
  it.each([
    ["google.com.corp.example", "A", "203.0.113.66"],
    ["X.corp.example", "A", "203.0.113.66"],
    ["x.corp.example", "AAAA", ""],
    ["corp.example", "A", ""],
    ["mail.corp.example", "A", "203.0.113.25"],
    ["mail.corp.example", "AAAA", ""],
    ["x.mail.corp.example", "A", "NXDOMAIN"],
    ["sub.corp.example", "A", ""],
    ["x.sub.corp.example", "A", "NXDOMAIN"],
    ["a.alias.example", "A", "anything.corp.example. 203.0.113.66"],
    ["google.com", "A", "NXDOMAIN"],
  ])("%s %s: %s", async (name, type, expected) => {
    const reply = await ask(server, name, type);
    expect(reply.rcode === "NOERROR" ? reply.answers.map(dataText).join(" ") : reply.rcode).toBe(expected);
    for (const answer of reply.answers.slice(0, 1)) expect(answer.name).toBe(name);
  });

  it("for all names there are", async () => {
    const all: RecordZone = { ...zone, records: [{ name: "*", type: "A", data: "203.0.113.1" }] };
    const catcher = new Responder({ port: 53, zones: [all], forward: [] }, 1, upstream);
    expect((await ask(catcher, "any.name.at.all", "A")).answers.map(dataText)).toEqual(["203.0.113.1"]);
  });
});

it("records beside a cluster's let through what they do not have; stub domains are asked for elsewhere", async () => {
  const more: RecordZone = {
    ...world,
    fallthrough: true,
    records: [{ name: "*.apps.example", type: "A", data: "203.0.113.80" }],
  };
  const stubs = [
    { domain: "corp.example", servers: ["10.1.1.1"] },
    { domain: "kube-system.svc.cluster.local", servers: ["10.1.1.2"] },
  ];
  const server = new Responder({ port: 53, zones: [more, cluster], forward: [], stubs }, 1, upstream);
  expect((await ask(server, "shop.apps.example", "A")).answers.map(dataText)).toEqual(["203.0.113.80"]);
  expect((await ask(server, "web.default.svc.cluster.local", "A")).answers.map(dataText)).toEqual(["10.96.0.20"]);
  expect((await ask(server, "nothing.default.svc.cluster.local", "A")).rcode).toBe("NXDOMAIN");
  for (const name of ["x.corp.example", "Corp.example", "kube-dns.kube-system.svc.cluster.local"])
    expect(server.answer({ name, type: "A" })).toBe("forward");
});

describe("plain records", () => {
  const server = new Responder({ port: 53, zones: [world], forward: [] }, 1, upstream);

  it("follow aliases", async () => {
    expect(texts(await ask(server, "WWW.example.com", "A"))).toEqual([
      "WWW.example.com. IN CNAME example.com.",
      "example.com. IN A 203.0.113.10",
    ]);
  });

  it.each([
    ["example.com", "AAAA", "NOERROR"],
    ["com", "A", "NOERROR"],
    ["only.test", "A", "NOERROR"],
    ["x.example.com", "A", "NXDOMAIN"],
    ["", "A", "NOERROR"],
  ])("%s %s: nothing, %s", async (name, type, rcode) => {
    expect(await ask(server, name, type)).toMatchObject({
      rcode,
      answers: [],
      authorities: [{ type: "SOA", name: "." }],
    });
  });
});

it.each([
  ["1.0.3.10.in-addr.arpa", "10.3.0.1"],
  ["0.3.10.in-addr.arpa", undefined],
  ["256.0.3.10.in-addr.arpa", undefined],
  [`1.${"0.".repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`, "2001:db8::1"],
  ["8.b.d.0.1.0.0.2.ip6.arpa", undefined],
  ["www.example.com", undefined],
])("reverse name %s", (name, address) => {
  expect(addressOfReverse(name)).toBe(address);
});

it("names by topology zone, where they are asked for", async () => {
  const zones: KubernetesZone = {
    ...cluster,
    services: [
      { namespace: "default", name: "peers", clusterIPs: [], ports: http },
      { namespace: "default", name: "empty", clusterIPs: [], ports: http },
      { namespace: "default", name: "vip", clusterIPs: ["10.96.0.9"], ports: http },
    ],
    endpoints: [{ namespace: "default", service: "peers", ports: http, addresses: [{ ip: "10.0.0.1", zone: "a" }, { ip: "10.0.0.2", zone: "b" }, { ip: "10.0.0.3", zone: "Rack.7" }] }],
  }; // prettier-ignore
  const server = new Responder({ port: 53, zones: [{ ...zones, zonal: true }], forward: [] }, 1, upstream);
  const answers = async (name: string, by = server): Promise<string> => {
    const reply = await ask(by, `${name}._zone.peers.default.svc.cluster.local`, "A");
    return reply.rcode === "NOERROR" ? reply.answers.map(dataText).join(" ") : reply.rcode;
  };
  expect(await answers("a.pin")).toBe("10.0.0.1");
  expect(await answers("c.pin")).toBe("");
  expect(await answers("rack.7.pin")).toBe("10.0.0.3");
  expect(await answers("8.rack.prefer")).toBe("10.0.0.1 10.0.0.2 10.0.0.3");
  expect(await answers("b.prefer")).toBe("10.0.0.2");
  expect(await answers("c.prefer")).toBe("10.0.0.1 10.0.0.2 10.0.0.3");
  expect(await answers("a.other")).toBe("NXDOMAIN");
  for (const [path, rcode] of [
    ["a.pin._zone.empty", "NOERROR"],
    ["a.prefer._zone.empty", "NOERROR"],
    ["a.pin._zone.vip", "NXDOMAIN"],
    ["a.pin._zone.nowhere", "NXDOMAIN"],
    ["pin._zone.peers", "NXDOMAIN"],
  ])
    for (const type of ["A", "AAAA", "TXT", "SRV", "HTTPS"])
      expect([path, type, (await ask(server, `${path}.default.svc.cluster.local`, type)).rcode]).toEqual([
        path,
        type,
        rcode,
      ]);
  expect(await answers("a.pin", new Responder({ port: 53, zones: [zones], forward: [] }, 1, upstream))).toBe(
    "NXDOMAIN",
  );
});
