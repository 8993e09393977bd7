import packet from "dns-packet";
import { describe, expect, it } from "vitest";
import { decodeReply, encodeQuestion } from "../../../../src/services/probe/dns-message.ts";
import { lookupHosts, parseResolvConf, resolveName, searchNames } from "../../../../src/services/probe/resolver.ts";
import type { AttemptResult } from "../../../../src/services/probe/attempt.ts";

const KUBE =
  "search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5 timeout:1\n";

describe("resolv.conf", () => {
  it("reads what Kubernetes writes, and comments, tabs and defaults", () => {
    expect(parseResolvConf(KUBE)).toEqual({
      nameservers: ["10.96.0.10"],
      search: ["default.svc.cluster.local", "svc.cluster.local", "cluster.local"],
      ndots: 5,
      timeoutMs: 1000,
      attempts: 2,
    });
    expect(parseResolvConf("# x\nnameserver\t::1 ; y\ndomain a.b\n")).toMatchObject({
      nameservers: ["::1"],
      search: ["a.b"],
      ndots: 1,
    });
  });

  it("searches as res_search does", () => {
    const conf = parseResolvConf("search a b\noptions ndots:2\n");
    expect(searchNames("x", conf)).toEqual(["x.a", "x.b", "x"]);
    expect(searchNames("x.y.z", conf)).toEqual(["x.y.z", "x.y.z.a", "x.y.z.b"]);
    expect(searchNames("x.", conf)).toEqual(["x"]);
  });

  it("finds hosts entries by any of their names", () => {
    expect(lookupHosts("127.0.0.1 localhost # me\n10.0.0.1\tWeb web.x\n", "web.X")).toEqual(["10.0.0.1"]);
    expect(lookupHosts("127.0.0.1 localhost # me\n", "me")).toEqual([]);
  });
});

describe("resolveName", () => {
  const reply = (rcode: string, answers: string[] = []): AttemptResult => ({
    outcome: "open",
    dns: { rcode, answers, truncated: false },
  });
  const resolve = (
    name: string,
    conf: string,
    answer: (name: string, server: string) => AttemptResult,
  ): ReturnType<typeof resolveName> =>
    resolveName(name, "ipv4", {
      hosts: undefined,
      resolvConf: conf,
      isOver: () => false,
      ask: async (server, question) => answer(question.name, server),
    });

  it("asks the next server after a refusal, but not after NXDOMAIN", async () => {
    const two = "nameserver 10.0.0.1\nnameserver 10.0.0.2\n";
    expect(
      await resolve("x", two, (_n, server) =>
        server === "10.0.0.1" ? reply("SERVFAIL") : reply("NOERROR", ["1.1.1.1"]),
      ),
    ).toEqual({
      addresses: ["1.1.1.1"],
    });
    expect(
      await resolve("x", two, (_n, server) =>
        server === "10.0.0.1" ? reply("NXDOMAIN") : reply("NOERROR", ["1.1.1.1"]),
      ),
    ).toMatchObject({
      failure: { outcome: "noname", error: "NXDOMAIN" },
    });
  });

  it("stops searching when no server answers", async () => {
    const names: string[] = [];
    const found = await resolve("x", KUBE, (name) => {
      names.push(name);
      return { outcome: "timeout" };
    });
    expect(found).toMatchObject({ failure: { outcome: "timeout" } });
    expect(new Set(names)).toEqual(new Set(["x.default.svc.cluster.local"]));
  });
});

describe("DNS messages", () => {
  const question = encodeQuestion("Web.Example.", "a", 7);
  const answer = (over: object): Buffer =>
    packet.encode({
      type: "response",
      id: 7,
      questions: [{ type: "A", name: "web.example" }],
      answers: [{ type: "A", name: "web.example", ttl: 1, data: "10.0.0.1" }],
      ...over,
    });

  it("takes only the answer to its own question", () => {
    expect(decodeReply(answer({}), question)).toEqual({ rcode: "NOERROR", answers: ["10.0.0.1"], truncated: false });
    expect(decodeReply(answer({ id: 8 }), question)).toBeUndefined();
    expect(decodeReply(answer({ questions: [{ type: "A", name: "other" }] }), question)).toBeUndefined();
    expect(decodeReply(question.bytes, question)).toBeUndefined();
    expect(decodeReply(Buffer.from("junk"), question)).toBeUndefined();
  });

  it("reports truncation and rcode, and formats records as dig does", () => {
    expect(decodeReply(answer({ answers: [], flags: packet.TRUNCATED_RESPONSE }), question)).toMatchObject({
      truncated: true,
    });
    expect(decodeReply(answer({ answers: [], flags: 5 }), question)).toMatchObject({ rcode: "REFUSED" });
    const srv = encodeQuestion("_http._tcp.web", "SRV", 7);
    const bytes = packet.encode({
      type: "response", id: 7, questions: [{ type: "SRV", name: "_http._tcp.web" }],
      answers: [{ type: "SRV", name: "_http._tcp.web", data: { priority: 0, weight: 50, port: 80, target: "web-0.web" } }],
    }); // prettier-ignore
    expect(decodeReply(bytes, srv)?.answers).toEqual(["0 50 80 web-0.web"]);
  });

  it.each(["a..b", ".", `${"x".repeat(64)}.y`].filter((n) => n !== "."))("refuses %s", (name) => {
    expect(() => encodeQuestion(name, "A")).toThrow(/is not a DNS name/);
  });
});
