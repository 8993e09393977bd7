import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ResponseReader } from "../../../../src/services/probe/http-response.ts";
import { cuts, pieces } from "../pieces.ts";

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
