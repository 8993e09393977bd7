import { describe, expect, it } from "vitest";
import { readRequestUrl } from "../../../../src/cli/explain/request-url.ts";

describe("a URL on the command line", () => {
  it("has what its scheme implies", () => {
    expect(readRequestUrl("http://shop.example")).toEqual({
      text: "http://shop.example",
      secure: false,
      host: "shop.example",
      port: 80,
      hostHeader: "shop.example",
      target: "/",
    });
    expect(readRequestUrl("https://Shop.example:8443/cart?x=1")).toMatchObject({
      secure: true,
      port: 8443,
      hostHeader: "Shop.example:8443",
      target: "/cart?x=1",
      serverName: "shop.example",
    });
    expect(readRequestUrl("http://shop.example?x=1")?.target).toBe("/?x=1");
  });

  it("may name an address, which is never sent as server name", () => {
    const url = readRequestUrl("https://[2001:db8::1]/");
    expect([url?.host, url?.hostHeader, url?.serverName]).toEqual(["2001:db8::1", "[2001:db8::1]", undefined]);
  });

  it("is nothing else", () => {
    expect(readRequestUrl("svc/web:80")).toBeUndefined();
    expect(() => readRequestUrl("http://")).toThrow('"http://" is not a URL');
    expect(() => readRequestUrl("http://shop.example:0/")).toThrow('"0" is not a port');
  });
});
