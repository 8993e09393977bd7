/** Answers of DNS in one line, as tcpdump words them. */
import { encode, streamEncode, type Answer } from "dns-packet";
import { expect, test } from "vitest";
import { formatDns, formatDnsOverTcp } from "../../../src/capture/dns.ts";

const reply = (answer: Answer): Parameters<typeof encode>[0] => ({
  type: "response",
  id: 7,
  questions: [{ type: answer.type === "OPT" ? "A" : answer.type, name: answer.name }],
  answers: [answer],
});
const name = "web.default.svc.cluster.local";

test.each<[Answer, string]>([
  [{ type: "A", name, data: "10.96.0.80" }, "A 10.96.0.80"],
  [{ type: "AAAA", name, data: "fd00::80" }, "AAAA fd00::80"],
  [{ type: "CNAME", name, data: "example.com" }, "CNAME example.com"],
  [{ type: "PTR", name, data: "pod.example.com" }, "PTR pod.example.com"],
  [{ type: "SRV", name, data: { target: "a.example.com", port: 80, weight: 50 } }, "SRV a.example.com:80 0 50"],
  [{ type: "MX", name, data: { exchange: "mail.example.com", preference: 10 } }, "MX mail.example.com 10"],
  [{ type: "TXT", name, data: ["dns-version=1.1.0", "a b"] }, 'TXT "dns-version=1.1.0" "a b"'],
  [{ type: "CAA", name, data: { tag: "issue", value: "ca.example.com" } }, "CAA"],
])("%o", (answer, expected) => {
  expect(formatDns(encode(reply(answer)))).toBe(`${answer.type}? ${name} NOERROR ${expected}`);
  expect(formatDnsOverTcp(streamEncode(reply(answer)))).toBe(`${answer.type}? ${name} NOERROR ${expected}`);
});

test("bytes that are not DNS", () => {
  expect(formatDnsOverTcp(Buffer.from("GET / HTTP/1.1\r\n\r\n"))).toBeUndefined();
  expect(formatDnsOverTcp(Buffer.alloc(0))).toBeUndefined();
});
