import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ResponseReader } from "../../../src/services/probe/http-response.ts";
import { RequestParser } from "../../../src/services/serve/request.ts";
import type { HttpRequest, Parsed } from "../../../src/services/serve/request.ts";

/** The text in pieces, cut at the given places. */
function pieces(text: string, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((c) => c % (text.length + 1)).sort((a, b) => a - b), text.length];
  return at.slice(1).map((end, i) => Buffer.from(text.slice(at[i], end), "latin1"));
}

function parse(parts: readonly Buffer[]): { requests: HttpRequest[]; last: Parsed["kind"] } {
  const parser = new RequestParser();
  const requests: HttpRequest[] = [];
  let last: Parsed["kind"] = "more";
  for (const part of parts) {
    parser.push(part);
    for (;;) {
      const parsed = parser.next();
      last = parsed.kind;
      if (parsed.kind === "request") requests.push(parsed.request);
      else if (parsed.kind !== "continue") break;
    }
    if (last === "bad") break;
  }
  return { requests, last };
}

const cuts = fc.array(fc.nat(400), { maxLength: 6 });

describe("request parser", () => {
  const stream =
    "GET /a HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nx-a: 2\r\n\r\n" +
    "POST /b?c=d HTTP/1.1\r\nContent-Length: 19\r\n\r\nGET /no HTTP/1.1\r\n\r" +
    "PUT /e HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4;ext=1\r\nwiki\r\n0\r\nTrailer: x\r\n\r\n" +
    "\r\nGET /f HTTP/1.0\nconnection: keep-alive\n\nGET /g HTTP/1.0\r\n\r\n";

  it("finds the same requests however the bytes are cut", () => {
    fc.assert(
      fc.property(cuts, (at) => {
        const { requests, last } = parse(pieces(stream, at));
        expect(requests.map((r) => `${r.method} ${r.target} ${r.keepAlive}`)).toEqual([
          "GET /a true",
          "POST /b?c=d true",
          "PUT /e true",
          "GET /f true",
          "GET /g false",
        ]);
        expect(requests[0]?.headers["x-a"]).toBe("1, 2");
        expect(last).toBe("more");
      }),
    );
  });

  it.each([
    ["hello\n", 400],
    ["\x16\x03\x01\x02", 400],
    ["GET / HTTP/2.0\r\n\r\n", 505],
    ["GET / HTTP/1.1\r\nno colon\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400],
    [`GET / HTTP/1.1\r\nX: ${"a".repeat(20_000)}`, 431],
    ["POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400],
  ])("refuses %j with %i", (text, status) => {
    const parser = new RequestParser();
    parser.push(Buffer.from(text, "latin1"));
    expect(parser.next()).toMatchObject({ kind: "bad", status });
  });

  it("asks a client that expects it to go on with its body", () => {
    expect(parse([Buffer.from("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")]).last).toBe(
      "more",
    );
    const parser = new RequestParser();
    parser.push(Buffer.from("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"));
    expect(parser.next().kind).toBe("continue");
    parser.push(Buffer.from("abc"));
    expect(parser.next().kind).toBe("request");
  });
});

describe("response reader", () => {
  it.each([
    ["length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: a\r\nX: b\r\n\r\nhello", "hello"],
    ["chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", "hello"],
    ["interim", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", ""],
  ])("reads %s however the bytes are cut", (_name, text, body) => {
    fc.assert(
      fc.property(cuts, (at) => {
        const reader = new ResponseReader(100, false);
        let response: ReturnType<ResponseReader["push"]>;
        for (const part of pieces(text, at)) response ??= reader.push(part);
        expect(response?.body).toBe(body);
      }),
    );
  });

  it("keeps no more of a body than it may", () => {
    const reader = new ResponseReader(4, false);
    expect(reader.push(Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"))?.body).toBe("0123");
  });

  it("takes a body without length until the end, and nothing that was cut off", () => {
    const open = new ResponseReader(100, false);
    open.push(Buffer.from("HTTP/1.0 200 OK\r\n\r\nab"));
    open.push(Buffer.from("cd"));
    expect(open.end().body).toBe("abcd");
    const cut = new ResponseReader(100, false);
    cut.push(Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab"));
    expect(() => cut.end()).toThrow(/closed within/);
    expect(() => new ResponseReader(100, false).push(Buffer.from("SSH-2.0"))).toThrow(/not HTTP/);
  });
});
