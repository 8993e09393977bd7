import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RequestParser } from "../../../../src/services/serve/request.ts";
import type { HttpRequest, Parsed } from "../../../../src/services/serve/request.ts";
import { cuts, pieces } from "../pieces.ts";

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

  it("asks a client that expects it to continue with its body", () => {
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
